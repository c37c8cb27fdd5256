"""What was redacted with a key comes back with it, and with nothing else."""

from pathlib import Path

import pytest

from tilth.data.sealed import make_key, read_key, restore, seal
from tilth.errors import UserError


def test_back_with_the_key() -> None:
    key = make_key()
    sealed = seal(b"mail r.diaz@uni-bonn.de", b"mail <EMAIL_1>", key)
    assert b"diaz" not in sealed
    assert restore(b"mail <EMAIL_1>", sealed, key) == b"mail r.diaz@uni-bonn.de"


def test_another_key() -> None:
    with pytest.raises(UserError, match="does not open"):
        restore(b"b", seal(b"a", b"b", make_key()), make_key())


def test_a_file_that_was_changed() -> None:
    key = make_key()
    with pytest.raises(UserError, match="changed since"):
        restore(b"c", seal(b"a", b"b", key), key)


def test_a_file_that_is_no_key() -> None:
    with pytest.raises(UserError, match="not a key"):
        seal(b"a", b"b", b"secret")


def test_a_new_key_is_its_owners(tmp_path: Path) -> None:
    key = read_key(tmp_path / "key")
    assert read_key(tmp_path / "key") == key
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
