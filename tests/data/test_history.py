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


PERMISSIVE = {"preset": "none", "licences": ["permissive"]}
GPL_TAG = b"# SPDX-License-Identifier: GPL-3.0-only\n"


def test_old_text_must_be_allowed_too(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit({b"LICENSE": MIT, b"a.py": GPL_TAG + code(1)})
    one.commit({b"LICENSE": MIT, b"a.py": code(2)}, parent=first)
    release = made(tmp_path, one, policy=PERMISSIVE)
    assert {row["path"] for row in release.table("commits")} == {"LICENSE"}
    assert release.manifest["history"]["dropped"] == {"licence_copyleft": 2}
    assert set(release.texts()) == {"LICENSE", "a.py"}


def test_licence_of_the_same_bytes_elsewhere_counts_for_changes(tmp_path: Path) -> None:
    one, other = make(tmp_path / "one"), make(tmp_path / "other")
    first = one.commit({b"LICENSE": MIT, b"a.py": code(1), b"b.py": code(2)})
    one.commit({b"LICENSE": MIT, b"a.py": code(3), b"b.py": code(2)}, parent=first)
    other.commit({b"LICENSE": b"SPDX-License-Identifier: GPL-3.0-only\n", b"x/y.py": code(1)})
    source = {"kind": "git", "repositories": [str(one.path)], "history": True}
    release = build_release(recipe_of(source, other.path, policy=PERMISSIVE), tmp_path / "release")
    assert {row["path"] for row in release.table("commits")} == {"LICENSE", "b.py"}
    assert release.manifest["history"]["dropped"] == {"licence_copyleft": 2}


def test_listed_ids_leave_histories_too(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit(
        {b"LICENSE": MIT, b"a.py": code(1), b"b.py": b"# SPDX-License-Identifier: ISC\n" + code(2)}
    )
    one.commit({b"LICENSE": MIT, b"a.py": code(1), b"b.py": code(4)}, parent=first)
    release = made(tmp_path, one, policy={**PERMISSIVE, "licence_ids_drop": ["ISC"]})
    assert {row["path"] for row in release.table("commits")} == {"LICENSE", "a.py"}
    assert release.manifest["history"]["dropped"] == {"licence_listed": 2}


def test_folder_that_is_gone_has_the_licence_of_the_nearest_one_left(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    gpl = b"SPDX-License-Identifier: GPL-3.0-only\n"
    kept = {b"LICENSE": MIT, b"third/x/LICENSE": gpl}
    first = one.commit({**kept, b"third/x/gone/a.py": code(1), b"b.py": code(2)})
    one.commit({**kept, b"b.py": code(2)}, parent=first)
    release = made(tmp_path, one, policy=PERMISSIVE)
    assert {row["path"] for row in release.table("commits")} == {"LICENSE", "b.py"}


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
