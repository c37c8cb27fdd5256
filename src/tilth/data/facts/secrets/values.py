"""From a place where a form matches to the value: where it begins and ends, and the name before it."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets import words
from tilth.data.facts.secrets.forms import BARE, ELEMENT, FORMS, HEADER, LOGIN, OPTION, URL, USER

LONGEST = 1_000
"""Bytes of a value that are looked at."""
NAME_BYTES = 60
REACH = 120
"""Bytes before a value in which its name stands."""

LOWER = np.arange(256, dtype=np.uint8)
LOWER[65:91] += 32
Words = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]


def joined(some: tuple[str, ...]) -> Words:
    """What compiled code can read: words back to back, where each begins, and which may begin with a byte."""
    text = [word.encode() for word in some]
    begins = np.zeros(257, np.int64)
    for number, word in enumerate(text, 1):
        begins[word[0] + 1] = number
    return (
        np.frombuffer(b"".join(text), np.uint8),
        np.cumsum([0, *map(len, text)]),
        np.maximum.accumulate(begins),
    )


KEYWORDS = joined(words.SECRETS)
INTO = np.array([form.into for form in FORMS], np.int64)

_IDENTIFIER = np.zeros(256, np.bool_)
_IDENTIFIER[[*range(48, 58), *range(65, 91), *range(97, 123), *b"_.$-"]] = True
_ENDS_BARE = np.zeros(256, np.bool_)
_ENDS_BARE[[*b" \t\r\n\"'`<>,;&|"]] = True
_SPACE = np.zeros(256, np.bool_)
_SPACE[[*b" \t\r\n"]] = True
_TOKEN = np.zeros(256, np.bool_)
_TOKEN[[*range(48, 58), *range(65, 91), *range(97, 123), *b"+/_.~=-"]] = True


@njit(cache=True, nogil=True)
def _quoted_end(data: Any, start: int, high: int) -> int:
    """Where the text that begins after an opening quote at `start - 1` ends; -1 where no quote of its line ends it."""
    at = start - 1
    while _SPACE[data[at]]:
        at -= 1
    quote = data[at]
    escaped = data[at - 1] == 92
    at = start
    while at < high and data[at] != 10:
        if data[at] == 92:
            if escaped and at + 1 < high and data[at + 1] == quote:
                return at
            at += 2
            continue
        if data[at] == quote:
            return at
        at += 1
    return -1


@njit(cache=True, nogil=True)
def _bare_end(data: Any, start: int, high: int) -> int:
    at = start
    while at < high and not _ENDS_BARE[data[at]]:
        if data[at] == 92 and at + 1 < high and data[at + 1] in (34, 39, 92, 110, 114, 116):
            break
        at += 1
    while at > start and data[at - 1] in (41, 44, 46, 58, 59, 93, 125):  # ) , . : ; ] }
        at -= 1
    return at


@njit(cache=True, nogil=True)
def _value(data: Any, form: int, end: int, low: int, high: int) -> tuple[int, int, int]:
    """Start and end of the value, and its quote (0 for none)."""
    begin = end - INTO[form]
    high = min(high, begin + LONGEST)
    if form == URL:
        at = end - 2
        while data[at] != 47:
            at -= 1
        while data[at] != 58:
            at += 1
        return at + 1, end - 2, 0
    if form == HEADER:
        at = begin
        while at < high and _TOKEN[data[at]]:
            at += 1
        return begin, at, 0
    if form == ELEMENT:
        at = begin
        while at < high and data[at] != 60 and data[at] != 10:
            at += 1
        while at > begin and _SPACE[data[at - 1]]:
            at -= 1
        return begin, at, 0
    if form == BARE:
        while begin < high and data[begin] in (61, 58, 62, 126):  # what is left of the sign: = : > ~
            begin += 1
        while begin < high and data[begin] in (32, 9):
            begin += 1
        return begin, _bare_end(data, begin, high), 0
    before = begin - 1
    while before > low and _SPACE[data[before]] and form not in (LOGIN, OPTION, USER):
        before -= 1
    if data[before] in (34, 39, 96):
        stop = _quoted_end(data, begin, high)
        if stop >= 0:
            return begin, stop, data[before]
    return begin, _bare_end(data, begin, high), 0


@njit(cache=True, nogil=True)
def _name(data: Any, begin: int, low: int) -> tuple[int, int]:
    """Start and end of the name before a value: of the nearest word there that says that one follows."""
    text, bounds, _ = KEYWORDS
    for at in range(begin - 1, max(low, begin - REACH) - 1, -1):
        for word in range(len(bounds) - 1):
            size = bounds[word + 1] - bounds[word]
            if at + size > begin or LOWER[data[at]] != text[bounds[word]]:
                continue
            same = True
            for step in range(1, size):
                if LOWER[data[at + step]] != text[bounds[word] + step]:
                    same = False
                    break
            if same:
                first, last = at, at + size
                while first > low and first > at - NAME_BYTES and _IDENTIFIER[data[first - 1]]:
                    first -= 1
                while last < begin and _IDENTIFIER[data[last]]:
                    last += 1
                return first, last
    return begin, begin


@njit(cache=True, nogil=True)
def _sign(data: Any, form: int, begin: int, low: int) -> tuple[int, int]:
    """Start and end of what stands for a name where a form has none; nothing where that is of another document."""
    at = begin - 1
    if form == URL:
        while at > low and data[at] != 47:
            at -= 1
        return (at - 3, at + 1) if at - 3 >= low else (begin, begin)
    while at > low and (data[at] == 58 or form == USER) and not _SPACE[data[at]] and data[at] not in (34, 39):
        at -= 1
    while at > low and (_SPACE[data[at]] or data[at] in (34, 39, 44, 61)):
        at -= 1
    last = at + 1
    while at >= low and _IDENTIFIER[data[at]]:
        at -= 1
    return (at + 1, last) if last - at > 2 else (begin, begin)


@njit(cache=True, nogil=True)
def locate(data: Any, forms: Any, ends: Any, lows: Any, highs: Any) -> NDArray[np.int64]:
    """[n, 5] For each match: start and end of its name, start and end of its value, and the quote around it.

    Args:
        data: The batch's bytes.
        forms: [n] Number of the form.
        ends: [n] Where its pattern ends.
        lows: [n] Where the document begins.
        highs: [n] Where it ends.
    """
    found = np.zeros((len(forms), 5), np.int64)
    for row in range(len(forms)):
        low, high = lows[row], highs[row]
        begin, stop, quote = _value(data, forms[row], ends[row], low, high)
        first, last = _name(data, begin, low)
        if first == last and forms[row] in (URL, USER, HEADER):
            first, last = _sign(data, forms[row], begin, low)
        found[row] = (first, last, begin, max(begin, stop), quote)
    return found
