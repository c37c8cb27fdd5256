"""Where a value ends that begins at a place: at its quote, at a space, at a mark.

Each search goes no further than `LONGEST`, and what it has seen is kept: values that overlap are read once.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LONGEST = 1_000
"""Bytes of a value that are looked at."""
MEMORY = 8
"""Rows of what is remembered: six sorts of quotes, bare values and elements."""
_BARE, _ELEMENT = 6, 7


def table(members: bytes, *ranges: tuple[int, int]) -> NDArray[np.bool_]:
    """Which of the 256 bytes are meant."""
    made = np.zeros(256, np.bool_)
    made[[*members]] = True
    for first, last in ranges:
        made[first:last] = True
    return made


ALNUM = ((48, 58), (65, 91), (97, 123))
SPACE = table(b" \t\r\n")
_ENDS_BARE = table(b" \t\r\n\"'`<>,;&|")


@njit(nogil=True)
def byte(data: Any, at: int, high: int) -> int:
    """The byte at a place; 0 behind the end."""
    return data[at] if at < high else 0


@njit(nogil=True)
def is_placeholder(data: Any, begin: int, end: int) -> bool:
    """Whether a value is what stands for one that was redacted, such as `<KEY_1>`."""
    if end - begin < 5 or data[begin] != 60 or data[end - 1] != 62:
        return False
    at = begin + 1
    while at < end and (65 <= data[at] <= 90 or data[at] == 95):
        at += 1
    first = at
    while at < end and 48 <= data[at] <= 57:
        at += 1
    return first < at == end - 1 and data[first - 1] == 95


@njit(nogil=True)
def _known(seen: Any, kind: int, start: int) -> int:
    """Where to go on with a search from `start`: all up to there was searched before."""
    return seen[kind, 1] if seen[kind, 0] <= start < seen[kind, 1] else start


@njit(nogil=True)
def quoted_end(data: Any, quote: int, escaped: bool, start: int, high: int, seen: Any) -> int:
    """Where the text from `start` on ends that a quote (behind a backslash or not) opened; -1 without an end.

    Args:
        data: The batch's bytes.
        quote: The quote.
        escaped: Whether it stands behind a backslash.
        start: First byte of the text.
        high: Where the document ends.
        seen: [MEMORY, 2] What was searched before.
    """
    kind = (quote == 39) + 2 * (quote == 96) + 3 * escaped
    limit = min(high, start + LONGEST)
    at = _known(seen, kind, start)
    seen[kind, 0] = start
    found = -1
    while at < limit and data[at] != 10:
        if data[at] == 92:
            if escaped and at + 1 < limit and data[at + 1] == quote:
                found = at
                break
            at += 2
            continue
        if data[at] == quote:
            found = at
            break
        at += 1
    seen[kind, 1] = min(at, limit)
    return found


@njit(nogil=True)
def bare_end(data: Any, start: int, high: int, seen: Any) -> int:
    """Where a value without quotes ends."""
    limit = min(high, start + LONGEST)
    at = _known(seen, _BARE, start)
    seen[_BARE, 0] = start
    while at < limit and not _ENDS_BARE[data[at]]:
        if data[at] == 92 and at + 1 < limit and data[at + 1] in (34, 39, 92, 110, 114, 116):
            break
        at += 1
    seen[_BARE, 1] = at
    at = min(at, limit)
    while at > start and data[at - 1] in (41, 44, 46, 58, 59, 93, 125):  # ) , . : ; ] }
        at -= 1
    return at


@njit(nogil=True)
def element_end(data: Any, start: int, high: int, seen: Any) -> int:
    """Where the text of an element ends: at the next `<`, or with its line."""
    limit = min(high, start + LONGEST)
    at = _known(seen, _ELEMENT, start)
    seen[_ELEMENT, 0] = start
    while at < limit and data[at] != 60 and data[at] != 10:
        at += 1
    seen[_ELEMENT, 1] = at
    at = min(at, limit)
    while at > start and SPACE[data[at - 1]]:
        at -= 1
    return at
