"""A text as numbers: the known words of the licence rules in it, in order, with the bytes they came from.

Comment characters, line ends, quotes and mark-up are gaps, so one text reads the same in a C header, an HTML page
and a file of its own. A word that no rule has is no token; it only leaves a mark at the token before it.
"""

import numba
import numpy as np
from numpy.typing import NDArray

UNKNOWN_ID = -1
STOP_ID = -2
"""Mark-up that a reader does not see: no token, and no mark either."""

_FNV_OFFSET = np.uint64(0xCBF29CE484222325)
_FNV_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)
PLUS = 43


def _classes() -> NDArray[np.uint8]:
    """The kind of each byte.

    0 is a gap, 1 a letter or digit, 2 `+`, 3 and 4 open a sign of two or three bytes in UTF-8, 5 opens a Chinese or
    Japanese letter, which is a word by itself.
    """
    table = np.zeros(256, np.uint8)
    for first, last in ((48, 57), (65, 90), (97, 122)):
        table[first : last + 1] = 1
    table[128:192] = 1
    table[0xC3:0xF5] = 1
    table[PLUS] = 2
    # U+0080..U+00BF are signs, U+2000..U+2FFF punctuation, arrows and boxes, U+F000..U+FFFF wide forms of signs.
    table[0xC2] = 3
    table[0xE2] = table[0xEF] = 4
    table[0xE3:0xEA] = 5
    return table


CLASSES = _classes()


@numba.njit(cache=True, nogil=True)
def hash_of(data: NDArray[np.uint8]) -> np.uint64:
    """The hash under which a lower-case word is kept."""
    value = _FNV_OFFSET
    for byte in data:
        value = (value ^ np.uint64(byte)) * _FNV_PRIME
    value *= _MIX
    return value ^ (value >> _SHIFT)


@numba.njit(cache=True, nogil=True)
def id_of(key: np.uint64, keys: NDArray[np.uint64], ids: NDArray[np.int32]) -> int:
    """The number of a word in a table of open addresses, or `UNKNOWN_ID`."""
    mask = np.uint64(keys.size - 1)
    slot = key & mask
    while keys[slot] != 0:
        if keys[slot] == key:
            return int(ids[slot])
        slot = (slot + np.uint64(1)) & mask
    return UNKNOWN_ID


@numba.njit(cache=True, nogil=True)
def _word(data: NDArray[np.uint8], at: int, high: int, classes: NDArray[np.uint8]) -> tuple[int, np.uint64]:
    """Where the word that begins at `at` ends, and its hash in lower case."""
    value = _FNV_OFFSET
    if classes[data[at]] == 5:
        end = min(at + 3, high)
        for place in range(at, end):
            value = (value ^ np.uint64(data[place])) * _FNV_PRIME
        value *= _MIX
        return end, value ^ (value >> _SHIFT)
    has_plus = False
    while at < high:
        # A place without a sign needs no look whether it counts from the end.
        byte = data[np.uint64(at)]
        kind = classes[byte]
        if kind != 1:
            if kind != 2 or has_plus:
                break
            has_plus = True
        if byte >= 0x80:
            # The second byte of a capital letter of U+00C0..U+00DE lies as far from the small one's.
            if byte <= 0x9E and byte != 0x97 and data[at - 1] == 0xC3:
                byte += 32
        elif 65 <= byte <= 90:
            byte += 32
        value = (value ^ np.uint64(byte)) * _FNV_PRIME
        at += 1
    value *= _MIX
    return at, value ^ (value >> _SHIFT)


@numba.njit(cache=True, nogil=True)
def tokenise(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    classes: NDArray[np.uint8],
    keys: NDArray[np.uint64],
    table: NDArray[np.int32],
    ids: NDArray[np.int32],
    spans: NDArray[np.int32],
    lines: NDArray[np.int32],
    gaps: NDArray[np.uint8],
    count: int,
    line: int,
) -> tuple[int, int]:
    """Append the known words of data[low:high]; returns how many there are now, and the last line's number.

    `gaps` counts the unknown words behind each token, at most 255.
    """
    at = low
    while at < high and count < ids.size:
        byte = data[at]
        if byte == 10:
            line += 1
        kind = classes[byte]
        if kind == 0 or kind == 2:
            # The `n` of `\\n` in a string of code is no letter of the next word.
            is_escape = (
                byte == 92
                and at + 1 < high
                and (data[at + 1] == 110 or data[at + 1] == 114 or data[at + 1] == 116)
            )
            at += 2 if is_escape else 1
            continue
        if kind == 3 or kind == 4:
            at += 2 if kind == 3 else 3
            continue
        start = at
        at, value = _word(data, start, high, classes)
        # U+3000..U+303F are signs.
        if kind == 5 and start + 1 < high and byte == 0xE3 and data[start + 1] == 0x80:
            continue
        found = id_of(value, keys, table)
        if found >= 0:
            ids[count], spans[count, 0], spans[count, 1] = found, start, at
            lines[count], gaps[count] = line, 0
            count += 1
        elif found == UNKNOWN_ID and count > 0 and gaps[count - 1] < 255:
            gaps[count - 1] += 1
    return count, line
