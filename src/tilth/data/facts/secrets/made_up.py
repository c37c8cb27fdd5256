"""Whether what has a token's form was made up: words and runs that nobody's token has, found by compiled code."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets.spelled import LOWER, spelled, stands
from tilth.data.facts.secrets.values import ALNUM, table

FEWEST_DISTINCT = 5
"""Different characters in the last 16 of a token; what has fewer was made up."""
READ = 64
"""Bytes at either end of a token that are looked through."""
_PARTS = spelled(
    (
        "1234567890abcdef",
        "abcdefgh",
        "dummy",
        "example",
        "fake",
        "my",
        "placeholder",
        "redacted",
        "sample",
        "your",
    )
)
_WHOLE = np.array([False, False, False, False, True, True, False, False, False, True])
"""Which of them have to stand alone, not within a word."""
_ALNUM = table(b"", *ALNUM)
_RUNS = np.full(256, 8, np.int64)
_RUNS[[*b"xX*#0"]] = (5, 5, 4, 4, 7)
"""How many of one character in a row are too many."""
_UNITS, _TURNS = (2, 3, 4), 5
"""Lengths of what is said so often, one after the other."""


@njit(nogil=True)
def _has_words(data: Any, low: int, high: int) -> bool:
    text, bounds, begins, _ = _PARTS
    for at in range(low, high):
        first = LOWER[data[at]]
        for word in range(begins[first], begins[first + 1]):
            size = bounds[word + 1] - bounds[word]
            if at + size > high or not stands(data, at, size, text, bounds[word]):
                continue
            is_alone = (at == low or not _ALNUM[data[at - 1]]) and (
                at + size == high or not _ALNUM[data[at + size]]
            )
            if is_alone or not _WHOLE[word]:
                return True
    return False


@njit(nogil=True)
def _repeats(data: Any, low: int, high: int, last: int) -> bool:
    """Whether one character, or a few, follow themselves too often; characters of no note from `last` on only."""
    run = 1
    for at in range(low + 1, high):
        run = run + 1 if LOWER[data[at]] == LOWER[data[at - 1]] else 1
        most = _RUNS[data[at]]
        if run >= most and (most < 8 or at - run + 1 >= last):
            return True
    for unit in _UNITS:
        same = 0
        for at in range(low + unit, high):
            same = same + 1 if LOWER[data[at]] == LOWER[data[at - unit]] else 0
            if same == unit * (_TURNS - 1):
                return True
    return False


@njit(nogil=True)
def _distinct(data: Any, low: int, high: int) -> int:
    found = 0
    for at in range(low, high):
        is_new = True
        for other in range(low, at):
            is_new &= data[other] != data[at]
        found += is_new
    return found


@njit(cache=True, nogil=True)
def made_up(data: Any, starts: Any, ends: Any) -> NDArray[np.bool_]:
    """Which tokens, by their places in the data, were made up."""
    found = np.zeros(len(starts), np.bool_)
    for row in range(len(starts)):
        low, high = starts[row], ends[row]
        found[row] = _distinct(data, max(low, high - 16), high) < FEWEST_DISTINCT
        half = (low + high) // 2
        for begin, end in ((low, min(high, low + READ)), (max(low + READ, high - READ), high)):
            if not found[row] and begin < end:
                found[row] = _has_words(data, begin, end) or _repeats(data, begin, end, half)
    return found
