"""Files that are either whole or not there: written under a temporary name, then renamed."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tilth.errors import WorkFailed

_MARK = ".partial"
RESERVE_BYTES = 256 * 2**20
"""Work stops before a disk has less than this left, so that what is done can still be recorded."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path` and renames it to `path` when the block ends well.

    Raises:
        WorkFailed: The disk is full; nothing is left under either name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}{_MARK}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise disk_full(path) from error
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a whole text file, UTF-8, its line ends as they are."""
    with whole_file(path) as temporary:
        temporary.write_bytes(text.encode())


def disk_full(path: Path) -> WorkFailed:
    """The error for a disk without room."""
    return WorkFailed(
        f"no room left on the disk of `{path.parent}`",
        hint="free some space, then run the same command again: finished work is kept",
    )


def check_room(folder: Path) -> None:
    """Raises WorkFailed where the disk of `folder` has less than RESERVE_BYTES left."""
    if shutil.disk_usage(folder).free < RESERVE_BYTES:
        raise disk_full(folder / "x")


def clean_partials(folder: Path) -> None:
    """Removes what killed processes of this machine left under temporary names in `folder`."""
    for path in folder.rglob(f"*{_MARK}"):
        pid = path.name.removesuffix(_MARK).rsplit(".", 1)[-1]
        if pid.isdigit() and not _alive(int(pid)):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # A killed worker stays listed until its parent asks for it, which in a container may be never.
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[:1]
    except OSError:
        return True
    return state != ["Z"]
