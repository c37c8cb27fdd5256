"""tilth's near-duplicates as a process of its own: what it takes from rows in memory to clusters, and what it finds.

    python benchmarks/near_ours.py held ROWS OUT THREADS
    python benchmarks/near_ours.py streamed ROWS OUT
    python benchmarks/near_ours.py made COUNT OUT

`held` has the rows in memory before the clocks start; `streamed` reads the texts from parquet twice and holds none;
`made` has no texts, but signatures of random families. The answer is a JSON file.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.data.dedup.near.bands import unpacked
from tilth.data.dedup.near.candidates import candidates
from tilth.data.dedup.near.clusters import clusters
from tilth.data.dedup.near.find import find
from tilth.data.facts.minhash import SLOTS
from tilth.data.facts.shingles import laid, sketches, word_characters

BATCH_BYTES = 8 << 20
THRESHOLD = 0.7
Sketch = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.uint8]]


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def read(self) -> dict[str, float]:
        return {
            "cpu_seconds": time.process_time() - self.cpu,
            "wall_seconds": time.perf_counter() - self.wall,
        }


def held(rows: str, threads: int) -> dict[str, Any]:
    texts = [text.encode() for text in pq.read_table(rows, columns=["content"])["content"].to_pylist()]
    clock = Clock()
    sizes = np.cumsum([len(text) for text in texts]) // BATCH_BYTES
    cuts = [0, *(np.flatnonzero(np.diff(sizes)) + 1).tolist(), len(texts)]
    batches = [texts[begin:end] for begin, end in pairwise(cuts)]
    with ThreadPoolExecutor(threads) as pool:
        sketched = _joined(list(pool.map(sketch, batches)))
    signatures = clock.read()
    found = find(*sketched, lambda files: [texts[file] for file in files], threads=threads)
    return {
        **clock.read(),
        "signatures": signatures,
        "bytes": sum(map(len, texts)),
        "labels": found.representative.tolist(),
        "pairs": found.pairs.tolist(),
        "first_with_same_set": _firsts(sketched),
    }


def streamed(rows: str) -> dict[str, Any]:
    file = pq.ParquetFile(rows)
    clock = Clock()
    batches = file.iter_batches(batch_size=1024, columns=["content"], use_threads=False)
    sketched = _joined([sketch(raw(batch["content"])) for batch in batches])
    signatures = clock.read()
    found = find(*sketched, reader(file))
    return {**clock.read(), "signatures": signatures, "labels": found.representative.tolist()}


def made(count: int) -> dict[str, Any]:
    random = np.random.default_rng(1)
    signatures = np.empty((count, SLOTS), np.uint8)
    at = 0
    for members in _families(random, count):
        family = random.integers(0, 256, (1, SLOTS), np.uint8)
        own = random.integers(0, 256, (members, SLOTS), np.uint8)
        shared = random.random((members, SLOTS), np.float32) < random.uniform(0.7, 1, (members, 1))
        signatures[at : at + members] = np.where(shared, family, own)
        at += members
    order = random.permutation(count)
    signatures = signatures[order]
    sizes = np.full(count, 1000, np.int32)
    clock = Clock()
    pairs = unpacked(candidates(signatures, sizes, THRESHOLD))
    meeting = clock.read()
    alike = np.array([np.count_nonzero(signatures[a] == signatures[b]) for a, b in pairs[:1000]]) / SLOTS
    similar = np.resize(alike, len(pairs))
    clock_of_clusters = Clock()
    stands, _ = clusters(pairs, similar, count)
    settling = clock_of_clusters.read()
    return {
        "candidates": meeting,
        "clusters": settling,
        "cpu_seconds": meeting["cpu_seconds"] + settling["cpu_seconds"],
        "pairs": len(pairs),
        "removed": int((stands != np.arange(count)).sum()),
    }


def _families(random: np.random.Generator, count: int) -> Iterator[int]:
    left = count
    while left:
        members = min(int(random.geometric(0.5)), left)
        left -= members
        yield members


def sketch(texts: Sequence[bytes]) -> Sketch:
    """Sizes, ids and signatures of some texts."""
    return sketches(*laid(texts), word_characters())


def _joined(parts: Sequence[Sketch]) -> Sketch:
    sizes, ids, signatures = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return sizes, ids, signatures


def _firsts(sketched: Sketch) -> list[int]:
    from tilth.data.dedup.near.find import first_with_same_set

    return first_with_same_set(sketched[0], sketched[1]).tolist()


def reader(file: pq.ParquetFile) -> Callable[[npt.NDArray[np.int64]], list[bytes]]:
    """Gives the texts of some rows, of which it reads the row groups one after another."""
    groups = range(file.num_row_groups)
    begins = np.cumsum([0, *(file.metadata.row_group(group).num_rows for group in groups)])

    def texts(files: npt.NDArray[np.int64]) -> list[bytes]:
        given: list[bytes] = []
        turns = np.searchsorted(begins, files, side="right") - 1
        for group in np.unique(turns):
            column = file.read_row_group(int(group), columns=["content"], use_threads=False)["content"]
            given += raw(column.take(pa.array(files[turns == group] - begins[group])))
        return given

    return texts


def raw(column: pa.Array) -> list[bytes]:
    return pc.cast(column, pa.large_binary()).to_pylist()


def main() -> None:
    """Runs one of them, after all that is compiled was compiled."""
    what, given, out, *more = sys.argv[1:]
    words = b"a b c d e f g h i j"
    find(*sketch([words, words + b" k"]), lambda files: [words, words + b" k"])
    answer = (
        made(int(given))
        if what == "made"
        else {"held": held, "streamed": streamed}[what](given, *map(int, more))
    )
    Path(out).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
