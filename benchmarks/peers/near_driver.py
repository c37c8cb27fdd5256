"""What the drivers of the peers share: rows in memory, the clock, connected components, the answer as a JSON file.

A driver is run as `python near_NAME.py ROWS OUT` by a Python that has the peer and pyarrow. It gives each row a label;
rows with the same label are one cluster.
"""

import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from pathlib import Path

import pyarrow.parquet as pq

BANDS, ROWS, PERMUTATIONS, WORDS = 25, 10, 256, 5
"""The Stack v2's parameters at a threshold of 0.7."""

split = re.compile(r"\W").split


def shingles(text: str) -> set[str]:
    """The distinct word 5-grams of a text by BigCode's definition."""
    words = split(text.lower())
    return {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}


def drive(cluster: Callable[[list[str]], list[int]]) -> None:
    """Measures the processor's time, children's included, from texts in memory to labels."""
    rows, out = sys.argv[1:3]
    texts = pq.read_table(rows, columns=["content"], use_threads=False)["content"].to_pylist()
    before, start = os.times(), time.perf_counter()
    labels = cluster(texts)
    wall, after = time.perf_counter() - start, os.times()
    answer = {
        "cpu_seconds": sum(after[:4]) - sum(before[:4]),
        "wall_seconds": wall,
        "bytes": sum(len(text.encode()) for text in texts),
        "labels": labels,
    }
    Path(out).write_text(json.dumps(answer))


class Groups:
    """Union-find, the least number of each group in front."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def leader(self, at: int) -> int:
        above = self._above
        while above[at] != at:
            above[at] = at = above[above[at]]
        return at

    def join(self, one: int, other: int) -> None:
        one, other = self.leader(one), self.leader(other)
        self._above[max(one, other)] = min(one, other)

    def labels(self) -> list[int]:
        return [self.leader(at) for at in range(len(self._above))]


def from_bands(bands: Iterable[tuple[int, Iterable[Hashable]]], count: int) -> list[int]:
    """Labels of rows of which those with the same key in one of their bands belong together."""
    buckets: list[defaultdict[Hashable, list[int]]] = [defaultdict(list) for _ in range(BANDS)]
    for number, keys in bands:
        for bucket, key in zip(buckets, keys, strict=True):
            bucket[key].append(number)
    groups = Groups(count)
    for bucket in buckets:
        for members in bucket.values():
            for member in members[1:]:
                groups.join(members[0], member)
    return groups.labels()
