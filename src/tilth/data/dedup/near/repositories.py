"""Repositories that have most of their files in common: forks that diverged, copies without their history."""

import numpy as np
import pyarrow as pa

from tilth.data.dedup.near.bands import unpacked
from tilth.data.dedup.near.candidates import candidates
from tilth.data.dedup.near.clusters import clusters
from tilth.data.dedup.near.similarity import compared_sets
from tilth.data.facts.shingles import signatures_of_sets

_NEVER_0 = np.uint64(1)
"""The tables of sets mark an empty slot with 0."""


def alike(contents: pa.Table, threshold: float) -> dict[int, int]:
    """For each repository that leaves, the one that stands for it: at least so alike as sets of contents (Jaccard).

    Args:
        contents: `number` of a repository, in the order of their priority, and `content`, 64 bits of a content's id;
            each pair once, sorted.
        threshold: Least Jaccard similarity.
    """
    if not len(contents):
        return {}
    numbers = contents["number"].to_numpy()
    sets = np.maximum(contents["content"].to_numpy().astype(np.uint64), _NEVER_0)
    sizes = np.bincount(numbers).astype(np.int32)
    begins = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=begins[1:])
    signatures = signatures_of_sets(sets, begins)
    pairs = unpacked(candidates(signatures, sizes, threshold))
    similarity = compared_sets(sets, begins, pairs, threshold)
    stands, _ = clusters(pairs[similarity > 0], similarity[similarity > 0], len(sizes))
    leaves = np.flatnonzero(stands != np.arange(len(sizes)))
    return dict(zip(leaves.tolist(), stands[leaves].tolist(), strict=True))
