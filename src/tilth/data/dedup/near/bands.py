"""Bands of slots, in which the signatures of files that are alike agree: how many, and who falls together in each.

Source: Indyk and Motwani (STOC 1998), banding as in Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", 3.4. A
pair of similarity s meets in one of b bands of r slots with probability 1 - (1 - s^r)^b: at 0.7, with 51 bands of 5
slots, 0.99992.

A file in a band is one number of 64 bits: a hash of its slots of the band above, the file's number below. In the order
of these numbers, files that meet stand side by side, the best one first. Such an order is made by counting digits, at
the same cost for each of a thousand numbers as for each of a billion.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Counts, kernel, part
from tilth.data.facts.minhash import SLOTS

MISSED_MAX: Final = 0.001
"""Share of the pairs at the threshold that may meet in no band."""
NUMBER_BITS: Final = 32
"""Bits of a file's number, and of a hash."""
HALF: Final = np.uint64(NUMBER_BITS)
LOW: Final = np.uint64(2**NUMBER_BITS - 1)
"""By these the lower half of two numbers in one is shifted out, or taken."""
_DIGIT_BITS = 8
_DIGITS = 1 << _DIGIT_BITS

Indices = npt.NDArray[np.int64]
Packed = npt.NDArray[np.uint64]
"""Two numbers of 32 bits in one: hash and file, or the two files of a pair, the lesser number above."""
Signatures = npt.NDArray[np.uint8]
Sizes = npt.NDArray[np.int32]

_BYTE = np.uint64(8)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def rows_of(threshold: float) -> int:
    """Slots of a band: as many as can be, up to eight, so that few strangers meet and no more than a few pairs do not.

    Raises:
        ValueError: No banding of so few slots finds pairs of so little in common.
    """
    for rows in range(8, 0, -1):
        if (1 - threshold**rows) ** (SLOTS // rows) <= MISSED_MAX:
            return rows
    raise ValueError(f"a threshold of {threshold} is too low")


def num_bands(threshold: float) -> int:
    """Bands that the slots of a signature make."""
    return SLOTS // rows_of(threshold)


def unpacked(pairs: Packed) -> Indices:
    """[m, 2] The numbers of both files of each pair, the lesser one first."""
    return np.stack([pairs >> HALF, pairs & LOW], axis=1).astype(np.int64)


@part
def _hash(signatures: Signatures, file: int, rows: int, band: int) -> np.uint64:
    slots = np.uint64(0)
    for slot in range(band * rows, (band + 1) * rows):
        slots = slots << _BYTE | np.uint64(signatures[file, slot])
    return (slots * _MULTIPLIER) >> HALF


def banded(
    signatures: Signatures, sizes: Sizes, first: int, rows: int, begin: int, end: int, bits: int,
    room: Packed | None = None,
) -> tuple[Packed, Counts]:  # fmt: skip
    """Files in some bands, in the order of the first bits of their hash, the band, and the file.

    Args:
        signatures: [n, 256]
        sizes: [n] Number of distinct shingles; a file without one is in no band.
        first: Number of the first of these files.
        rows: Slots of a band.
        begin: The first band.
        end: The first band that is not asked for.
        bits: By so many bits of the hash the bands are cut in parts.
        room: Where they may be put; memory that was touched before costs less than new.

    Returns:
        Hashes and files, and where each band of each part begins; last, where the last one ends.
    """
    # Uncut, every band has every file.
    begins = (
        _begins(signatures, sizes, rows, begin, end, bits)
        if bits
        else np.arange(end - begin + 1) * np.count_nonzero(sizes)
    )
    out = np.empty(begins[-1], np.uint64) if room is None else room[: begins[-1]]
    _spread(signatures, sizes, first, rows, begin, end, bits, begins.copy(), out)
    return out, begins


@part
def _place(value: np.uint64, band: int, num: int, bits: int) -> np.int64:
    """Number of the part and band that a hash falls into."""
    return np.int64(value >> np.uint64(NUMBER_BITS - bits)) * num + band


@kernel(
    "int64[::1](Array(uint8, 2, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), int64, int64, int64, int64)"
)
def _begins(signatures: Signatures, sizes: Sizes, rows: int, begin: int, end: int, bits: int) -> Counts:
    num = end - begin
    begins = np.zeros((1 << bits) * num + 1, np.int64)
    for file in range(len(sizes)):
        if sizes[file]:
            for band in range(num):
                begins[_place(_hash(signatures, file, rows, begin + band), band, num, bits) + 1] += 1
    return np.cumsum(begins)


@kernel(
    "(Array(uint8, 2, 'C', readonly=True), Array(int32, 1, 'C', readonly=True), "
    "int64, int64, int64, int64, int64, int64[::1], uint64[::1])"
)
def _spread(
    signatures: Signatures, sizes: Sizes, first: int, rows: int, begin: int, end: int, bits: int,
    at: Counts, out: Packed,
) -> None:  # fmt: skip
    """Writes the files into `out`, those of each band of each part from its place in `at` on."""
    num = end - begin
    for file in range(len(sizes)):
        if sizes[file]:
            for band in range(num):
                value = _hash(signatures, file, rows, begin + band)
                place = _place(value, band, num, bits)
                out[at[place]] = value << HALF | np.uint64(first + file)
                at[place] += 1


def ordered(values: Packed, *bits: tuple[int, int], room: Packed | None = None) -> Packed:
    """Values in the order of some of their bits, the last ones named first, else as they came.

    Overwrites `values`, and `room`, as much as they are; what comes out lies in one of the two.

    Args:
        values: [n]
        bits: From the first of the two bits on and below the other.
        room: [n or more] Memory that was touched before, which costs less than new.
    """
    # NumPy asks for large pages, which these walks need; a kernel's own arrays lie on small ones.
    spare = np.empty_like(values) if room is None else room[: len(values)]
    digits = [
        (shift, (1 << min(_DIGIT_BITS, high - shift)) - 1)
        for low, high in bits
        for shift in range(low, high, _DIGIT_BITS)
    ]
    return _ordered(values, spare, np.array(digits, np.int64).reshape(-1, 2))


@kernel("uint64[::1](uint64[::1], uint64[::1], int64[:, ::1])")
def _ordered(values: Packed, spare: Packed, digits: Indices) -> Packed:
    given, out = values, spare
    for shift, mask in digits:
        move, kept = np.uint64(shift), np.uint64(mask)
        at = np.zeros(_DIGITS + 1, np.int64)
        for value in given:
            at[np.int64(value >> move & kept) + 1] += 1
        at = np.cumsum(at)
        for value in given:
            digit = np.int64(value >> move & kept)
            out[at[digit]] = value
            at[digit] += 1
        given, out = out, given
    return given


def pairs_in_order(pairs: Packed, count: int, room: Packed | None = None) -> Packed:
    """Pairs of `count` files by the first file, then the second; see `ordered`."""
    bits = count.bit_length()
    return ordered(pairs, (0, bits), (NUMBER_BITS, NUMBER_BITS + bits), room=room)
