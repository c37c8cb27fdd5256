"""A file's licence as a file above it states it."""

from pathlib import Path

import pytest

from tests.data.policy.test_licence import MIT_TAG, licence, made
from tests.data.releases import code, repository
from tilth.data.policy.stated_paths import folder_about, stated_of

DEP5 = (
    b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
    b"Files: *\nCopyright: A\nLicense: MIT\n\nFiles: bound/*\nCopyright: B\nLicense: GPL-3+\n\n"
    b"Files: bound/free.py\nCopyright: B\nLicense: ISC\n"
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("copyright", None),
        ("a/debian/control", None),
        ("dep5", None),
        ("debian/copyright", ""),
        ("a/debian/copyright", "a"),
        ("a/.reuse/dep5", "a"),
        ("REUSE.toml", ""),
        ("a/b/REUSE.toml", "a/b"),
    ],
)
def test_folder_that_a_file_is_about(path: str, expected: str | None) -> None:
    assert folder_about(path) == expected


def test_the_last_statement_holds_and_everything_is_no_single_path() -> None:
    statements = [(".*", "MIT"), ("a/.*", "ISC"), ("a/b", "Zlib")]
    assert stated_of(statements, ["c", "a/c", "a/b"]) == [None, "ISC", "Zlib"]
    assert stated_of([*statements, (".*", "0BSD")], ["a/b"]) == [None]
    assert stated_of([], ["a"]) == [None]


def test_a_glob_of_many_stars_takes_no_longer() -> None:
    assert stated_of(
        [(".*a" * 30 + "b", "MIT"), (r"src/a\ b\#\&\-\.c", "ISC")], ["a" * 3000, "src/a b#&-.c"]
    ) == [
        None,
        "ISC",
    ]


@pytest.mark.parametrize("place", [b"debian/copyright", b".reuse/dep5"])
def test_paths_of_a_copyright_file(tmp_path: Path, place: bytes) -> None:
    files = {
        b"a.py": code(1),
        b"bound/b.py": code(2),
        b"bound/free.py": code(3),
        b"bound/header.py": MIT_TAG + code(4),
        place: DEP5,
    }
    release = made(tmp_path, repository(tmp_path / "one", files).path)
    assert licence(release, "a.py")[:2] == ("MIT", "file")
    assert licence(release, "bound/b.py") == ("GPL-3.0-or-later", "metadata", "copyleft")
    assert release.one("metadata/occurrences", "bound/b.py")["license_path"] == place.decode()
    assert licence(release, "bound/free.py")[0] == "ISC"
    assert licence(release, "bound/header.py")[:2] == ("MIT", "tag")


def test_paths_of_reuse_toml_and_a_tag_beside(tmp_path: Path) -> None:
    toml = b"version = 1\n[[annotations]]\npath = '*.py'\nSPDX-License-Identifier = 'GPL-3.0-only'\n"
    files = {
        b"inner/a.py": code(1),
        b"inner/deep/b.py": code(2),
        b"inner/c.py": code(3),
        b"inner/c.py.license": b"SPDX-License-Identifier: ISC\n",
        b"inner/REUSE.toml": toml,
        b"REUSE.toml": toml.replace(b"'*.py'", b"'**/*.py'").replace(b"GPL-3.0-only", b"Zlib"),
    }
    release = made(tmp_path, repository(tmp_path / "one", files).path)
    assert licence(release, "inner/a.py")[0] == "GPL-3.0-only"
    assert licence(release, "inner/deep/b.py")[0] == "Zlib"
    assert licence(release, "inner/c.py")[:2] == ("ISC", "file")
