"""Which matches of token patterns are whole: nothing that goes on in letters stands before or behind them."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets.values import ALNUM, byte, table

WORD = table(b"_", *ALNUM)
_HEX = table(b"0123456789abcdefABCDEF")
_ESCAPES = table(b"nrtbf0")
_BASE64 = table(b"+/=", *ALNUM)
BODY_BYTES = 300
"""Bytes behind the first line of a private key in which its first line of base 64 has to stand."""


@njit(nogil=True)
def _begins(data: Any, at: int, low: int) -> bool:
    """Whether a word begins here: what stands before is no part of one, or the end of an escape."""
    if at == low or not WORD[data[at - 1]]:
        return True
    if at - 1 > low and data[at - 2] == 92 and _ESCAPES[data[at - 1]]:
        return True
    return at - 2 > low and data[at - 3] == 37 and _HEX[data[at - 1]] and _HEX[data[at - 2]]


@njit(nogil=True)
def _has_body(data: Any, at: int, high: int, seen: Any) -> bool:
    """Whether a run of 16 characters of base 64 follows before the next line of dashes.

    `seen` [3] is what the last search found: where it began and ended, and 1 for a run, -1 for dashes, 0 for neither.
    """
    place = at
    if seen[0] <= at <= seen[1] - 16:
        if seen[2]:
            return bool(seen[2] > 0)
        place = seen[1] - 15
    run = dashes = told = 0
    stop = min(high, at + BODY_BYTES)
    while place < stop and not told:
        run = run + 1 if _BASE64[data[place]] else 0
        dashes = dashes + 1 if data[place] == 45 else 0
        told = (run == 16) - (dashes == 5)
        place += 1
    seen[0], seen[1], seen[2] = at, place, told
    return told > 0


@njit(cache=True, nogil=True)
def bounded(data: Any, bounds: Any, hits: Any, runs: Any, mores: Any, keys: Any) -> NDArray[np.int64]:
    """The matches that are whole: document, pattern, start, and the end of what may go on behind them.

    Args:
        data: The batch's bytes.
        bounds: [documents + 1] Where its documents begin, and where the last one ends.
        hits: [n, 4] Document, pattern, start and end, in the order of patterns, documents and starts.
        runs: [patterns, 256] What may go on behind a match.
        mores: [patterns] As many bytes of it.
        keys: [patterns] Whether the pattern is the first line of a private key, whose body has to follow.
    """
    found: NDArray[np.int64] = hits.copy()
    total = 0
    last = (-1, -1, 0)
    seen = np.full(3, -1, np.int64)
    for row in range(len(hits)):
        document, pattern, start, end = hits[row]
        low, high = bounds[document], bounds[document + 1]
        start += 2 * (data[start] == 92) + 3 * (
            data[start] == 37
        )  # an escape, which some patterns begin with
        if last[0] == document and last[1] == pattern and start < last[2]:
            continue  # within one that was looked at
        stop = min(high, end + mores[pattern])
        while end < stop and runs[pattern, data[end]]:
            end += 1
        last = (document, pattern, end)
        if WORD[data[start]] and not _begins(data, start, low):
            continue
        following = byte(data, end, high)
        if (
            end < high
            and WORD[data[end - 1]]
            and (WORD[following] or (mores[pattern] and runs[pattern, following]))
        ):
            continue
        if end + 1 < high and runs[pattern, following] and runs[pattern, data[end + 1]]:
            continue
        if not keys[pattern] or _has_body(data, end, high, seen):
            found[total, 0], found[total, 1], found[total, 2], found[total, 3] = document, pattern, start, end
            total += 1
    return found[:total]
