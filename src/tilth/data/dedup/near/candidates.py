"""Pairs that may be near-duplicates: those whose signatures agree in all slots of a band, and in enough of the others.

What meets is cheap to look at again: the sizes of the two sets bound their similarity, and the whole signature
estimates it, before any text is read.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from tilth.data.dedup.near.bands import (
    HALF,
    LOW,
    NUMBER_BITS,
    Packed,
    Signatures,
    Sizes,
    banded,
    num_bands,
    ordered,
    pairs_in_order,
    rows_of,
)
from tilth.data.facts.kernels import kernel
from tilth.data.facts.minhash import SLOTS

BUCKET_MAX: Final = 256
"""Members of a bucket that each other member is paired with: the best ones, in the order of the files."""
PAIRS_AT_ONCE = 1 << 22
_PAIRS_A_FILE = 8
_BANDS_AT_ONCE = 8
_DEVIATIONS = 4
"""Standard deviations below the threshold at which an estimate rules a pair out: three in 100,000 are lost."""


def candidates(signatures: Signatures, sizes: Sizes, threshold: float, bands: range | None = None) -> Packed:
    """The pairs that meet in some bands, all where none are named, and may be alike; each once, in order.

    Args:
        signatures: [n, 256], of files in the order of their priority.
        sizes: [n] Number of distinct shingles; a file without one is in no pair.
        threshold: Similarity (Jaccard) that a pair must be able to have.
        bands: Numbers of bands.
    """
    rows, bands = rows_of(threshold), range(num_bands(threshold)) if bands is None else bands

    def in_order() -> Iterator[Packed]:
        for begin in range(bands.start, bands.stop, _BANDS_AT_ONCE):
            end = min(begin + _BANDS_AT_ONCE, bands.stop)
            files, begins = banded(signatures, sizes, 0, rows, begin, end, 0)
            for each in np.split(files, begins[1:-1]):
                yield ordered(each, NUMBER_BITS, 2 * NUMBER_BITS)

    # The more pairs are held, the fewer of them are looked at again for another band.
    room = max(PAIRS_AT_ONCE, _PAIRS_A_FILE * len(sizes))
    found = [
        agreeing(pairs_in_order(met, len(sizes)), signatures, signatures, 0, 0, threshold)
        for met in meetings(in_order(), sizes, threshold, room)
    ]
    return merged(found, len(sizes))


def meetings(
    bands: Iterable[Packed], sizes: Sizes, threshold: float, room: int = PAIRS_AT_ONCE
) -> Iterator[Packed]:
    """The pairs that meet and are not ruled out by their sizes, as often as they do; at most `room` at a time.

    Args:
        bands: For each, files in the order of their hash and their number.
        sizes: [n] Number of distinct shingles of each file there is.
        threshold: Similarity (Jaccard) that a pair must be able to have.
        room: At least twice BUCKET_MAX.
    """
    met = np.empty(room, np.uint64)
    count = 0
    for files in bands:
        at = 0
        while at < len(files):
            count, at = _meet(files, at, sizes, threshold, met, count)
            if at < len(files):
                yield met[:count].copy()
                count = 0
    yield met[:count].copy()


def agreeing(
    pairs: Packed, firsts: Signatures, seconds: Signatures, first: int, second: int, threshold: float
) -> Packed:
    """Of pairs in order, those whose signatures agree in enough slots; each once.

    Args:
        pairs: Overwritten.
        firsts: Signatures of the first files of the pairs.
        seconds: Signatures of the second ones.
        first: Number of the file that has the first of `firsts`.
        second: Likewise of `seconds`.
        threshold: Similarity (Jaccard) that a pair must be able to have.
    """
    return pairs[: _agree(pairs, firsts, seconds, first, second, least_matches(threshold))].copy()


def merged(found: Sequence[Packed], count: int) -> Packed:
    """Pairs of `count` files, each once, in order."""
    if len(found) == 1:
        return found[0]
    pairs = pairs_in_order(np.concatenate([np.empty(0, np.uint64), *found]), count)
    once: Packed = pairs[np.diff(pairs, prepend=~pairs[:1]) != 0]
    return once


def least_matches(threshold: float) -> int:
    """Slots in which two signatures must agree for a similarity of `threshold` to be likely enough."""
    by_chance = 1 / 256
    expected = threshold + (1 - threshold) * by_chance
    deviation = (expected * (1 - expected) / SLOTS) ** 0.5
    return max(int(SLOTS * (expected - _DEVIATIONS * deviation)), 0)


@kernel(
    "UniTuple(int64, 2)(uint64[::1], int64, Array(int32, 1, 'C', readonly=True), float64, uint64[::1], int64)"
)
def _meet(
    files: Packed, begin: int, sizes: Sizes, threshold: float, met: Packed, count: int
) -> tuple[int, int]:
    """Adds pairs of the members from number `begin` on, while there is room; gives how many, and where to go on."""
    bucket = begin
    while bucket > 0 and files[bucket - 1] >> HALF == files[begin] >> HALF:
        bucket -= 1
    for at in range(begin, len(files)):
        if files[at] >> HALF != files[bucket] >> HALF:
            bucket = at
        if count + BUCKET_MAX > len(met):
            return count, at
        second = files[at] & LOW
        size = sizes[np.int64(second)]
        for each in range(bucket, min(at, bucket + BUCKET_MAX)):
            first = files[each] & LOW
            other = sizes[np.int64(first)]
            if min(size, other) >= threshold * max(size, other):
                met[count] = first << HALF | second
                count += 1
    return count, len(files)


@kernel(
    "int64(uint64[::1], Array(uint8, 2, 'C', readonly=True), Array(uint8, 2, 'C', readonly=True), int64, int64, int64)"
)
def _agree(
    pairs: Packed, firsts: Signatures, seconds: Signatures, first: int, second: int, matches_min: int
) -> int:
    """Moves those that agree to the front; gives how many."""
    kept = 0
    last = ~np.uint64(0)
    for pair in pairs:
        if pair == last:
            continue
        last = pair
        one, other = np.int64(pair >> HALF) - first, np.int64(pair & LOW) - second
        matches = 0
        for slot in range(SLOTS):
            matches += firsts[one, slot] == seconds[other, slot]
        if matches >= matches_min:
            pairs[kept] = pair
            kept += 1
    return kept
