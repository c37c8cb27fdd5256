import errno
import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from tilth.errors import WorkFailed
from tilth.store import atomic
from tilth.store.atomic import check_room, clean_partials, whole_file, write_text


def test_file_is_not_there_before_the_block_ends(tmp_path: Path) -> None:
    with whole_file(tmp_path / "new/one.txt") as temporary:
        temporary.write_text("1")
        assert not (tmp_path / "new/one.txt").exists()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.txt"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), OSError(errno.EIO, "x")])
def test_block_that_fails_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    write_text(tmp_path / "one.txt", "old")
    with pytest.raises(type(error)), whole_file(tmp_path / "one.txt") as temporary:
        temporary.write_text("half")
        raise error
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("one.txt", "old")]


def test_full_disk_is_an_error_that_helps(tmp_path: Path) -> None:
    with (
        pytest.raises(WorkFailed, match="no room left") as full,
        whole_file(tmp_path / "one.txt") as temporary,
    ):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert full.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "one.txt"):
        pass


def test_text_has_unix_line_ends(tmp_path: Path) -> None:
    write_text(tmp_path / "one.txt", "a\nb\r\né")
    assert (tmp_path / "one.txt").read_bytes() == b"a\nb\r\n\xc3\xa9"


def test_disk_with_too_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: usage(2**40, 2**40, atomic.RESERVE_BYTES - 1))
    with pytest.raises(WorkFailed, match="no room left"):
        check_room(tmp_path)
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: usage(2**40, 0, atomic.RESERVE_BYTES))
    check_room(tmp_path)


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    gone = tmp_path / "deep/one.txt" / f"x.{int(dead.stdout)}.partial"
    mine = tmp_path / f"two.txt.{os.getpid()}.partial"
    strange = tmp_path / "three.partial"
    gone.parent.mkdir(parents=True)
    for path in (gone, mine, strange):
        path.write_text("")
    clean_partials(tmp_path)
    assert (gone.exists(), mine.exists(), strange.exists()) == (False, True, True)
