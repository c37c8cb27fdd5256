"""Text that is written another way than it is read: encoded, escaped, or cut into pieces.

Where one of the disguises stands, what lies around it is read as it is meant, and looked through like any document;
each byte of it knows which bytes of the file it came from. Compiled code does it, in one pass.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets.base64_text import FEWEST, decoded, run_at
from tilth.data.facts.secrets.spelled import spelled, stands
from tilth.data.facts.secrets.values import ALNUM, SPACE, byte, table

AROUND = 400
"""Bytes on either side of a disguise that are read with it: of its line, if it does not go over lines."""
NONE, NOTHING = -2, -1
"""No disguise; one of nothing, as what joins two pieces is."""

_WORD = table(b"_-", *ALNUM)
_QUOTE = table(b"\"'`")
_SIGNS = table(b"%\\\"'`&\xe2\xef\xc2")
_JOINS = table(b"+.&<>~")
_DIGITS = np.full(256, -1, np.int64)
for _at, _digit in enumerate(b"0123456789abcdef"):
    _DIGITS[_digit] = _DIGITS[ord(chr(_digit).upper())] = _at
_ENTITIES = spelled(("&#34;", "&#39;", "&#x27;", "&quot;"))
_KEYWORDS = spelled(("key", "passw", "pwd", "secret", "token"))


@dataclass(frozen=True, slots=True)
class Views:
    """Parts of documents as they are meant, side by side."""

    documents: NDArray[np.int64]
    """[n] Whose part it is."""
    bounds: NDArray[np.int64]
    """[n + 1] Where each part begins, and where the last one ends."""
    text: NDArray[np.uint8]
    """The parts back to back."""
    starts: NDArray[np.int64]
    """Where each of their bytes begins in the batch."""
    ends: NDArray[np.int64]
    """Where it ends."""


@njit(nogil=True)
def _hex(data: Any, at: int, high: int) -> int:
    """The byte that two hexadecimal digits stand for; `NONE` without them."""
    if at + 2 > high or _DIGITS[data[at]] < 0 or _DIGITS[data[at + 1]] < 0:
        return NONE
    return int(_DIGITS[data[at]] << 4 | _DIGITS[data[at + 1]])


@njit(nogil=True)
def _line_end(data: Any, at: int, high: int) -> int:
    """Behind the line end that stands at a place, if one does."""
    at += byte(data, at, high) == 13
    return at + (byte(data, at, high) == 10)


@njit(nogil=True)
def _blanks(data: Any, at: int, high: int) -> int:
    stop = min(high, at + 60)
    while at < stop and (data[at] == 32 or data[at] == 9):
        at += 1
    return at


@njit(nogil=True)
def _joint(data: Any, at: int, high: int) -> int:
    """Behind what joins a string that ends here with the next one: an operator, or the end of the line; -1 for none."""
    first = _blanks(data, at + 1, high)
    end = first
    while end < min(high, first + 2) and _JOINS[data[end]]:
        end += 1
    end = _blanks(data, end, high)
    end += byte(data, end, high) in (92, 95)
    line = _line_end(data, end, high)
    if line == end and end == first:
        return -1
    end = _blanks(data, line, high)
    return end + 1 if end < high and _QUOTE[data[end]] else -1


@njit(nogil=True)
def _entity(data: Any, at: int, high: int) -> tuple[int, int]:
    """Behind the name of a quote, and the quote."""
    text, bounds, _, _ = _ENTITIES
    for word in range(len(bounds) - 1):
        size = bounds[word + 1] - bounds[word]
        if at + size <= high and stands(data, at, size, text, bounds[word]):
            return at + size, 34 if word in (0, 3) else 39
    return at, NONE


@njit(nogil=True)
def undone(data: Any, at: int, low: int, high: int) -> tuple[int, int]:
    """Where the disguise at a place ends, and the byte that is meant; `NOTHING`, or `NONE` without a disguise."""
    sign = data[at]
    if sign == 37:
        return at + 3, _hex(data, at + 1, high)
    if sign == 92:
        following = byte(data, at + 1, high)
        if following == 120:
            return at + 4, _hex(data, at + 2, high)
        if following == 117 and byte(data, at + 2, high) == 48 and byte(data, at + 3, high) == 48:
            return at + 6, _hex(data, at + 4, high)
        end = _line_end(data, at + 1, high)
        return (_blanks(data, end, high), NOTHING) if end > at + 1 else (at, NONE)
    if sign == 38:
        return _entity(data, at, high)
    if sign < 128:
        end = _joint(data, at, high) if at > low and not SPACE[data[at - 1]] else -1
        return (end, NOTHING) if end >= 0 else (at, NONE)
    two, three = byte(data, at + 1, high), byte(data, at + 2, high)
    if sign == 194:
        return (at + 2, NOTHING) if two == 173 else (at, NONE)
    if sign == 239:
        return (at + 3, NOTHING) if two == 187 and three == 191 else (at, NONE)
    is_unseen = (two == 128 and 139 <= three <= 141) or (two == 129 and three == 160)
    return (at + 3, NOTHING) if is_unseen else (at, NONE)


@njit(nogil=True)
def _tells(data: Any, at: int, end: int, meant: int, low: int, high: int) -> bool:
    """Whether a disguise may hide something: three escapes in a row, a joint within a word, a quote behind a name."""
    sign = data[at]
    if data[at] == 38:
        first = at
        while first > max(low, at - 30) and _WORD[data[first - 1]]:
            first -= 1
        text, bounds, _, _ = _KEYWORDS
        for place in range(first, at - 2):
            for word in range(len(bounds) - 1):
                size = bounds[word + 1] - bounds[word]
                if place + size <= at and stands(data, place, size, text, bounds[word]):
                    return True
        return False
    if meant >= 0:
        for _ in range(3):
            if not (_WORD[meant] or meant in (47, 58)) or byte(data, at, high) != sign:
                return False
            at, meant = end, NONE
            if end < high and _SIGNS[data[end]]:
                end, meant = undone(data, at, low, high)
            if meant < 0:
                meant = 0
        return True
    for step in range(2 + (sign < 128)):
        if at - step - 1 < low or not _WORD[data[at - step - 1]]:
            return False
        if end + step >= high or not _WORD[data[end + step]]:
            return False
    return True


@njit(nogil=True)
def _parts(data: Any, bounds: Any) -> NDArray[np.int64]:
    """[n, 4] Document, start, end, and whether it is base 64, of each part that is written another way than meant."""
    found = [(0, 0, 0, 0) for _ in range(0)]
    for document in range(len(bounds) - 1):
        low, high = bounds[document], bounds[document + 1]
        first = last = low
        at = low
        while at < high:
            if not _SIGNS[data[at]]:
                at += 1
                continue
            end, meant = undone(data, at, low, high)
            if meant == NONE or not _tells(data, at, end, meant, low, high):
                at += 1
                continue
            over_lines = meant < 0 and data[at] != 38
            start, stop = at, max(end, last)
            # What lies in a part that has begun is behind its start; what was read up to `last` is not read again.
            while at >= last and start > max(low, at - AROUND) and (over_lines or data[start - 1] != 10):
                start -= 1
            while stop < min(high, end + AROUND) and (over_lines or data[stop] != 10):
                stop += 1
            if start > last or last == first:
                if last > first:
                    found.append((document, first, last, 0))
                first = start
            last = stop
            at = end
        if last > first:
            found.append((document, first, last, 0))
        at = low
        while at + FEWEST <= high:
            start, end = run_at(data, at, low, high)
            if end > start:
                found.append((document, start, end, 1))
            at = max(end, at + FEWEST)
    rows = np.zeros((len(found), 4), np.int64)
    for row in range(len(found)):
        rows[row, 0], rows[row, 1], rows[row, 2], rows[row, 3] = found[row]
    return rows


@njit(cache=True, nogil=True)
def _read(data: Any, bounds: Any) -> tuple[Any, Any, Any, Any, Any]:
    parts = _parts(data, bounds)
    size = (parts[:, 2] - parts[:, 1]).sum()
    text, starts, ends = np.empty(size, np.uint8), np.empty(size, np.int64), np.empty(size, np.int64)
    begins = np.zeros(len(parts) + 1, np.int64)
    total = 0
    for row in range(len(parts)):
        document, at, last = parts[row, 0], parts[row, 1], parts[row, 2]
        low, high = bounds[document], bounds[document + 1]
        if parts[row, 3]:
            total = decoded(data, at, last, text, starts, ends, total)
            at = last
        while at < last:
            end, meant = at + 1, int(data[at])
            if _SIGNS[data[at]]:
                stop, other = undone(data, at, low, high)
                if other != NONE:
                    end, meant = stop, other
            if meant >= 0:
                text[total], starts[total], ends[total] = meant, at, end
                total += 1
            at = end
        begins[row + 1] = total
    return parts[:, 0].copy(), begins, text[:total], starts[:total], ends[:total]


def views(data: NDArray[np.uint8], bounds: NDArray[np.int64]) -> Views:
    """The disguised parts of a batch.

    Args:
        data: The batch's bytes.
        bounds: [n + 1] Where its documents begin, and where the last one ends.
    """
    return Views(*_read(data, bounds))
