"""Near-duplicates among texts that are at hand: all steps in one process, in as many threads as are given."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tilth.data.dedup.near.bands import Indices, Signatures, Sizes, num_bands, unpacked
from tilth.data.dedup.near.candidates import candidates, merged
from tilth.data.dedup.near.clusters import Similarities, clusters
from tilth.data.dedup.near.similarity import Texts, similarities
from tilth.data.facts.kernels import Counts, kernel


@dataclass(frozen=True, slots=True)
class Found:
    """What stands for what, and why."""

    representative: Indices
    """[n] For each file the one that stands for it: itself where it stays."""
    similarity: Similarities
    """[n] Jaccard similarity of the two."""
    pairs: Indices
    """[m, 2] All pairs that were found within the threshold, but for files with the same shingles as an earlier one."""
    pair_similarity: Similarities
    """[m]"""


def find(
    sizes: Sizes,
    ids: Counts,
    signatures: Signatures,
    texts: Texts,
    *,
    threshold: float = 0.7,
    threads: int = 1,
) -> Found:
    """Near-duplicates of files in the order of their priority, the one to keep first.

    Args:
        sizes: [n] Number of distinct shingles of each file.
        ids: [n] A hash of the set of its shingles.
        signatures: [n, 256]
        texts: Where the texts of those that need to be compared are.
        threshold: Least Jaccard similarity of near-duplicates.
        threads: Threads that compute at the same time.
    """
    same = first_with_same_set(sizes, ids)
    alone = np.where(same == np.arange(len(same)), sizes, 0).astype(np.int32)
    with ThreadPoolExecutor(threads) as pool:
        cuts = np.linspace(0, num_bands(threshold), threads + 1).astype(int).tolist()
        met = pool.map(lambda cut: candidates(signatures, alone, threshold, range(*cut)), pairwise(cuts))
        pairs = unpacked(merged(list(met), len(sizes)))
    exact = similarities(pairs, sizes, texts, threshold, threads=threads)
    pairs, exact = pairs[exact > 0], exact[exact > 0]
    stands, alike = clusters(pairs, exact, len(sizes))
    return Found(stands[same], alike[same], pairs, exact)


def first_with_same_set(sizes: Sizes, ids: Counts) -> Indices:
    """For each file the first one that has the same shingles; itself where it has none."""
    return _firsts(sizes, ids)


@kernel("int64[::1](Array(int32, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True))")
def _firsts(sizes: Sizes, ids: Counts) -> Indices:
    slots = 64
    while slots < 2 * len(sizes):
        slots *= 2
    table = np.full(slots, -1, np.int32)
    same = np.arange(len(sizes))
    for file in range(len(sizes)):
        if sizes[file]:
            slot = ids[file] & (slots - 1)
            while table[slot] >= 0 and ids[table[slot]] != ids[file]:
                slot = (slot + 1) & (slots - 1)
            if table[slot] < 0:
                table[slot] = file
            same[file] = table[slot]
    return same
