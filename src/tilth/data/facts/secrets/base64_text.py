"""Runs of base 64 (RFC 4648, sections 4 and 5) that decode to plain text."""

from typing import Any

import numpy as np
from numba import njit

FEWEST = 24
"""Characters of a run that is decoded, at the least."""
_VALUES = np.full(256, -1, np.int64)
for _characters in (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
):
    _VALUES[[*_characters]] = np.arange(64)
_TEXT = np.zeros(256, np.bool_)
_TEXT[[9, 10, 13, *range(32, 127)]] = True


@njit(nogil=True)
def run_at(data: Any, at: int, low: int, high: int) -> tuple[int, int]:
    """Start and end of a run that begins within `FEWEST` bytes and reads as text; else nothing, behind it."""
    start = at + FEWEST - 1
    # A run of this length has one of its characters here; most text has none.
    if _VALUES[data[start]] < 0:
        return start + 1, start + 1
    while start > at and _VALUES[data[start - 1]] >= 0:
        start -= 1
    end = start
    while end < high and _VALUES[data[end]] >= 0:
        end += 1
    return (start, end) if end - start >= FEWEST and _reads_as_text(data, start) else (end, end)


@njit(nogil=True)
def _reads_as_text(data: Any, at: int) -> bool:
    for group in range(0, FEWEST, 4):
        bits = 0
        for step in range(4):
            bits = bits << 6 | _VALUES[data[at + group + step]]
        if not (_TEXT[bits >> 16 & 255] and _TEXT[bits >> 8 & 255] and _TEXT[bits & 255]):
            return False
    return True


@njit(nogil=True)
def decoded(data: Any, at: int, end: int, text: Any, starts: Any, ends: Any, total: int) -> int:
    """Writes what a run decodes to, and the four characters that each byte comes from; gives where that ends."""
    while at + 1 < end:
        size = min(4, end - at)
        bits = 0
        for step in range(4):
            bits = bits << 6 | (_VALUES[data[at + step]] if step < size else 0)
        for step in range(size - 1):
            text[total], starts[total], ends[total] = bits >> (16 - 8 * step) & 255, at, at + size
            total += 1
        at += size
    return total
