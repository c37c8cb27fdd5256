from pathlib import Path
from typing import Any

from tests.data.releases import Made, build_release, code, recipe_of
from tests.data.sources.git.repositories import Repository, make


def fork(original: Repository, to: Path) -> Repository:
    copy = original.clone(to)
    copy.git("config", "remote.origin.url", str(to))
    return copy


def made(tmp_path: Path, *names: str, **duplicates: Any) -> Made:
    recipe = recipe_of(*(tmp_path / name for name in names), duplicates=duplicates)
    release = build_release(recipe, tmp_path / "release")
    assert release.is_balanced()
    return release


def left(release: Made) -> set[tuple[str, str]]:
    return {(row["repo_name"], row["reason"]) for row in release.table("metadata/drops")}


def test_same_tree_counts_once(tmp_path: Path) -> None:
    for name, year in (("late", 2022), ("early", 2012)):
        make(tmp_path / name).commit({b"a.py": code(1)}, date=f"{year}-01-01T00:00:00+0000")
    release = made(tmp_path, "late", "early")
    assert left(release) == {("late", "duplicate_repository")}
    assert release.one("metadata/drops", "a.py")["value"] == (tmp_path / "early").as_uri()


def test_forks_stay_by_default_and_can_leave(tmp_path: Path) -> None:
    original = make(tmp_path / "original")
    first = original.commit({b"a.py": code(1)}, date="2020-01-01T00:00:00+0000")
    fork(original, tmp_path / "fork").commit(
        {b"a.py": code(2)}, parent=first, date="2021-01-01T00:00:00+0000"
    )
    assert left(made(tmp_path, "original", "fork")) == set()
    release = build_release(
        recipe_of(tmp_path / "original", tmp_path / "fork", duplicates={"forks": "drop"}), tmp_path / "second"
    )
    assert left(release) == {("original", "fork")}


def test_two_rules_never_drop_every_copy(tmp_path: Path) -> None:
    # By tree the earlier one stays, by history the later one: together they must not drop both.
    original = make(tmp_path / "original")
    first = original.commit({b"a.py": code(1)}, date="2020-01-01T00:00:00+0000")
    fork(original, tmp_path / "fork").commit(
        {b"a.py": code(1)}, parent=first, date="2021-01-01T00:00:00+0000"
    )
    release = made(tmp_path, "original", "fork", forks="drop")
    assert left(release) == {("fork", "duplicate_repository")}
    assert release.texts() == {"a.py": code(1).decode()}


def test_branches_of_one_repository_with_one_tree(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    head = one.commit({b"a.py": code(1)})
    one.git("branch", "twin", head)
    source = {"kind": "git", "repositories": [str(one.path)], "every_branch": True}
    release = build_release(recipe_of(source), tmp_path / "release")
    assert release.manifest["counts"]["units"] == 2
    assert len(release.table("data")) == 1
    assert release.is_balanced()


def test_repositories_without_any_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        inside = make(tmp_path / name)
        inside.commit_tree(inside.tree())
    release = made(tmp_path, "one", "two", forks="drop")
    assert release.manifest["counts"]["files"] == 0


def test_alike_repositories_stay_by_default_and_can_leave(tmp_path: Path) -> None:
    files = {b"%d.py" % number: code(number) for number in range(20)}
    make(tmp_path / "old").commit(files, date="2020-01-01T00:00:00+0000")
    changed = {**files, b"3.py": code(303), b"new.py": code(99)}
    make(tmp_path / "new").commit(changed, date="2021-01-01T00:00:00+0000")
    few = {b"%d.py" % number: code(number if number < 8 else 1000 + number) for number in range(20)}
    make(tmp_path / "other").commit(few, date="2022-01-01T00:00:00+0000")
    names = ("old", "new", "other")
    assert {reason for _, reason in left(made(tmp_path, *names))} == {"duplicate_file"}
    how = {"alike_repositories": "drop", "files": "keep_all"}
    release = build_release(
        recipe_of(*(tmp_path / name for name in names), duplicates=how), tmp_path / "second"
    )
    assert release.is_balanced()
    assert left(release) == {("old", "alike_repository")}
    assert release.one("metadata/drops", "3.py")["value"] == (tmp_path / "new").as_uri()


def test_alike_repositories_of_nothing(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make(tmp_path / name).commit({name.encode(): b"\0"})
    assert {reason for _, reason in left(made(tmp_path, "one", "two", alike_repositories="drop"))} == {
        "binary"
    }
