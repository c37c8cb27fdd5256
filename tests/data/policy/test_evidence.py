"""Which licence holds, and that no copy launders one."""

from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import MIT, Made, build_release, code, recipe_of, repository
from tilth.data.release.look import what_if

PERMISSIVE = {"preset": "none", "licences": ["permissive"]}
GPL = (
    b"This program is free software: you can redistribute it and/or modify it under the terms of the\n"
    b"GNU General Public License as published by the Free Software Foundation, version 3 of the License.\n"
)
MIT_TAG, GPL_TAG = b"# SPDX-License-Identifier: MIT\n", b"# SPDX-License-Identifier: GPL-3.0-only\n"


def made(tmp_path: Path, *sources: Any, **said: Any) -> Made:
    release = build_release(recipe_of(*sources, **{"policy": PERMISSIVE, **said}), tmp_path / "release")
    assert release.is_balanced()
    return release


def licence(release: Made, path: str) -> tuple[str | None, str, str]:
    row = release.one("metadata/occurrences", path)
    return row["license_expression"], row["license_source"], row["license_class"]


def test_header_in_a_repository_under_another_licence(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"free.py": MIT_TAG + code(1), b"bound.py": code(2)}, licence=GPL)
    release = made(tmp_path, one.path)
    assert licence(release, "free.py") == ("MIT", "tag", "permissive")
    assert licence(release, "bound.py")[2] == "copyleft"
    assert set(release.texts()) == {"free.py"}


def test_bound_header_in_a_permissive_repository(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"bound.py": GPL_TAG + code(1), b"free.py": code(2)})
    release = made(tmp_path, one.path)
    assert release.reasons() == {"bound.py": "licence_copyleft"}
    assert release.one("metadata/drops", "bound.py")["value"] == "GPL-3.0-only"


def test_same_bytes_under_two_licences_take_the_stricter(tmp_path: Path) -> None:
    free = repository(tmp_path / "free", {b"a.py": code(1)})
    bound = repository(tmp_path / "bound", {b"b.py": code(1)}, licence=GPL)
    release = made(tmp_path, free.path, bound.path)
    assert release.reasons()["a.py"] == release.reasons()["b.py"] == "licence_copyleft"
    kept = build_release(recipe_of(free.path, bound.path), tmp_path / "everything")
    row = next(row for row in kept.table("data") if row["path"] in ("a.py", "b.py"))
    assert row["license_conflict"] is True
    assert len(row["detected_licenses"]) == 2
    assert row["license_class"] == "copyleft"


def test_place_without_evidence_does_not_bind(tmp_path: Path) -> None:
    free = repository(tmp_path / "free", {b"a.py": code(1)})
    silent = repository(tmp_path / "silent", {b"b.py": code(1), b"c.py": code(2)}, licence=None)
    release = made(tmp_path, free.path, silent.path)
    assert release.reasons() == {"b.py": "duplicate_file", "c.py": "licence_no_license"}


def test_nearest_folder_speaks(tmp_path: Path) -> None:
    files = {
        b"top.py": code(1),
        b"inner/COPYING": GPL,
        b"inner/deep/a.py": code(2),
        b"innermost/b.py": code(3),
    }
    release = made(tmp_path, repository(tmp_path / "one", files).path)
    assert licence(release, "top.py") == ("MIT", "file", "permissive")
    assert licence(release, "inner/deep/a.py")[1:] == ("file", "copyleft")
    assert release.one("metadata/occurrences", "inner/deep/a.py")["license_path"] == "inner/COPYING"
    assert licence(release, "innermost/b.py")[0] == "MIT"


def test_file_named_licence_speaks_before_one_for_a_part(tmp_path: Path) -> None:
    files = {b"a.py": code(1), b"LICENSE.python": GPL}
    assert licence(made(tmp_path, repository(tmp_path / "one", files).path), "a.py")[0] == "MIT"


def test_package_metadata_where_nothing_else_speaks(tmp_path: Path) -> None:
    files = {b"a.py": code(1), b"package.json": b'{"name": "x", "license": "ISC"}\n'}
    release = made(tmp_path, repository(tmp_path / "one", files, licence=None).path)
    assert licence(release, "a.py") == ("ISC", "metadata", "permissive")


@pytest.mark.parametrize(("stated", "expected"), [("MIT", ("MIT", "forge")), ("NOASSERTION", (None, "none"))])
def test_word_of_the_forge_is_the_last(tmp_path: Path, stated: str, expected: tuple[str | None, str]) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}, licence=None)
    two = repository(tmp_path / "two", {b"b.py": code(2)}, licence=GPL)
    (tmp_path / "list.csv").write_text(f"path,gha_license_id\n{one.path},{stated}\n{two.path},{stated}\n")
    release = made(tmp_path, {"kind": "git", "list": str(tmp_path / "list.csv")})
    assert licence(release, "a.py")[:2] == expected
    assert licence(release, "b.py")[1:] == ("file", "copyleft")


def test_survivor_is_the_place_whose_licence_was_judged(tmp_path: Path) -> None:
    # Both are kept by this policy; the row that stays must say the stricter one.
    aaa = repository(tmp_path / "aaa", {b"a.py": code(1)})
    zzz = repository(tmp_path / "zzz", {b"b.py": code(1)}, licence=GPL)
    release = made(tmp_path, aaa.path, zzz.path, policy={"preset": "none"})
    (row,) = [row for row in release.table("data") if row["language"] == "Python"]
    assert row["path"] == "b.py"
    assert row["license_class"] == "copyleft"


def test_dropped_ids_count_at_every_place(tmp_path: Path) -> None:
    named = repository(tmp_path / "named", {b"a.py": code(1)}, licence=None)
    other = repository(tmp_path / "other", {b"b.py": code(1), b"free.py": code(3)})
    (tmp_path / "list.csv").write_text(f"path,gha_license_id\n{named.path},ISC\n{other.path},\n")
    policy = {**PERMISSIVE, "licence_ids_drop": ["ISC"]}
    release = made(tmp_path, {"kind": "git", "list": str(tmp_path / "list.csv")}, policy=policy)
    assert set(release.texts()) == {"LICENSE", "free.py"}
    for path in ("a.py", "b.py"):
        drop = release.one("metadata/drops", path)
        assert (drop["stage"], drop["reason"], drop["value"]) == ("licence", "licence_listed", "ISC")


def test_class_is_told_before_a_listed_id(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}, licence=GPL)
    policy = {**PERMISSIVE, "licence_ids_drop": ["GPL-3.0-only"]}
    release = made(tmp_path, one.path, policy=policy)
    assert release.reasons()["a.py"] == "licence_copyleft"


def test_listed_ids_count_as_drops_and_in_a_what_if(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)})
    release = made(tmp_path, one.path, policy={**PERMISSIVE, "licence_ids_drop": ["MIT"]})
    stages = {stage["stage"]: stage["dropped"] for stage in release.manifest["counts"]["stages"]}
    assert stages["licence"].keys() == {"licence_listed"}
    assert [row["then"] for row in what_if(release.path, {"lines_max": 1}) if row["reason"] == "passes"] == [
        0
    ]


def test_expression_holds_alone_and_not_as_a_part_of_a_word(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": MIT_TAG.replace(b"MIT", b"MIT-0") + code(1)}, licence=MIT)
    release = made(tmp_path, one.path, policy={**PERMISSIVE, "licence_ids_drop": ["MIT"]})
    assert set(release.texts()) == {"a.py"}
