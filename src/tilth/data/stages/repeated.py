"""The tasks of repeated blocks: the windows of some texts by hash, what of a range of hashes is repeated, and where.

All lines lie in the build's folder as one array, in the order of the texts, with where each text's lines begin.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.data.dedup.repeated import repeated_in, windows_of
from tilth.store.atomic import whole_file

LINES, LENGTHS, BEGINS, KNOWN = "lines.npy", "line_bytes.npy", "begins.npy", "repeated.npy"
"""Hashes of the lines; their bytes; where each text's begin; the windows that are repeated, ascending."""
HASH_RANGE = 2**64


def begins_of(folder: Path, first: int, last: int) -> npt.NDArray[np.int64]:
    """Where the lines of the texts from `first` to `last` (not included) begin, and where the last one's end."""
    begins: npt.NDArray[np.int64] = np.load(folder / BEGINS, mmap_mode="r")[first : last + 1].astype(np.int64)
    return begins


def hash_lines(folder: str, first: int, last: int, length: int) -> dict[str, Any]:
    """Task: writes the windows of some texts, ascending, and the lines they begin with, from the first one's."""
    place = Path(folder)
    begins = begins_of(place, first, last)
    lines = np.load(place / LINES, mmap_mode="r")[begins[0] : begins[-1]]
    hashes, firsts = windows_of(lines, begins - begins[0], length)
    order = np.argsort(hashes, kind="stable")
    _save(place / f"windows-{first}.npy", hashes[order])
    _save(place / f"firsts-{first}.npy", firsts[order].astype(np.uint32))
    return {"windows": len(hashes)}


def count(folder: str, parts: list[int], chunks: list[list[int]], number: int, least: int) -> dict[str, Any]:
    """Task: writes the windows of one of the equal ranges of hashes that stand in at least so many texts.

    Args:
        folder: Of the build.
        parts: Number of the range, and of ranges.
        chunks: First text and the one after the last, of each task before.
        number: Names the file that is written.
        least: Texts.
    """
    place = Path(folder)
    low, high = (HASH_RANGE * bound // parts[1] for bound in (parts[0], parts[0] + 1))
    hashes, texts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for first, last in chunks:
        windows = np.load(place / f"windows-{first}.npy", mmap_mode="r")
        begin = int(np.searchsorted(windows, np.uint64(low)))
        end = len(windows) if high == HASH_RANGE else int(np.searchsorted(windows, np.uint64(high)))
        lines = np.load(place / f"firsts-{first}.npy", mmap_mode="r")[begin:end].astype(np.int64)
        begins = begins_of(place, first, last)
        hashes.append(np.asarray(windows[begin:end]))
        texts.append(np.searchsorted(begins - begins[0], lines, side="right") - 1 + first)
    found = repeated_in(np.concatenate(hashes), np.concatenate(texts), least)
    _save(place / f"repeated-{number}.npy", found)
    return {"windows": len(found)}


def find(folder: str, first: int) -> dict[str, Any]:
    """Task: writes where repeated windows begin in some texts: lines from the first text's, and their numbers."""
    place = Path(folder)
    known = np.load(place / KNOWN, mmap_mode="r")
    windows = np.load(place / f"windows-{first}.npy", mmap_mode="r")
    at = np.searchsorted(known, windows)
    there = at < len(known)
    there[there] = known[at[there]] == windows[there]
    lines = np.load(place / f"firsts-{first}.npy", mmap_mode="r")[there].astype(np.int64)
    order = np.argsort(lines, kind="stable")
    _save(place / f"found-{first}.npy", np.stack([lines[order], at[there][order].astype(np.int64)]))
    return {"windows": len(lines)}


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.save(file, values)
