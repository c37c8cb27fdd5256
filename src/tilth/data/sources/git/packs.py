"""Where objects lie on disk, so that they can be read in that order.

Source: git's gitformat-pack(5), "pack-*.idx files", version 2.
"""

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.data.sources.git.layout import Layout, object_folders

_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_NAMES_AT = 8 + 256 * 4
_LARGE = np.uint32(1 << 31)

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Where each of some objects lies."""

    packs: list[str]
    """Paths of the packs."""
    pack: Int64
    """For each object, the position of its pack in `packs`; `len(packs)` for one that lies in none."""
    offset: Int64
    """For each object, its offset in the pack, bytes."""

    def order(self) -> list[int]:
        """Positions of the objects by pack and offset, those outside every pack last.

        Neighbours in a pack share delta bases, so each base is inflated once.
        """
        order: list[int] = np.lexsort((self.offset, self.pack)).tolist()
        return order


def places(layout: Layout, ids: Sequence[str]) -> Places:
    """Look objects up in the indexes of all packs, the repository's own and borrowed ones.

    Raises:
        ValueError: Something that is not 40 hex digits.
    """
    names = np.frombuffer(bytes.fromhex("".join(ids)), dtype="S20")
    if len(names) != len(ids):
        raise ValueError("a content id has 40 hex digits")
    paths = indexes(layout)
    pack = np.full(len(names), len(paths), dtype=np.int64)
    offset = np.zeros(len(names), dtype=np.int64)
    for number, path in enumerate(paths):
        waiting = np.flatnonzero(pack == len(paths))
        if not len(waiting):
            break
        found, offsets = _look_up(path, names[waiting])
        pack[waiting[found]] = number
        offset[waiting[found]] = offsets
    return Places([path.removesuffix("idx") + "pack" for path in paths], pack, offset)


def indexes(layout: Layout) -> list[str]:
    """Paths of the indexes of a repository's packs, its alternates included."""
    return [
        path
        for folder in object_folders(layout)
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "pack", "*.idx")))
    ]


def _look_up(path: str, names: npt.NDArray[np.bytes_]) -> tuple[Int64, Int64]:
    """Positions in `names` that a pack has, and their offsets in it; none where the index cannot be read."""
    nothing = np.zeros(0, dtype=np.int64)
    try:
        index = np.memmap(path, dtype=np.uint8, mode="r")
    except (OSError, ValueError):
        return nothing, nothing
    count = int(index[_NAMES_AT - 4 : _NAMES_AT].view(">u4")[0]) if len(index) > _NAMES_AT else 0
    if bytes(index[:8]) != _MAGIC or len(index) < _NAMES_AT + 28 * count + 40 or count == 0:
        return nothing, nothing
    table = index[_NAMES_AT : _NAMES_AT + 20 * count].view("S20")
    at = np.minimum(np.searchsorted(table, names), count - 1)
    found = np.flatnonzero(table[at] == names)
    offsets_at = _NAMES_AT + 24 * count
    small = index[offsets_at : offsets_at + 4 * count].view(">u4")[at[found]]
    offsets = small.astype(np.int64)
    far = (small & _LARGE) != 0
    if far.any():
        # Packs over 2 GiB keep far offsets in a table of their own.
        large = index[offsets_at + 4 * count : -40].view(">u8")
        offsets[far] = large[offsets[far] & 0x7FFFFFFF].astype(np.int64)
    return found, offsets
