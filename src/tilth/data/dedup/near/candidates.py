"""Pairs that may be near-duplicates: those whose signatures agree in all slots of a band.

Source: Indyk and Motwani (STOC 1998), banding as in Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4. A
pair of similarity s meets in one of b bands of r slots with probability 1 - (1 - s^r)^b: at 0.7, with 51 bands of 5
slots, 0.99992. What meets is cheap to look at again: the sizes of the two sets bound their similarity, and the whole
signature estimates it, before any text is read.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import kernel, part
from tilth.data.facts.minhash import SLOTS

MISSED_MAX: Final = 0.001
"""Share of the pairs at the threshold that may meet in no band."""
BUCKET_MAX: Final = 256
"""Members of a bucket that each other member is paired with: the best ones, in the order of the files."""
PAIRS_AT_ONCE = 1 << 21
_DEVIATIONS = 4
"""Standard deviations below the threshold at which an estimate rules a pair out: three in 100,000 are lost."""

Pairs = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint8]
Sizes = npt.NDArray[np.int32]


def rows_of(threshold: float) -> int:
    """Slots of a band: as many as can be, up to eight, so that few strangers meet and no more than a few pairs do not.

    Raises:
        ValueError: No banding of so few slots finds pairs of so little in common.
    """
    for rows in range(8, 0, -1):
        if (1 - threshold**rows) ** (SLOTS // rows) <= MISSED_MAX:
            return rows
    raise ValueError(f"a threshold of {threshold} is too low")


def candidates(
    signatures: Signatures, sizes: Sizes, rows: int, band: int, threshold: float
) -> Iterator[Pairs]:
    """The pairs that meet in a band and in none before it, of files in the order of their priority.

    Args:
        signatures: [n, 256]
        sizes: [n] Number of distinct shingles; a file without one is in no pair.
        rows: Slots of a band.
        band: Number of the band.
        threshold: Similarity (Jaccard) that a pair must be able to have.

    Yields:
        [m, 2] Numbers of two files, the lower one first.
    """
    keys = _keys(signatures, rows, band)
    order = np.flatnonzero(sizes)
    order = order[np.argsort(keys[order], kind="stable")]
    keys = keys[order]
    out = np.empty((PAIRS_AT_ONCE, 2), np.int32)
    at = 0
    while at < len(order):
        count, at = _meet(
            order, keys, signatures, sizes, rows, band, threshold, least_matches(threshold), at, out
        )
        yield out[:count].copy()


def candidates_in(signatures: Signatures, sizes: Sizes, threshold: float, bands: Iterable[int]) -> Pairs:
    """[m, 2] The pairs that meet in some bands, each in the first band of all in which it meets; see `candidates`."""
    rows = rows_of(threshold)
    parts = [part for band in bands for part in candidates(signatures, sizes, rows, band, threshold)]
    return np.concatenate([np.empty((0, 2), np.int32), *parts])


def num_bands(threshold: float) -> int:
    """Bands that the slots of a signature make."""
    return SLOTS // rows_of(threshold)


def least_matches(threshold: float) -> int:
    """Slots in which two signatures must agree for a similarity of `threshold` to be likely enough."""
    by_chance = 1 / 256
    expected = threshold + (1 - threshold) * by_chance
    deviation = (expected * (1 - expected) / SLOTS) ** 0.5
    return max(int(SLOTS * (expected - _DEVIATIONS * deviation)), 0)


def _keys(signatures: Signatures, rows: int, band: int) -> npt.NDArray[np.uint64]:
    keys = np.zeros(len(signatures), np.uint64)
    for slot in range(band * rows, (band + 1) * rows):
        keys = keys << np.uint64(8) | signatures[:, slot]
    return keys


@part
def _met_before(signatures: Signatures, first: int, second: int, rows: int, band: int) -> bool:
    for earlier in range(band):
        same = True
        for slot in range(earlier * rows, (earlier + 1) * rows):
            if signatures[first, slot] != signatures[second, slot]:
                same = False
                break
        if same:
            return True
    return False


@kernel(
    "UniTuple(int64, 2)(Array(int64, 1, 'C', readonly=True), Array(uint64, 1, 'C', readonly=True), "
    "Array(uint8, 2, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), int64, int64, float64, int64, int64, "
    "int32[:, ::1])"
)
def _meet(
    order: Indices,
    keys: npt.NDArray[np.uint64],
    signatures: Signatures,
    sizes: Sizes,
    rows: int,
    band: int,
    threshold: float,
    matches_min: int,
    begin: int,
    out: Pairs,
) -> tuple[int, int]:
    """Pairs of the members from number `begin` on, until `out` may be too small; gives how many, and where to go on."""
    count = 0
    bucket = begin
    while bucket > 0 and keys[bucket - 1] == keys[begin]:
        bucket -= 1
    for at in range(begin, len(order)):
        if keys[at] != keys[bucket]:
            bucket = at
        if count + BUCKET_MAX > len(out):
            return count, at
        second = order[at]
        for other in range(bucket, min(at, bucket + BUCKET_MAX)):
            first = order[other]
            small, large = sizes[first], sizes[second]
            if small > large:
                small, large = large, small
            if small < threshold * large:
                continue
            if _met_before(signatures, first, second, rows, band):
                continue
            matches = 0
            for slot in range(SLOTS):
                matches += signatures[first, slot] == signatures[second, slot]
            if matches >= matches_min:
                out[count, 0] = first
                out[count, 1] = second
                count += 1
    return count, len(order)
