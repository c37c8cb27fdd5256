from pathlib import Path

import pytest

from tilth.errors import UserError, WorkFailed
from tilth.store.upload import put_file, size_of


def test_unknown_scheme(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    with pytest.raises(UserError, match="cannot write"):
        put_file(tmp_path / "one", "nowhere://bucket/one")


def test_place_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    with pytest.raises(WorkFailed, match="cannot write"):
        put_file(tmp_path / "one", f"file://{tmp_path}/one/below")


@pytest.mark.parametrize("prefix", ["memory://test-upload", "file://{}/up", "{}/up"])
def test_copies_whole_and_tells_the_size(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "one").write_bytes(b"12345")
    url = prefix.format(tmp_path) + "/deep/er/one"
    assert size_of(url) is None
    put_file(tmp_path / "one", url)
    assert size_of(url) == 5
    (tmp_path / "one").write_bytes(b"67")
    put_file(tmp_path / "one", url)
    assert size_of(url) == 2
