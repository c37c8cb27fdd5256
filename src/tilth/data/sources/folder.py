"""Folders of files: walked in byte order, links not followed, a file that changes meanwhile refused."""

import hashlib
import os
import stat
from collections.abc import Iterator
from glob import glob
from io import RawIOBase
from pathlib import Path

from tilth.config.sources import FolderSource
from tilth.data.sources.archive_member import git_mode
from tilth.data.sources.limits import CHUNK_BYTES, READ_MAX_BYTES
from tilth.data.sources.unsafe_paths import as_text, shorten
from tilth.errors import UserError
from tilth.records import Entry, Refusal, Unit
from tilth.store.swhid import content_id

# A named pipe that nobody writes to would make a plain open wait for ever.
_OPEN_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_GIT = b".git"


class _Changed(Exception):
    """The file is not the one that was listed, or did not stay so while it was read."""


def resolve(source: FolderSource, cache: Path) -> Iterator[Unit | Refusal]:
    """One unit for each folder that the paths name; looks at every file's name, size and time, reads none.

    Raises:
        UserError: A path or glob that names no folder.
    """
    for path in source.paths:
        for folder in _folders(path):
            root = os.path.realpath(folder)
            name = source.repo_name or os.path.basename(root) or root
            origin = Path(root).as_uri()
            try:
                os.scandir(root).close()
            except OSError as error:
                yield Refusal(
                    origin=origin, repo_name=name, reason="unreadable", value=error.strerror or str(error)
                )
                continue
            key = f"folder:{_state(root)}"
            yield Unit(source="folder", origin=origin, repo_name=name, tree_key=key, location=root)


def stream(unit: Unit, source: FolderSource) -> Iterator[tuple[Entry, bytes | None]]:
    """Every path in the folder but its folders, once, in byte order, with its bytes."""
    root = os.fsencode(unit.location)
    yield from (_taken(root, seen) for seen in _walk(root))


def one(root: Path, relative: Path) -> tuple[Entry, bytes | None]:
    """One path below a folder, as `stream` gives it."""
    folder = os.fsencode(root)
    return _taken(folder, _looked_at(folder, os.fsencode(relative)))


def _taken(root: bytes, seen: "_Seen") -> tuple[Entry, bytes | None]:
    relative, status, refused, value = seen
    path, raw = as_text(relative)
    if refused or status is None:
        mode = 0o120000 if refused == "link" else 0o100644
        return Entry(path=path, path_raw=raw, mode=mode, refused=refused, refused_value=shorten(value)), None
    return _read(os.path.join(root, relative), path, raw, status)


def _folders(path: str) -> list[str]:
    plain = os.path.expanduser(path)
    if os.path.isdir(plain):
        return [plain]
    folders = [name for name in glob(plain, recursive=True) if os.path.isdir(name)]
    if not folders:
        what = f"`{path}` is not a folder" if os.path.exists(plain) else f"`{path}` names no folder"
        raise UserError(what, hint="check the path; for archives use `kind: archive`")
    return sorted(folders, key=os.fsencode)


def _state(root: str) -> str:
    """Hash over path, size, time of change and mode of everything below, without reading contents."""
    digest = hashlib.sha256()
    for relative, status, refused, value in _walk(os.fsencode(root)):
        facts = (status.st_size, status.st_mtime_ns, status.st_mode) if status else (refused, value)
        digest.update(b"%d:%s:%s\n" % (len(relative), relative, repr(facts).encode()))
    return digest.hexdigest()


_Seen = tuple[bytes, os.stat_result | None, str | None, str]


def _walk(root: bytes) -> Iterator[_Seen]:
    """Path, status, and reason and value where it cannot be read, of everything but folders, in byte order.

    Holds the names of the folders on the way down, never all paths.
    """
    waiting: list[Iterator[tuple[bytes, bool]]] = [_names(root, b"")[0]]
    while waiting:
        step = next(waiting[-1], None)
        if step is None:
            waiting.pop()
            continue
        relative, is_folder = step
        if os.path.basename(relative) == _GIT:
            yield relative, None, "git_folder", ""
        elif is_folder:
            names, fault = _names(root, relative)
            if fault:
                yield relative, None, "unreadable", fault
            waiting.append(names)
        else:
            yield _looked_at(root, relative)


def _names(root: bytes, relative: bytes) -> tuple[Iterator[tuple[bytes, bool]], str]:
    try:
        with os.scandir(os.path.join(root, relative)) as listing:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
    except OSError as error:
        return iter(()), error.strerror or str(error)
    # A folder sorts as if its name ended in `/`, so that whole paths come in byte order.
    found.sort(key=lambda pair: pair[0] + b"/" if pair[1] else pair[0])
    return ((os.path.join(relative, name), is_folder) for name, is_folder in found), ""


def _looked_at(root: bytes, relative: bytes) -> _Seen:
    path = os.path.join(root, relative)
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return (
                relative,
                status,
                "link",
                as_text(os.readlink(path))[0],
            )
    except OSError as error:
        return relative, None, "unreadable", error.strerror or str(error)
    if stat.S_ISBLK(status.st_mode) or stat.S_ISCHR(status.st_mode):
        return relative, status, "device", ""
    if not stat.S_ISREG(status.st_mode):
        return relative, status, "not_a_file", "fifo" if stat.S_ISFIFO(status.st_mode) else "socket"
    return relative, status, None, ""


def _read(full: bytes, path: str, raw: bytes | None, listed: os.stat_result) -> tuple[Entry, bytes | None]:
    mode = git_mode(listed.st_mode)
    try:
        data, data_id, size = _contents(full, listed)
    except _Changed as change:
        refused, value = "changed_while_read", str(change)
    except OSError as error:
        refused, value = "unreadable", error.strerror or str(error)
    else:
        if data is not None:
            return Entry(path=path, path_raw=raw, mode=mode, content_id=data_id, size=size), data
        too_large = Entry(
            path=path,
            path_raw=raw,
            mode=mode,
            content_id=data_id,
            size=size,
            refused="too_large_to_read",
            refused_value=str(size),
        )
        return too_large, None
    size = listed.st_size
    return Entry(path=path, path_raw=raw, mode=mode, size=size, refused=refused, refused_value=value), None


def _contents(full: bytes, listed: os.stat_result) -> tuple[bytes | None, str, int]:
    """Bytes (None where too many), git blob id and size of a file that stayed the same to its last byte."""
    descriptor = os.open(full, _OPEN_FLAGS)
    with open(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        if _identity(before) != _identity(listed) or not stat.S_ISREG(before.st_mode):
            raise _Changed("between listing and reading")
        size = before.st_size
        if size > READ_MAX_BYTES:
            data, data_id, num_bytes = None, *_hashed(file, size)
        else:
            data = _all(file, size)
            data_id, num_bytes = content_id(data), len(data)
        after = os.fstat(descriptor)
    if _identity(after) != _identity(before) or num_bytes != size:
        raise _Changed(f"{size} bytes before, {after.st_size} after")
    return data, data_id, size


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _all(file: RawIOBase, size: int) -> bytes:
    # One byte more than stated shows a file that grew; raw reads may give less than asked for.
    pieces = []
    left = size + 1
    while left and (piece := file.read(left)):
        pieces.append(piece)
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _hashed(file: RawIOBase, size: int) -> tuple[str, int]:
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    num_bytes = 0
    while piece := file.read(CHUNK_BYTES):
        digest.update(piece)
        num_bytes += len(piece)
    return digest.hexdigest(), num_bytes
