"""What a byte can be part of, and small walks over the bytes of a text."""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
_F = TypeVar("_F", bound=Callable[..., object])

LOWER, UPPER, DIGIT, HEX, LOCAL, DOMAIN, BEYOND, UNDERSCORE = (1 << bit for bit in range(8))
LETTER = LOWER | UPPER
ALNUM = LETTER | DIGIT
WORD = ALNUM | BEYOND | UNDERSCORE
"""Letters, digits, the underscore, and what is not ASCII."""

CONTEXT_BYTES = 64
"""How far before a candidate words are looked at that speak for or against it."""


def _classes() -> Bytes:
    table = np.zeros(256, np.uint8)
    lower, upper, digits = b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
    for members, flag in (
        (lower, LOWER),
        (upper, UPPER),
        (digits, DIGIT),
        (digits + b"abcdefABCDEF", HEX),
        (lower + upper + digits + b"._%+-", LOCAL),
        (lower + upper + digits + b".-", DOMAIN),
        (bytes(range(128, 256)), BEYOND),
        (b"_", UNDERSCORE),
    ):
        table[list(members)] |= flag
    return table


CLASSES = _classes()


def part(function: _F) -> _F:
    """Compile what is called from kernels; it is stored inside the one that calls it."""
    return cast(_F, njit(nogil=True, error_model="numpy")(function))


@part
def is_a(data: Bytes, at: int, low: int, high: int, classes: int) -> bool:
    """Whether there is a byte at `at` between `low` and `high`, and it is of one of the classes."""
    return low <= at < high and (CLASSES[data[at]] & classes) != 0


@part
def byte_at(data: Bytes, at: int, low: int, high: int) -> int:
    """The byte at `at`; a line feed outside of the text."""
    return int(data[at]) if low <= at < high else 10


@part
def hash_of(data: Bytes, start: int, end: int) -> np.uint64:
    """FNV-1a of some bytes, capital letters of ASCII as small ones."""
    value = np.uint64(0xCBF29CE484222325)
    for at in range(start, end):
        byte = data[at]
        if np.uint8(65) <= byte <= np.uint8(90):
            byte |= np.uint8(32)
        value = (value ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return value


@part
def flags_of(data: Bytes, start: int, end: int, hashes: NDArray[np.uint64], flags: NDArray[np.int64]) -> int:
    """The meanings of the word in data[start:end], as bits; 0 where it has none."""
    wanted = hash_of(data, start, end)
    mask = np.uint64(hashes.size - 1)
    at = wanted & mask
    while hashes[at] != wanted and hashes[at] != 0:
        at = (at + np.uint64(1)) & mask
    return int(flags[at]) if hashes[at] == wanted else 0


@part
def context(data: Bytes, at: int, low: int, hashes: NDArray[np.uint64], flags: NDArray[np.int64]) -> int:
    """The meanings of the words before `at` in its line, and of the humps of those in camel case."""
    found = 0
    first = max(low, at - CONTEXT_BYTES)
    end = at
    while end > first and data[end - 1] != 10:
        if not CLASSES[data[end - 1]] & LETTER:
            end -= 1
            continue
        start = end - 1
        while (
            start > first
            and CLASSES[data[start - 1]] & LETTER
            and not (CLASSES[data[start]] & UPPER and CLASSES[data[start - 1]] & LOWER)
        ):
            start -= 1
        if end - start > 1:
            found |= flags_of(data, start, end, hashes, flags)
        end = start
    return found
