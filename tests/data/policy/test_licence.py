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


CARGO = b'[package]\nname = "x"\nlicense = "MIT OR Apache-2.0"\n'
APACHE_TAG = b"SPDX-License-Identifier: Apache-2.0\n"


def sides(release: Made, path: str) -> list[tuple[str, str | None, str]] | None:
    found = release.one("metadata/occurrences", path)["license_contradiction"]
    return None if found is None else [(one["source"], one["path"], one["expression"]) for one in found]


def test_who_speaks_for_a_place(tmp_path: Path) -> None:
    readme = b"# x\n\n## License\n\nThis project is licensed under the ISC License.\n"
    files = {
        # A README is heard where nothing better speaks, a vague one never.
        b"a.py": code(1),
        b"README.md": readme,
        b"vague/README": b"License: see the website\n",
        b"vague/b.py": code(2),
        # A manifest that offers a choice between the texts beside it.
        b"rust/Cargo.toml": CARGO,
        b"rust/LICENSE-MIT": MIT,
        b"rust/LICENSE-APACHE": APACHE_TAG,
        b"rust/c.py": code(3),
        # One that offers another choice does not decide.
        b"other/Cargo.toml": CARGO,
        b"other/LICENSE": MIT,
        b"other/d.py": code(4),
        b"other/README.md": b"# x\n\nLicensed under the GPL-3.0-only.\n",
        # A tag beside a file holds for that file alone.
        b"art/logo.svg": b"<svg/>\n",
        b"art/logo.svg.license": b"SPDX-License-Identifier: CC0-1.0\n",
        b"art/e.py": code(5),
    }
    release = made(
        tmp_path, repository(tmp_path / "one", files, licence=None).path, policy={"preset": "none"}
    )
    assert licence(release, "a.py") == ("ISC", "readme", "permissive")
    assert licence(release, "vague/b.py")[:2] == ("ISC", "readme")
    assert licence(release, "rust/c.py")[:2] == ("Apache-2.0 OR MIT", "metadata")
    assert release.one("metadata/occurrences", "rust/c.py")["license_path"] == "rust/Cargo.toml"
    assert licence(release, "other/d.py")[:2] == ("MIT", "file")
    assert licence(release, "art/logo.svg")[:2] == ("CC0-1.0", "file")
    assert release.one("metadata/occurrences", "art/logo.svg")["license_path"] == "art/logo.svg.license"
    assert licence(release, "art/e.py")[:2] == ("ISC", "readme")


def test_contradictions_have_all_sides(tmp_path: Path) -> None:
    files = {
        b"bound.py": GPL_TAG + code(1),
        b"plain.py": code(2),
        b"third_party/x/vendored.py": GPL_TAG + code(3),
        b"LICENSES/GPL-3.0-only.txt": GPL,
        b"fonts/font-license.txt": GPL + b"\n",
        b"inner/package.json": b'{"license": "Apache-2.0"}\n',
        b"inner/LICENSE": MIT,
        b"inner/a.py": code(4),
        b"nested/LICENSE": GPL,
        b"nested/b.py": code(5),
        b"nested/free.py": b"# SPDX-License-Identifier: GPL-3.0-or-later\n" + code(6),
    }
    one = repository(tmp_path / "one", files)
    (tmp_path / "list.csv").write_text(f"path,gha_license_id\n{one.path},ISC\n")
    release = made(tmp_path, one.path, policy={"preset": "none"})
    assert sides(release, "bound.py") == [("tag", "bound.py", "GPL-3.0-only"), ("file", "LICENSE", "MIT")]
    assert release.one("data", "bound.py")["license_contradiction"] is not None
    both = [("file", "inner/LICENSE", "MIT"), ("metadata", "inner/package.json", "Apache-2.0")]
    assert sides(release, "inner/a.py") == sides(release, "inner/LICENSE") == both
    texts = ("LICENSES/GPL-3.0-only.txt", "fonts/font-license.txt")
    for path in ("plain.py", "third_party/x/vendored.py", "nested/b.py", *texts):
        assert sides(release, path) is None
    assert sides(release, "nested/free.py") is None
    assert release.manifest["licence_contradictions"] == 3
    assert "In 3 files" in (release.path / "README.md").read_text()
    by_forge = build_release(
        recipe_of({"kind": "git", "list": str(tmp_path / "list.csv")}), tmp_path / "by_forge"
    )
    assert sides(by_forge, "plain.py") == [("file", "LICENSE", "MIT"), ("forge", None, "ISC")]
    assert sides(by_forge, "nested/b.py") is None


def test_lists_say_what_is_permissive(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": b"# SPDX-License-Identifier: JSON\n" + code(1)})
    assert made(tmp_path / "default", one.path).reasons()["a.py"] == "licence_proprietary"
    wide = made(tmp_path / "wide", one.path, policy={**PERMISSIVE, "permissive_lists": ["scancode"]})
    assert "a.py" in wide.texts()
    assert "scancode (scancode-toolkit" in (wide.path / "README.md").read_text()
    none = made(tmp_path / "none", one.path, policy={**PERMISSIVE, "permissive_lists": []})
    assert none.reasons() == {"a.py": "licence_proprietary", "LICENSE": "licence_unknown"}
