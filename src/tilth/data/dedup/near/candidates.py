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
from tilth.data.facts.kernels import Bytes, kernel
from tilth.data.facts.minhash import SLOTS

BUCKET_MAX: Final = 256
"""Members of a bucket that each other member is paired with: the best ones, in the order of the files."""
PAIRS_AT_ONCE = 1 << 22
_PAIRS_A_FILE = 8
_BANDS_AT_ONCE = 8
_STEPS = 8
"""Steps of a scale of sizes from one to its double, so that a byte holds any: many small look-ups stay in the cache."""
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

    # Touched once, these are used again and again.
    of_bands = np.empty((_BANDS_AT_ONCE + 1) * len(sizes), np.uint64)
    of_one = of_bands[_BANDS_AT_ONCE * len(sizes) :]
    of_pairs = np.empty(max(PAIRS_AT_ONCE, _PAIRS_A_FILE * len(sizes)), np.uint64)

    def in_order() -> Iterator[Packed]:
        for begin in range(bands.start, bands.stop, _BANDS_AT_ONCE):
            end = min(begin + _BANDS_AT_ONCE, bands.stop)
            files, begins = banded(signatures, sizes, 0, rows, begin, end, 0, of_bands)
            for each in np.split(files, begins[1:-1]):
                yield ordered(each, (NUMBER_BITS, 2 * NUMBER_BITS), room=of_one)

    # The more pairs are held, the fewer of them are looked at again for another band.
    found = [
        agreeing(pairs_in_order(met, len(sizes), of_pairs), signatures, signatures, 0, 0, sizes, threshold)
        for met in meetings(in_order(), sizes, threshold, len(of_pairs))
    ]
    return merged(found, len(sizes))


def meetings(
    bands: Iterable[Packed], sizes: Sizes, threshold: float, room: int = PAIRS_AT_ONCE
) -> Iterator[Packed]:
    """The pairs that meet and whose sizes are not far apart, as often as they do; at most `room` at a time.

    They lie where the next ones are put.

    Args:
        bands: For each, files in the order of their hash and their number.
        sizes: [n] Number of distinct shingles of each file there is.
        threshold: Similarity (Jaccard) that a pair must be able to have.
        room: At least twice BUCKET_MAX.
    """
    scale = (_STEPS * np.log2(np.maximum(sizes, 1))).astype(np.uint8)
    apart = int(-_STEPS * np.log2(threshold)) + 1
    met = np.empty(room, np.uint64)
    count = 0
    for files in bands:
        at = 0
        while at < len(files):
            count, at = _meet(files, at, scale, apart, met, count)
            if at < len(files):
                yield met[:count]
                count = 0
    yield met[:count]


def agreeing(
    pairs: Packed,
    firsts: Signatures,
    seconds: Signatures,
    first: int,
    second: int,
    sizes: Sizes,
    threshold: float,
) -> Packed:
    """Of pairs in order, those whose sizes allow it and whose signatures agree in enough slots; each once.

    Args:
        pairs: Overwritten.
        firsts: Signatures of the first files of the pairs.
        seconds: Signatures of the second ones.
        first: Number of the file that has the first of `firsts`.
        second: Likewise of `seconds`.
        sizes: [n] Number of distinct shingles of each file there is.
        threshold: Similarity (Jaccard) that a pair must be able to have.
    """
    least = least_matches(threshold)
    return pairs[: _agree(pairs, firsts, seconds, first, second, sizes, threshold, least)].copy()


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
    "UniTuple(int64, 2)(uint64[::1], int64, Array(uint8, 1, 'C', readonly=True), int64, uint64[::1], int64)"
)
def _meet(files: Packed, begin: int, scale: Bytes, apart: int, met: Packed, count: int) -> tuple[int, int]:
    """Adds pairs of the members from number `begin` on, while there is room; gives how many, and where to go on."""
    bucket = begin
    while bucket > 0 and files[bucket - 1] >> HALF == files[begin] >> HALF:
        bucket -= 1
    for at in range(begin, len(files)):
        if files[at] >> HALF != files[bucket] >> HALF:
            bucket = at
        if at == bucket:
            continue
        if count + BUCKET_MAX > len(met):
            return count, at
        second = files[at] & LOW
        size = np.int64(scale[np.int64(second)])
        for each in range(bucket, min(at, bucket + BUCKET_MAX)):
            first = files[each] & LOW
            if abs(size - np.int64(scale[np.int64(first)])) <= apart:
                met[count] = first << HALF | second
                count += 1
    return count, len(files)


@kernel(
    "int64(uint64[::1], Array(uint8, 2, 'C', readonly=True), Array(uint8, 2, 'C', readonly=True), int64, int64, "
    "Array(int32, 1, 'C', readonly=True), float64, int64)"
)
def _agree(
    pairs: Packed, firsts: Signatures, seconds: Signatures, first: int, second: int,
    sizes: Sizes, threshold: float, matches_min: int,
) -> int:  # fmt: skip
    """Moves those that agree to the front; gives how many."""
    kept = 0
    last = ~np.uint64(0)
    for pair in pairs:
        if pair == last:
            continue
        last = pair
        one, other = np.int64(pair >> HALF), np.int64(pair & LOW)
        size, other_size = sizes[one], sizes[other]
        if min(size, other_size) < threshold * max(size, other_size):
            continue
        one, other = one - first, other - second
        matches = 0
        for slot in range(SLOTS):
            matches += firsts[one, slot] == seconds[other, slot]
        if matches >= matches_min:
            pairs[kept] = pair
            kept += 1
    return kept
