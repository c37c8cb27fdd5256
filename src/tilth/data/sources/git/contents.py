"""Content ids -> bytes, in the order in which the objects lie on disk; what is hard is left to git."""

import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from tilth.data.sources.git import command
from tilth.data.sources.git.layout import Layout, find, object_folders
from tilth.data.sources.git.pack_reader import PackReader
from tilth.data.sources.git.packs import Places, places
from tilth.data.sources.limits import CHUNK_BYTES, READ_MAX_BYTES
from tilth.store.swhid import content_id

# Delta chains come back to their bases: 96 MiB, git's default, forgets them in large repositories.
_SETTINGS = ("-c", "core.deltaBaseCacheLimit=256m")

Content = tuple[str, bytes | None, str]


def read_contents(repository: Path, ids: Sequence[str]) -> Iterator[Content]:
    """Read contents, each id once, in the order in which they lie on disk.

    Args:
        repository: Folder of the repository.
        ids: Content ids, 40 lower-case hex digits.

    Yields:
        (id, bytes, "") or (id, None, problem). Problems: `missing_object` (not in the repository),
        `corrupt_object` (there, but unreadable, no file's content, or bytes that do not hash to the id) and
        `too_large_to_read`.

    Raises:
        CannotRead: There is no repository.
        ValueError: Something that is not an id.
    """
    layout = find(repository)
    wanted = list(dict.fromkeys(ids))
    found = places(layout, wanted)
    order = found.order()
    left: list[str] = []
    for name, data in _from_packs(found, wanted, order):
        if data is None:
            left.append(name)
        else:
            yield name, data, ""
    if left:
        packed = {wanted[at] for at in order if found.pack[at] < len(found.packs)}
        yield from _from_git(layout, left, packed)


def _from_packs(found: Places, wanted: list[str], order: list[int]) -> Iterator[tuple[str, bytes | None]]:
    """Contents read without git, in order; None for what git has to be asked for."""
    numbers, offsets = found.pack.tolist(), found.offset.tolist()
    for number, members in itertools.groupby(order, key=numbers.__getitem__):
        try:
            reader = PackReader(found.packs[number]) if number < len(found.packs) else None
        except (OSError, ValueError):  # unreadable, gone since, or empty
            reader = None
        if reader is None:
            yield from ((wanted[at], None) for at in members)
            continue
        with reader:
            for at in members:
                data = reader.read(offsets[at])
                yield wanted[at], data if data is not None and content_id(data) == wanted[at] else None


def _from_git(layout: Layout, ids: list[str], packed: set[str]) -> Iterator[Content]:
    with command.objects_only(layout) as (folder, environment):
        start = 0
        while start < len(ids):
            for name, data, problem in _run(folder, environment, ids[start:]):
                start += 1
                if problem == "missing_object" and (name in packed or _lies_loose(layout, name)):
                    problem = "corrupt_object"
                yield name, data, problem


def _run(folder: str, environment: dict[str, str], ids: list[str]) -> Iterator[Content]:
    """Read with one process; where it dies inside an object, that one is the last to be yielded."""
    order = [command.program(), *_SETTINGS, *command.local(folder, "cat-file", "--batch", "--buffer")[1:]]
    with command.stream(order, environment, "\n".join([*ids, ""]).encode()) as (output, _):
        yield from _answers(output, ids)


def _answers(stream: IO[bytes], ids: list[str]) -> Iterator[Content]:
    for name in ids:
        header = stream.readline()
        words = header.split()
        if len(words) != 3:
            if not header.endswith(b"\n"):
                yield name, None, "corrupt_object"
                return
            yield name, None, "missing_object"
            continue
        size = int(words[2])
        if size > READ_MAX_BYTES:
            yield name, None, "too_large_to_read"
            if not _skip(stream, size + 1):
                return
            continue
        data = stream.read(size)
        if len(data) != size or stream.read(1) != b"\n":
            yield name, None, "corrupt_object"
            return
        if words[1] != b"blob" or content_id(data) != name:
            yield name, None, "corrupt_object"
        else:
            yield name, data, ""


def _skip(stream: IO[bytes], num_bytes: int) -> bool:
    while num_bytes:
        read = len(stream.read(min(num_bytes, CHUNK_BYTES)))
        if not read:
            return False
        num_bytes -= read
    return True


def _lies_loose(layout: Layout, name: str) -> bool:
    return any(os.path.exists(os.path.join(folder, name[:2], name[2:])) for folder in object_folders(layout))
