from pathlib import Path

import pytest

from tilth.errors import UserError
from tilth.store.layout import Store


def test_store_that_is_held_is_not_held_again(tmp_path: Path) -> None:
    with Store(tmp_path / "store").held():
        with (
            pytest.raises(UserError, match="another build is using the store"),
            Store(tmp_path / "store").held(),
        ):
            pass
        with Store(tmp_path / "other").held():
            pass
    with Store(tmp_path / "store").held():
        pass


def test_what_a_kill_left_is_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.packs.mkdir()
    (store.packs / "half.pack").write_bytes(b"x")
    (store.packs / "one.pack.4194305.partial").write_bytes(b"x")
    with store.held():
        assert list(store.packs.iterdir()) == []


def test_store_in_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((UserError, OSError)), Store(tmp_path / "file").held():
        pass
