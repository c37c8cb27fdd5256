"""Near-duplicates in a whole build."""

from pathlib import Path

import pytest

from tests.data.releases import (
    GPL,
    Made,
    build_release,
    code,
    hashes,
    recipe_of,
    repository,
    upon_and_from_nothing,
)
from tilth.engine.local import LocalPool
from tilth.errors import UserError

NEAR = {"near": "keep_one"}


def changed(number: int, turn: int) -> bytes:
    """The file of that number with one line of its own."""
    return code(number, lines=30) + b"\n\ndef own_%d(argument):\n    return argument\n" % turn


def files(first: int, count: int = 4) -> dict[bytes, bytes]:
    return {b"src/%d.py" % number: changed(number, first) for number in range(first, first + count)}


def test_alike_files_leave_with_the_one_that_stays(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": changed(1, 1), b"b.py": code(2, lines=30)})
    two = repository(tmp_path / "two", {b"c.py": changed(1, 2)})
    made = build_release(recipe_of(one.path, two.path, duplicates=NEAR), tmp_path / "release")
    assert made.is_balanced()
    assert made.reasons() == {"LICENSE": "duplicate_file", "c.py": "near_duplicate"}
    (drop,) = [row for row in made.table("metadata/drops") if row["reason"] == "near_duplicate"]
    origin, path, similarity = drop["value"].rsplit(" ", 2)
    assert (origin, path) == (one.path.as_uri(), "a.py")
    assert 0.7 <= float(similarity) < 1


def test_threshold(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": changed(1, 1), b"b.py": changed(1, 2)})
    recipe = recipe_of(one.path, duplicates={**NEAR, "near_threshold": 0.99})
    assert build_release(recipe, tmp_path / "release").reasons() == {}


def test_complete_linkage_drops_no_more_than_who_are_all_alike(tmp_path: Path) -> None:
    both = {b"%d.py" % own: code(1, lines=30) + code(own, lines=5) for own in (2, 3)}
    one = repository(tmp_path / "one", {b"1.py": code(1, lines=30), **both})
    dropped = {}
    for linkage in ("representative", "complete"):
        recipe = recipe_of(one.path, duplicates={**NEAR, "near_threshold": 0.8, "near_linkage": linkage})
        dropped[linkage] = set(build_release(recipe, tmp_path / linkage).reasons())
    assert dropped == {"representative": {"2.py", "3.py"}, "complete": {"2.py"}}


def test_licence_of_the_one_that_stays_is_the_stricter(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"free.py": changed(1, 1)})
    two = repository(tmp_path / "two", {b"strict.py": b"# " + GPL + changed(1, 2)}, licence=None)
    made = build_release(recipe_of(one.path, two.path, duplicates=NEAR), tmp_path / "release")
    assert made.reasons() == {"free.py": "near_duplicate"}


@pytest.mark.parametrize("content", [b"", b"x\n", b"a b c d"])
def test_what_is_too_short_stays(tmp_path: Path, content: bytes) -> None:
    one = repository(tmp_path / "one", {b"a.py": content + b"\n", b"b.py": content + b"\n\n"})
    made = build_release(recipe_of(one.path, duplicates=NEAR), tmp_path / "release")
    assert made.reasons() == {}


def many(tmp_path: Path, count: int) -> list[Path]:
    return [repository(tmp_path / f"r{turn}", files(turn)).path for turn in range(count)]


def test_workers_do_not_show(tmp_path: Path) -> None:
    recipe = recipe_of(*many(tmp_path, 6), duplicates=NEAR)
    one = build_release(recipe, tmp_path / "one" / "release", store=tmp_path / "s1")
    engine = LocalPool(3)
    try:
        three = build_release(recipe, tmp_path / "three" / "release", store=tmp_path / "s3", engine=engine)
    finally:
        engine.close()
    assert set(one.reasons().values()) == {"duplicate_file", "near_duplicate"}
    assert hashes(one.path) == hashes(three.path)


def test_what_is_known_does_not_show(tmp_path: Path) -> None:
    paths = many(tmp_path, 6)
    earlier, recipe = (recipe_of(*some, duplicates=NEAR) for some in (paths[1:], paths))
    again, fresh = upon_and_from_nothing(tmp_path, earlier, recipe)
    assert hashes(again.path) == hashes(fresh.path)


def test_members_and_what_stands_for_them(tmp_path: Path) -> None:
    made: Made = build_release(recipe_of(*many(tmp_path, 3), duplicates=NEAR), tmp_path / "release")
    rows = made.table("metadata/near_duplicates.parquet")
    assert {row["path"] for row in rows} <= set(made.reasons())
    assert {row["kept_path"] for row in rows} <= set(made.texts())
    assert all(0.7 <= row["similarity"] <= 1 for row in rows)


def test_a_device_does_not_show(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    recipe = recipe_of(*many(tmp_path, 6), duplicates=NEAR)
    usual, other = (
        build_release(recipe, tmp_path / name / "release", store=tmp_path / f"{name}-store", device=device)
        for name, device in (("usual", None), ("other", "cpu"))
    )
    assert hashes(other.path) == hashes(usual.path)


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="torch"):
        build_release(recipe_of(*many(tmp_path, 2), duplicates=NEAR), tmp_path / "release", device="nowhere")
