"""Which objects a repository does not have: looked up in its packs' indexes and folders, none of them read."""

import os
from collections.abc import Sequence

import numpy as np

from tilth.data.sources.git import command
from tilth.data.sources.git.layout import CannotRead, Layout, find, object_folders
from tilth.data.sources.git.packs import indexes, places


def packs_of(repository: str | os.PathLike[str]) -> list[str]:
    """Names of the indexes of a repository's packs, its alternates included; git names a pack by what is in it."""
    try:
        return sorted(os.path.basename(path) for path in indexes(find(repository)))
    except CannotRead:
        return []


def unpacked(repository: str | os.PathLike[str], ids: Sequence[str]) -> list[str]:
    """The ids among `ids` that are in none of the repository's packs; all where there is no repository.

    Raises:
        ValueError: Something that is not an id, 40 hex digits.
    """
    try:
        layout = find(repository)
    except CannotRead:
        return list(ids)
    ids = sorted(ids)  # neighbours in an index are found several times as fast
    found = places(layout, ids)
    return [ids[at] for at in np.flatnonzero(found.pack == len(found.packs)).tolist()]


def absent_from(repository: str | os.PathLike[str], ids: Sequence[str]) -> list[str]:
    """The ids among `ids` that name no object of the repository, its alternates included; all where there is none.

    An object that is there may still be damaged: only reading it tells.

    Raises:
        ValueError: Something that is not an id, 40 hex digits.
    """
    left = unpacked(repository, ids)
    try:
        layout = find(repository)
    except CannotRead:
        return left
    folders = object_folders(layout)
    left = [name for name in left if not any(os.path.exists(_loose(folder, name)) for folder in folders)]
    return _asked(layout, left) if left else []


def _loose(folder: str, name: str) -> str:
    return os.path.join(folder, name[:2], name[2:])


def _asked(layout: Layout, ids: list[str]) -> list[str]:
    """Those that git does not find either: it reads older indexes too."""
    with command.objects_only(layout) as (folder, environment):
        given = "".join(f"{name}\n" for name in ids).encode()
        order = ["cat-file", "--batch-check=%(objectname)"]
        _, out, _ = command.run(command.local(folder, *order), environment, given)
    there = set(out.decode("ascii", "replace").split("\n"))
    return [name for name in ids if name not in there]
