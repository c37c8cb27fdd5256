"""Words that say that a secret follows, found in one pass over the bytes, and the name that each is part of."""

from typing import Any

import numpy as np
from numba import njit

from tilth.data.facts.secrets import words
from tilth.data.facts.secrets.spelled import LOWER, spelled, stands
from tilth.data.facts.secrets.values import ALNUM, SPACE, table

NAME_BYTES = 60
"""Bytes of a name before its word."""
BEHIND = 30
"""Bytes of a name behind its word."""
REACH = 120
"""Bytes before a value in which its name stands."""

_OTHERS = ("basic", "bearer", "identified", "://", "-us", "-u ", "-u\t", "-u=", '-u"', "-u'", "-u,")
_ALL = tuple(sorted({*words.ABOUT, *_OTHERS}))
ANCHORS = spelled(_ALL)
KEYWORD, SCHEME, IDENTIFIED, ADDRESS, ACCOUNT = range(5)
_ROLE_OF = {"basic": SCHEME, "bearer": SCHEME, "identified": IDENTIFIED, "://": ADDRESS} | dict.fromkeys(
    _OTHERS[4:], ACCOUNT
)
ROLES = np.array([_ROLE_OF.get(word, KEYWORD) for word in _ALL], np.int64)
SIZES = np.array([len(word) for word in _ALL], np.int64)

_ANNOUNCING = (_ALL.index("token"), _ALL.index("key"))

_GRAMS = np.zeros(1 << 15, np.bool_)
for _word in _ALL:
    _GRAMS[(ord(_word[0]) & 31) << 10 | (ord(_word[1]) & 31) << 5 | ord(_word[2]) & 31] = True
IDENTIFIER = table(b"_.$-", *ALNUM)


@njit(nogil=True)
def next_anchor(data: Any, at: int, high: int) -> tuple[int, int]:
    """Where the next of the words begins, and which it is: the longest of those that begin there; -1 for none."""
    text, bounds, begins, _ = ANCHORS
    gram, end = 0, at
    while end < high:
        gram = (gram << 5 | (data[end] & 31)) & 32767
        end += 1
        if not _GRAMS[gram] or end - 3 < at:
            continue
        first = LOWER[data[end - 3]]
        longest, size = -1, 0
        for word in range(begins[first], begins[first + 1]):
            length = bounds[word + 1] - bounds[word]
            if size < length <= high - end + 3 and stands(data, end - 3, length, text, bounds[word]):
                longest, size = word, length
        if longest >= 0:
            return end - 3, longest
    return -1, -1


@njit(nogil=True)
def name_around(data: Any, at: int, low: int, high: int) -> tuple[int, int]:
    """Start and end of the name that has a word at a place."""
    first, last = at, at
    while first > low and first > at - NAME_BYTES and IDENTIFIER[data[first - 1]]:
        first -= 1
    while last < high and IDENTIFIER[data[last]]:
        last += 1
    return first, last


@njit(nogil=True)
def announces(data: Any, which: int, at: int, last: int, low: int) -> bool:
    """Whether a name that ends so is followed by its value after a space: a token, or the key of an interface."""
    if at + SIZES[which] != last or which not in _ANNOUNCING:
        return False
    if which == _ANNOUNCING[0]:
        return True
    return at - 3 >= low and data[at - 3] | 32 == 97 and data[at - 2] | 32 == 112 and data[at - 1] | 32 == 105


@njit(nogil=True)
def sign_before(data: Any, is_user: bool, begin: int, low: int) -> tuple[int, int]:
    """Start and end of what stands for a name where there is none; nothing where that is of another document."""
    at = begin - 1
    while at > low and (data[at] == 58 or is_user) and not SPACE[data[at]] and data[at] not in (34, 39):
        at -= 1
    while at > low and (SPACE[data[at]] or data[at] in (34, 39, 44, 61)):
        at -= 1
    last = at + 1
    while at >= low and IDENTIFIER[data[at]] and last - at <= NAME_BYTES:
        at -= 1
    return (at + 1, last) if last - at > 2 else (begin, begin)
