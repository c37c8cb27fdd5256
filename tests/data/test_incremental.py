"""A store spares work and changes nothing: with it or without, whatever it lost, the bytes are the same."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.data.releases import build_release, code, hashes, listing, recipe_of, repository
from tilth.errors import WorkFailed


def contents_of(store: Path) -> list[str]:
    """Every content in the packs, as often as it is there."""
    return [
        content
        for index in (store / "packs").glob("*.parquet")
        for content in pq.read_table(index)["content_id"].to_pylist()
    ]


@pytest.fixture
def repositories(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(4):
        files = {b"%d.py" % at: code(100 * number + at, lines=30) for at in range(6)}
        made.append(repository(tmp_path / f"repository-{number}", {**files, b"same.py": code(7)}).path)
    return made


def test_one_repository_more(tmp_path: Path, repositories: list[Path]) -> None:
    store = tmp_path / "store"
    layout = {"shard_bytes": 2**16}
    first = build_release(recipe_of(*repositories[:3], release=layout), tmp_path / "first", store=store)
    before, old = contents_of(store), listing(store)
    second = build_release(recipe_of(*repositories, release=layout), tmp_path / "second", store=store)
    scratch = build_release(
        recipe_of(*repositories, release=layout), tmp_path / "scratch", store=tmp_path / "other"
    )
    assert hashes(second.path) == hashes(scratch.path)
    # Only the six new contents were read, and nothing was written again.
    assert len(contents_of(store)) - len(before) == 6
    now = listing(store)
    assert all(
        now[path] == state for path, state in old.items() if path.startswith(("packs", "facts", "listings"))
    )
    # Files that are in both are one file on the disk.
    shared = {p.name: p for p in (first.path / "data").rglob("*.parquet")}
    same = [p for p in (second.path / "data").rglob("*.parquet") if p.name in shared]
    assert all(path.stat().st_ino == shared[path.name].stat().st_ino for path in same)
    assert second.built.reused_files >= len(same)


def test_policy_alone_computes_no_fact(tmp_path: Path, repositories: list[Path]) -> None:
    store = tmp_path / "store"
    build_release(recipe_of(*repositories), tmp_path / "first", store=store)
    before = listing(store)
    strict = recipe_of(*repositories, policy={"preset": "stack-v2", "lines_max": 100})
    second = build_release(strict, tmp_path / "second", store=store)
    now = listing(store)
    for folder in ("packs", "facts", "listings"):
        assert {p: s for p, s in now.items() if p.startswith(folder)} == {
            p: s for p, s in before.items() if p.startswith(folder)
        }
    assert second.reasons()["0.py"] == "too_many_lines"
    scratch = build_release(strict, tmp_path / "scratch", store=tmp_path / "other")
    assert hashes(second.path) == hashes(scratch.path)


def test_one_content_under_ever_new_names(tmp_path: Path) -> None:
    # Facts are stored for a content and a name; what an earlier build knew must not push out what a later one knows.
    store = tmp_path / "store"
    names = [b"a.py", b"b.py", b"c.py", b"a.bin", b"b.bin"]
    data = {name: code(1) if name.endswith(b"py") else b"\0\1\2" * 30 for name in names}
    for number, name in enumerate(names):
        one = repository(tmp_path / f"one-{number}", {name: data[name]})
        build_release(recipe_of(one.path), tmp_path / f"release-{number}", store=store)
    everything = repository(tmp_path / "everything", data, licence=None)
    recipe = recipe_of(everything.path, duplicates={"files": "keep_all"})
    made = build_release(recipe, tmp_path / "release", store=store)
    assert made.reasons() == {"a.bin": "binary", "b.bin": "binary"}
    assert sorted(made.texts()) == ["a.py", "b.py", "c.py"]


def test_binary_that_is_renamed_and_renamed_back(tmp_path: Path) -> None:
    store, data = tmp_path / "store", b"\0\1\2" * 30
    one = repository(tmp_path / "one", {b"a.bin": data})
    for number, names in enumerate(([b"a.bin"], [b"b.bin"], [b"c.bin"], [b"a.bin", b"b.bin", b"c.bin"])):
        one.commit(dict.fromkeys(names, data))
        made = build_release(recipe_of(one.path), tmp_path / f"release-{number}", store=store)
        assert set(made.reasons().values()) == {"binary"}


@pytest.mark.parametrize(
    "lost",
    ["packs", "facts", "listings", "shards", "joined", "changes", "packs+shards", "packs+facts+shards"],
)
def test_store_may_lose_any_folder(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x.py").write_bytes(code(9))
    one = repository(tmp_path / "one", {b"a.py": code(1), b"data.bin": b"\0\1" * 40}).path
    git = {"kind": "git", "repositories": [str(one)], "history": True}
    recipe = recipe_of(git, {"kind": "folder", "paths": [str(folder)]})
    store = tmp_path / "store"
    expected = hashes(build_release(recipe, tmp_path / "first", store=store).path)
    for name in lost.split("+"):
        shutil.rmtree(store / name)
    assert hashes(build_release(recipe, tmp_path / "second", store=store).path) == expected


@pytest.mark.parametrize(
    "pattern", ["packs/*.pack", "packs/*.parquet", "shards/*.parquet", "shards/*.json", "shards/*.pack"]
)
@pytest.mark.parametrize("contents", ["inline", "ids"])
def test_store_may_lose_any_file(tmp_path: Path, pattern: str, contents: str) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    recipe = recipe_of(one, release={"contents": contents})
    store = tmp_path / "store"
    expected = hashes(build_release(recipe, tmp_path / "first", store=store).path)
    for path in store.glob(pattern):
        path.unlink()
    assert hashes(build_release(recipe, tmp_path / "second", store=store).path) == expected


def test_contents_that_the_store_and_the_repository_both_lost_are_counted(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"b.py": code(2)})
    recipe, store = recipe_of(one.path), tmp_path / "store"
    build_release(recipe, tmp_path / "first", store=store)
    shutil.rmtree(store / "packs")
    shutil.rmtree(store / "shards")
    lost = one.blob(code(1))
    (one.git_dir / "objects" / lost[:2] / lost[2:]).unlink()
    made = build_release(recipe, tmp_path / "second", store=store)
    assert made.reasons() == {"a.py": "missing_object"}
    assert made.is_balanced()
    assert None not in made.texts().values()


def damage(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:10])


@pytest.mark.parametrize("harm", [damage, cut])
def test_damaged_pack_is_named_and_can_be_deleted(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    recipe, store = recipe_of(one), tmp_path / "store"
    expected = hashes(build_release(recipe, tmp_path / "first", store=store).path)
    shutil.rmtree(store / "shards")
    (pack,) = (store / "packs").glob("*.pack")
    harm(pack)
    with pytest.raises(WorkFailed, match=pack.name):
        build_release(recipe, tmp_path / "second", store=store)
    pack.unlink()
    assert hashes(build_release(recipe, tmp_path / "second", store=store).path) == expected


def test_damaged_pack_never_gets_into_a_release(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    recipe, store = recipe_of(one), tmp_path / "store"
    expected = hashes(build_release(recipe, tmp_path / "first", store=store).path)
    for folder in ("shards", "facts"):
        shutil.rmtree(store / folder)
    (pack,) = (store / "packs").glob("*.pack")
    damage(pack)
    try:
        build_release(recipe, tmp_path / "second", store=store)
    except WorkFailed as error:
        assert pack.name in str(error)
        pack.unlink()
        build_release(recipe, tmp_path / "second", store=store)
    assert hashes(tmp_path / "second") == expected


@pytest.mark.parametrize("folder", ["facts", "listings", "packs"])
def test_what_a_late_task_left_twice_counts_once(tmp_path: Path, folder: str) -> None:
    # On a cluster a task of a killed build may end after the next build has done its work under another name.
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    store = tmp_path / "store"
    build_release(recipe_of(one), tmp_path / "first", store=store)
    for path in list((store / folder).rglob("*.*")):
        if path.is_file():
            shutil.copy(path, path.with_name(("0" if path.name[0] > "0" else "f") * 32 + path.suffix))
    strict = recipe_of(one, policy={"preset": "tilth"})
    made = build_release(strict, tmp_path / "second", store=store)
    assert made.is_balanced()
    assert len(made.table("metadata/occurrences")) == 2
    assert hashes(made.path) == hashes(
        build_release(strict, tmp_path / "third", store=tmp_path / "other").path
    )


def test_places_that_moved_are_read_where_they_are_now(tmp_path: Path, repositories: list[Path]) -> None:
    store = tmp_path / "store"
    build_release(recipe_of(*repositories), tmp_path / "first", store=store)
    moved = [path.rename(tmp_path / f"moved-{number}") for number, path in enumerate(repositories)]
    made = build_release(recipe_of(*moved), tmp_path / "second", store=store)
    assert made.is_balanced()
    assert made.refusals() == []


def test_two_recipes_take_turns_in_one_store(tmp_path: Path, repositories: list[Path]) -> None:
    def recipe(at: int) -> Any:
        return recipe_of(*repositories[at : at + 2], policy={"preset": "tilth"})

    expected = [
        hashes(build_release(recipe(at), tmp_path / f"alone-{at}", store=tmp_path / f"s{at}").path)
        for at in (0, 1)
    ]
    for turn in range(2):
        for at in (0, 1):
            made = build_release(recipe(at), tmp_path / f"turn-{turn}-{at}", store=tmp_path / "store")
            assert hashes(made.path) == expected[at]
