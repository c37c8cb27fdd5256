"""tilth's near-duplicates of more than memory holds: texts streamed, beside made-up signatures, by way of the disk.

    python benchmarks/near_beyond.py ROWS COUNT CUT FOLDER OUT

ROWS is a parquet file with the texts; so many made-up signatures are added that all are COUNT. CUT is `usual`, `fine`
for smaller blocks and parts, or `memory` for everything at once. `usual` may have no more than a gigabyte of memory.
"""

import ctypes
import hashlib
import json
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from near_ours import Clock, Sketch, raw, reader, sketch
from numba import njit

from tilth.data.dedup.near.bands import Indices, unpacked
from tilth.data.dedup.near.candidates import candidates
from tilth.data.dedup.near.clusters import settle
from tilth.data.dedup.near.find import first_with_same_set
from tilth.data.dedup.near.shuffle import SIGNATURES, SIZES, Shuffle
from tilth.data.dedup.near.similarity import similarities
from tilth.data.facts.minhash import SLOTS
from tilth.data.facts.shingles import mixed

LIMIT_BYTES = 10**9
THRESHOLD = 0.7
HELD = 1 << 20
"""Shingles that are held at a time, for the limit's sake."""
CUTS = {"usual": {}, "fine": {"block_bits": 15, "part_files": 1 << 19, "pairs_at_once": 1 << 16}}
MADE_SIZE = 1000
AT_ONCE = 1 << 16
Numbers = npt.NDArray[np.int64]


@njit
def share(file: int) -> float:
    """Of a made-up signature, the share that is its family's: seven to ten tenths."""
    return 0.7 + 0.3 * (mixed(np.uint64(3 * file + 1)) >> np.uint64(40)) / 2**24


@njit
def family(file: int, families: int) -> np.uint64:
    """The family of a made-up signature; its members lie anywhere."""
    return mixed(np.uint64(3 * file + 2)) % np.uint64(families)


@njit
def make(files: Indices, families: int, out: npt.NDArray[np.uint8]) -> None:
    """Writes the made-up signatures of some files."""
    for row in range(len(files)):
        seed, own = family(files[row], families) << np.uint64(16), np.uint64(files[row]) << np.uint64(16)
        least = np.uint64(share(files[row]) * 2**32)
        for slot in range(SLOTS):
            value = mixed(own + np.uint64(slot))
            is_family = value >> np.uint64(32) < least
            chosen = mixed(~(seed + np.uint64(slot))) if is_family else value
            out[row, slot] = chosen & np.uint64(255)


@njit
def made_similarity(pairs: Indices, families: int) -> npt.NDArray[np.float64]:
    """Of pairs of made-up signatures what they were made for; 0 where that is below the threshold."""
    found = np.zeros(len(pairs))
    for at in range(len(pairs)):
        first, second = pairs[at]
        alike = share(first) * share(second)
        if family(first, families) == family(second, families) and alike >= THRESHOLD:
            found[at] = alike
    return found


def sketched(rows: pq.ParquetFile) -> Sketch:
    """Sizes, ids and signatures of the texts."""
    # Group by group: an iterator over all of them keeps what it has read.
    groups = (rows.read_row_group(at, ["content"], use_threads=False) for at in range(rows.num_row_groups))
    parts = [sketch(raw(group["content"])) for group in groups]
    pa.default_memory_pool().release_unused()
    sizes, ids, signatures = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return sizes, ids, signatures


def lay_out(folder: Path, texts: Sketch, numbers: Indices, count: int) -> Indices:
    """Writes signatures and sizes; gives, for each text, the first with the same shingles."""
    same = first_with_same_set(texts[0], texts[1])
    sizes = np.full(count, MADE_SIZE, np.int32)
    sizes[numbers] = np.where(same == np.arange(len(same)), texts[0], 0)
    np.save(folder / SIZES, sizes)
    out = np.empty((AT_ONCE, SLOTS), np.uint8)
    with (folder / SIGNATURES).open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, SLOTS)}
        np.lib.format.write_array_header_1_0(file, header)
        for begin in range(0, count, AT_ONCE):
            files = np.arange(begin, min(begin + AT_ONCE, count))
            make(files, count // 2, out)
            first, last = np.searchsorted(numbers, [begin, begin + AT_ONCE])
            out[numbers[first:last] - begin] = texts[2][first:last]
            file.write(out[: len(files)].data)
    return same


def pairs_of(folder: Path, cut: str, told: dict[str, Any]) -> Iterator[Indices]:
    """Candidates, in the order of blocks of second files."""
    if cut == "memory":
        return iter([unpacked(candidates(np.load(folder / SIGNATURES), np.load(folder / SIZES), THRESHOLD))])
    shuffle = Shuffle(folder, THRESHOLD, **CUTS[cut])
    for step, turns in shuffle.steps():
        clock = Clock()
        for turn in range(turns):
            shuffle.take(step, turn)
        held = sum(path.stat().st_size for path in folder.glob("*-*[0-9]"))
        told[step] = {"turns": turns, "disk_gb": held / 1e9, **clock.read()}
        shuffle.forget_before(step)
    return map(unpacked, shuffle.candidates())


def mapped(path: Path, values: Callable[[int], npt.NDArray[Any]], count: int) -> npt.NDArray[Any]:
    """An array of so many values that lies in a file."""
    np.save(path, values(count))
    return np.asarray(np.load(path, mmap_mode="r+"))


def found(rows: pq.ParquetFile, count: int, cut: str, folder: Path) -> dict[str, Any]:
    """From texts and numbers to clusters."""
    texts = sketched(rows)
    numbers = np.arange(len(texts[0])) * (count // len(texts[0]))
    told: dict[str, Any] = {}
    same = lay_out(folder, texts, numbers, count)
    clock = Clock()
    met = pairs_of(folder, cut, told)
    stands, alike = (
        mapped(folder / "stands.npy", np.arange, count),
        mapped(folder / "alike.npy", np.ones, count),
    )
    kept = [np.empty((0, 2), np.int64)]
    for pairs in met:
        local = np.searchsorted(numbers, pairs)
        is_text = numbers[np.minimum(local, len(numbers) - 1)] == pairs
        kept.append(local[is_text.all(axis=1)])
        pairs = pairs[~is_text.any(axis=1)]
        settled(pairs, made_similarity(pairs, count // 2), stands, alike)
    pairs = np.concatenate(kept)
    del met, kept
    exact = similarities(pairs, texts[0], reader(rows), THRESHOLD, held=HELD)
    settled(numbers[pairs], exact, stands, alike)
    stands[numbers] = stands[numbers[same]]
    labels = np.searchsorted(numbers, stands[numbers])
    return {
        **told,
        **clock.read(),
        "labels": labels.tolist(),
        "clusters": hashlib.sha256(stands.data).hexdigest(),
        "removed": sum(
            int(((part := stands[at : at + AT_ONCE]) != np.arange(at, at + len(part))).sum())
            for at in range(0, count, AT_ONCE)
        ),
    }


def settled(pairs: Indices, similarity: npt.NDArray[np.float64], stands: Numbers, alike: Any) -> None:
    """Settles pairs in their order."""
    settle(pairs[similarity > 0], similarity[similarity > 0], stands, alike)


def main() -> None:
    """Runs one of them."""
    rows, count, cut, folder, out = sys.argv[1:]
    if cut == "usual":
        # Arrow's usual allocator asks for a gigabyte at once, used or not.
        pa.set_memory_pool(pa.system_memory_pool())
        # The C library's gives large blocks back at once only where this is said (M_MMAP_THRESHOLD).
        ctypes.CDLL(None).mallopt(-3, 1 << 17)
        resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))
    work = Path(folder)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        Path(out).write_text(json.dumps(found(pq.ParquetFile(rows), int(count), cut, work)))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
