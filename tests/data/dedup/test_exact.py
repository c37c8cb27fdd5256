from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, recipe_of, repository
from tests.data.sources.git.repositories import make


def survivor(release: Made) -> str:
    (row,) = [row for row in release.table("data") if row["content"] == code(1).decode()]
    return f"{row['repo_name']}/{row['path']}"


def test_vendored_copy_leaves_for_the_own_one(tmp_path: Path) -> None:
    one = repository(tmp_path / "aaa", {b"node_modules/x/a.py": code(1), b"z.py": code(1)})
    release = build_release(recipe_of(one.path), tmp_path / "release")
    assert survivor(release) == "aaa/z.py"
    assert release.one("metadata/drops", "node_modules/x/a.py")["value"] == f"{one.path.as_uri()} z.py"


@pytest.mark.parametrize(
    ("stars", "kept"), [(("5", "9"), "two"), (("9", "5"), "one"), (("", "0"), "two"), (("", ""), "one")]
)
def test_fame_decides_then_the_name(tmp_path: Path, stars: tuple[str, str], kept: str) -> None:
    places = [repository(tmp_path / name, {f"{name}.py".encode(): code(1)}).path for name in ("one", "two")]
    lines = [f"{place},{star}" for place, star in zip(places, stars, strict=True)]
    (tmp_path / "list.csv").write_text("path,star_events_count\n" + "\n".join(lines) + "\n")
    source = {"kind": "git", "list": str(tmp_path / "list.csv")}
    assert survivor(build_release(recipe_of(source), tmp_path / "release")).startswith(kept)


def test_earlier_revision_stays(tmp_path: Path) -> None:
    for name, year in (("aaa", 2022), ("bbb", 2011)):
        make(tmp_path / name).commit({f"{name}.py".encode(): code(1)}, date=f"{year}-01-01T00:00:00+0000")
    release = build_release(recipe_of(tmp_path / "aaa", tmp_path / "bbb"), tmp_path / "release")
    assert survivor(release).startswith("bbb")


def test_all_can_be_kept(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"b.py": code(1), b"c.py": code(1)})
    release = build_release(recipe_of(one.path, duplicates={"files": "keep_all"}), tmp_path / "release")
    assert {"a.py", "b.py", "c.py"} <= set(release.texts())
    assert release.is_balanced()


def test_copy_that_leaves_for_another_reason_takes_no_other_with_it(tmp_path: Path) -> None:
    # The copy that would survive by its place leaves by its name; the other one stays.
    one = repository(tmp_path / "one", {b"a.unknown": code(1), b"b.py": code(1)})
    policy = {"preset": "none", "unknown_language": "drop"}
    release = build_release(recipe_of(one.path, policy=policy), tmp_path / "release")
    assert survivor(release) == "one/b.py"
    assert release.one("metadata/drops", "a.unknown")["reason"] == "unknown_language"
