from pathlib import Path

import pytest

from tests.data.sources.git.repositories import make
from tilth.data.sources.git.presence import absent_from

NOBODY = "1" * 40


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_there_and_what_is_not(tmp_path: Path, packed: bool) -> None:
    one = make(tmp_path / "one")
    one.commit({b"a": b"a", b"b": b"b"})
    ids = [one.blob(b"a"), one.blob(b"b"), one.git("rev-parse", "HEAD^{tree}")]
    if packed:
        one.pack()
    assert absent_from(one.path, [NOBODY, *ids]) == [NOBODY]
    assert absent_from(one.path, ids) == absent_from(one.path, []) == []


def test_borrowed_objects_are_there(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    one.commit({b"a": b"a"})
    clone = one.clone(tmp_path / "clone", "--shared")
    assert absent_from(clone.path, [one.blob(b"a"), NOBODY]) == [NOBODY]


def test_index_of_the_first_version_is_read_by_git(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    one.commit({b"a": b"a"})
    blob = one.blob(b"a")
    pack = one.pack()
    index = pack.with_suffix(".idx")
    index.unlink()
    one.git("index-pack", "--index-version=1", str(pack))
    assert index.read_bytes()[:4] != b"\xfftOc"
    assert absent_from(one.path, [blob, NOBODY]) == [NOBODY]


def test_where_no_repository_is_nothing_is_there(tmp_path: Path) -> None:
    assert absent_from(tmp_path, [NOBODY]) == [NOBODY]
