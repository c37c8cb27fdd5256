"""Where in a document a licence may be stated: the places of legal words, found by a search that skips most bytes.

Horspool's search over pairs of letters (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994):
where no needle can end, it skips almost a needle's length, so it reads only a part of the bytes.
"""

import numba
import numpy as np
from numpy.typing import NDArray

# Nearly every statement known to this package has one of these near; all of one length, which lets the search skip.
_HINTS = (
    b"licens", b"licenc", b"permis", b"redist", b"c doma", b"propri", b"unauth", b"confid", b"warran", b"copyin",
    b"gnu ge", b"gnu le", b"gnu pu", b"copyle", b"freely", b"as is\"", b" gplv2", b" gplv3", b"copyri", b"apache",
    b"same t", b"freewa", b"s of u", b"(c) 19", b"(c) 20",
)  # fmt: skip
BEFORE_BYTES, BEHIND_BYTES = 700, 1_500
"""What is read around a hint: the longest notices without a second hint in them fit in."""


def _classes() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for letter in range(26):
        table[ord("a") + letter] = table[ord("A") + letter] = letter + 1
    table[ord(" ")] = 27
    table[ord('"')] = 28
    table[ord("2")] = 29
    table[ord("3")] = 30
    for sign in "()019":
        table[ord(sign)] = 31
    return table


_CLASSES = _classes()


def _skips(
    needles: tuple[bytes, ...],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int16], NDArray[np.int16]]:
    """How far no needle can end behind two classes; the needles; which needles end in two classes (first, next)."""
    length = len(needles[0])
    skips = np.full(1024, length - 1, np.uint8)
    first = np.full(1024, -1, np.int16)
    following = np.full(len(needles), -1, np.int16)
    for number, needle in enumerate(needles):
        kinds = [int(_CLASSES[byte]) for byte in needle]
        for at in range(1, length):
            pair = kinds[at - 1] * 32 + kinds[at]
            skips[pair] = min(int(skips[pair]), length - 1 - at)
        pair = kinds[-2] * 32 + kinds[-1]
        following[number], first[pair] = first[pair], number
    return skips, np.array([list(needle) for needle in needles], np.uint8), first, following


_SKIPS, _NEEDLES, _FIRST, _FOLLOWING = _skips(_HINTS)


@numba.njit(cache=True, nogil=True)
def place_of_any(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    classes: NDArray[np.uint8],
    skips: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    first: NDArray[np.int16],
    following: NDArray[np.int16],
) -> int:
    """Where the first needle that lies in data[low:high] ends, or -1 (see `_skips` for the tables)."""
    length = needles.shape[1]
    at = low + length - 1
    while at < high:
        pair = np.int64(classes[data[at - 1]]) * 32 + classes[data[at]]
        skip = skips[pair]
        if skip > 0:
            at += skip
            continue
        which = first[pair]
        while which >= 0:
            back = length - 1
            while back >= 0:
                byte = data[at - back]
                if 65 <= byte <= 90:
                    byte += 32
                if byte != needles[which, length - 1 - back]:
                    break
                back -= 1
            if back < 0:
                return int(at)
            which = following[which]
        at += 1
    return -1


@numba.njit(cache=True, nogil=True)
def _windows(
    joined: NDArray[np.uint8],
    starts: NDArray[np.int64],
    whole: NDArray[np.bool_],
    classes: NDArray[np.uint8],
    skips: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    first: NDArray[np.int16],
    following: NDArray[np.int16],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    counts = np.zeros(starts.size - 1, np.int64)
    found = np.zeros((2 * starts.size + 64, 2), np.int64)
    total = 0
    for which in range(starts.size - 1):
        low, high = starts[which], starts[which + 1]
        at = low
        while at < high:
            at = (
                high
                if whole[which]
                else place_of_any(joined, at, high, classes, skips, needles, first, following)
            )
            if at < 0:
                break
            begin = low if whole[which] else max(low, at - BEFORE_BYTES)
            end = min(high, at + BEHIND_BYTES)
            if counts[which] and begin <= found[total - 1, 1]:
                found[total - 1, 1] = end
            else:
                if total == found.shape[0]:
                    longer = np.zeros((2 * total, 2), np.int64)
                    longer[:total] = found
                    found = longer
                found[total, 0], found[total, 1] = begin, end
                counts[which] += 1
                total += 1
            # The next hint inside what is read anyway only moves its end.
            at += 1
    return counts, found[:total]


def windows(
    joined: NDArray[np.uint8], starts: NDArray[np.int64], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The stretches of each document in which a licence may be stated, and how many each document has.

    Args:
        joined: All documents back to back.
        starts: Where each begins, and last where the last one ends.
        whole: Documents to read as a whole.

    Returns:
        Count for each document; [n, 2] byte spans in `joined`, document after document.
    """
    counts, found = _windows(joined, starts, whole, _CLASSES, _SKIPS, _NEEDLES, _FIRST, _FOLLOWING)
    return counts, found
