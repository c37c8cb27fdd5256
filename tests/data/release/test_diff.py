from pathlib import Path

import pytest

from tests.data.releases import MIT, build_release, code, recipe_of, repository
from tilth.data.release.changelog import changelog
from tilth.data.release.diff import diff, rows_that_changed
from tilth.errors import UserError

APACHE = b"# SPDX-License-Identifier: Apache-2.0\n"


def test_release_against_itself(tmp_path: Path) -> None:
    recipe = recipe_of(repository(tmp_path / "one", {b"a.py": code(1)}).path)
    made = build_release(recipe, tmp_path / "release")
    found = diff(made.path, made.path)
    assert set(found["rows"]) == {"same"}
    assert not any(found[part] for part in ("by_language", "by_licence", "reasons", "policy"))
    assert found["files"]["only_old"] == found["files"]["only_new"] == 0


def test_added_removed_moved_and_relicensed(tmp_path: Path) -> None:
    stays = repository(tmp_path / "stays", {b"a.py": code(1), b"gone.py": code(2), b"moves.py": code(3)})
    other = repository(tmp_path / "other", {b"free.py": code(4)}, licence=None)
    recipe = recipe_of(stays.path, other.path)
    old = build_release(recipe, tmp_path / "old")
    stays.commit({b"LICENSE": MIT, b"a.py": code(1), b"new.py": code(5), b"lib/moves.py": code(3)})
    other.commit({b"LICENSE": MIT, b"free.py": code(4)})
    new = build_release(recipe, tmp_path / "new")
    before = sorted(path.name for path in tmp_path.iterdir())
    found = diff(old.path, new.path)
    rows = {change: count["files"] for change, count in found["rows"].items()}
    # The licence's text has moved as well: the first repository by name has it now.
    assert rows == {"added": 1, "moved": 2, "relicensed": 1, "removed": 1, "same": 1}
    assert found["by_language"]["Python"] == {"added": 1, "moved": 1, "relicensed": 1, "removed": 1}
    assert found["units"]["changed"] == sorted([other.path.as_uri(), stays.path.as_uri()])
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_reasons_and_settings(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    old = build_release(recipe_of(one), tmp_path / "old")
    new = build_release(recipe_of(one, policy={"preset": "none", "lines_max": 5}), tmp_path / "new")
    found = diff(old.path, new.path)
    assert found["reasons"] == {"too_many_lines": {"old": None, "new": 2}}
    assert found["policy"] == {"lines_max": {"old": None, "new": 5}}


def test_release_without_any_row(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    full = build_release(recipe_of(one), tmp_path / "full")
    bare = build_release(recipe_of(one, policy={"preset": "none", "licences": []}), tmp_path / "bare")
    assert diff(full.path, bare.path)["rows"].keys() == {"removed"}
    assert diff(bare.path, full.path)["rows"].keys() == {"added"}
    assert diff(bare.path, bare.path)["rows"] == {}


def test_what_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a release"):
        diff(tmp_path, tmp_path)


def test_one_of_two_copies_that_leaves_is_a_row_that_was_removed(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}, licence=None).path
    two = repository(tmp_path / "two", {b"a.py": code(1), b"b.py": code(1)}, licence=None).path
    said = {"duplicates": {"files": "keep_all"}}
    old = build_release(recipe_of(one, two, **said), tmp_path / "old")
    new = build_release(recipe_of(one, **said), tmp_path / "new")
    found = diff(old.path, new.path)
    assert {change: count["files"] for change, count in found["rows"].items()} == {"removed": 2, "same": 1}
    assert found["removed_because"] == {"not_in_sources": 2}
    assert found["version"] == {"step": "major", "least": "1.0.0", "fits": False}


def test_why_rows_were_removed(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"gone.py": code(2)}).path
    two = repository(tmp_path / "two", {b"b.py": code(3)}).path
    old = build_release(recipe_of(one, two), tmp_path / "old")
    policy = {"preset": "none", "lines_max": 20}
    new = build_release(recipe_of(one, version="1.0.0", policy=policy), tmp_path / "new")
    found = diff(old.path, new.path)
    assert found["removed_because"] == {"too_many_lines": 3, "not_in_sources": 1}
    rows = rows_that_changed(old.path, new.path, "removed", 10)
    reasons = {row["path"]: (row["reason"], row["value"]) for row in rows}
    assert reasons["b.py"] == ("not_in_sources", "")
    assert found["version"]["fits"] is True
    assert "## small 1.0.0" in changelog(found)
    assert "not_in_sources" in changelog(found)


def test_rows_of_a_change_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be `lost`"):
        rows_that_changed(tmp_path, tmp_path, "lost", 1)


def test_a_file_that_is_another_one_now_was_changed(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1), b"b.py": code(2)})
    recipe = recipe_of(one.path)
    old = build_release(recipe, tmp_path / "old")
    one.commit({b"LICENSE": MIT, b"a.py": code(3)})
    new = build_release(recipe, tmp_path / "new")
    rows = rows_that_changed(old.path, new.path, "removed", 10)
    assert {row["path"]: row["reason"] for row in rows} == {"a.py": "changed", "b.py": "not_in_sources"}
    assert diff(old.path, new.path)["removed_because"] == {"changed": 1, "not_in_sources": 1}
