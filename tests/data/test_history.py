from pathlib import Path
from typing import Any

from tests.data.releases import MIT, Made, build_release, code, hashes, recipe_of
from tests.data.sources.git.repositories import Repository, make


def made(tmp_path: Path, inside: Repository, name: str = "release", **said: Any) -> Made:
    source = {"kind": "git", "repositories": [str(inside.path)], "history": True}
    return build_release(recipe_of(source, **said), tmp_path / name)


def test_commits_with_both_texts(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit({b"LICENSE": MIT, b"a.py": code(1), b"gone.py": code(9)})
    second = one.commit({b"LICENSE": MIT, b"a.py": code(2), b"data.bin": b"\0\1" * 50}, parent=first)
    release = made(tmp_path, one)
    rows = {(row["revision_id"], row["path"]): row for row in release.table("commits")}
    changed = rows[second, "a.py"]
    assert (changed["status"], changed["old_content"], changed["new_content"]) == (
        "M", code(1).decode(), code(2).decode()
    )  # fmt: skip
    assert (rows[second, "gone.py"]["status"], rows[second, "gone.py"]["new_content"]) == ("D", None)
    assert rows[first, "a.py"]["old_content"] is None
    assert changed["license_expression"] == "MIT"
    counts = release.manifest["history"]
    assert counts["in"] == counts["kept"] + sum(counts["dropped"].values())
    assert counts["dropped"] == {"binary": 1}
    assert release.texts().keys() == {"LICENSE", "a.py"}


def test_rules_hold_for_changes_too(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit(
        {b"LICENSE": MIT, b"a.py": code(1), b"b.py": b"# SPDX-License-Identifier: GPL-3.0-only\n" + code(3)}
    )
    one.commit({b"LICENSE": MIT, b"a.py": b"x = '" + b"ab " * 900 + b"'\n"}, parent=first)
    counts = made(tmp_path, one, policy={"preset": "tilth"}).manifest["history"]
    assert counts["dropped"]["long_line"] == 1
    assert counts["dropped"]["licence_copyleft"] == 2


def test_history_that_breaks_off_is_told_every_time(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    ids: list[str] = []
    for number in range(3):
        ids.append(one.commit({b"a.py": code(number)}, parent=ids[-1] if ids else None))
    (one.git_dir / "objects" / ids[0][:2] / ids[0][2:]).unlink()
    first, again = (made(tmp_path, one, name) for name in ("first", "again"))
    assert first.refusals() == again.refusals() != []
    assert hashes(first.path) == hashes(again.path)


def test_repository_without_history_wanted_has_no_commits(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    one.commit({b"a.py": code(1)})
    release = build_release(recipe_of(one.path), tmp_path / "release")
    assert not (release.path / "commits").exists()
    assert release.manifest["history"]["in"] == 0
