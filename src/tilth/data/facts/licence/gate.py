"""Where in a document a licence may be stated: the places of legal words, found by a search that skips most bytes.

Horspool's search over pairs of letters (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994):
where no needle can end, it skips almost a needle's length, so it reads only a part of the bytes.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

# Nearly every statement known to this package has one of these near; all of one length, which lets the search skip.
_HINTS = (
    b"licens", b"licenc", b"permis", b"redist", b"c doma", b"propri", b"unauth", b"confid", b"warran", b"copyin",
    b"gnu ge", b"gnu le", b"gnu pu", b"copyle", b"freely", b"as is\"", b" gplv2", b" gplv3", b"copyri", b"apache",
    b"same t", b"freewa", b"s of u", b"(c) 19", b"(c) 20", b"(c)199", b"(c)200", b"(c)201", b"(c)202",
    b"lizenz", b"ommons",
)  # fmt: skip
BEFORE_BYTES, BEHIND_BYTES = 700, 1_500
"""What is read around a hint: the longest notices without a second hint in them fit in."""


class Needles(NamedTuple):
    """Words of one length as the search needs them; letters of the words are lower-case and found in both cases."""

    skips: NDArray[np.uint8]
    """[65536] For each two bytes how far no word can end behind them."""
    words: NDArray[np.uint8]
    first: NDArray[np.int16]
    """[65536] For each two bytes the first word that ends in them, or -1."""
    following: NDArray[np.int16]
    """For each word the next one that ends in the same two bytes, or -1."""


def needles_of(words: tuple[bytes, ...]) -> Needles:
    """The tables for a search for words, all of the same length."""
    length = len(words[0])
    skips = np.full(1 << 16, length - 1, np.uint8)
    first = np.full(1 << 16, -1, np.int16)
    following = np.full(len(words), -1, np.int16)
    for number, word in enumerate(words):
        for at in range(1, length):
            for pair in _pairs(word[at - 1], word[at]):
                skips[pair] = min(int(skips[pair]), length - 1 - at)
        last = _pairs(word[-2], word[-1])
        following[number] = first[last[0]]
        first[last] = number
    return Needles(skips, np.array([list(word) for word in words], np.uint8), first, following)


def _pairs(one: int, other: int) -> list[int]:
    return [a | b << 8 for a in _cases(one) for b in _cases(other)]


def _cases(byte: int) -> tuple[int, ...]:
    return (byte, byte - 32) if ord("a") <= byte <= ord("z") else (byte,)


_NEEDLES = needles_of(_HINTS)


@numba.njit(cache=True, nogil=True)
def place_of_any(data: NDArray[np.uint8], low: int, high: int, needles: Needles) -> tuple[int, int]:
    """Where the first needle that lies in data[low:high] ends, and which one; (-1, -1) without one."""
    length = needles.words.shape[1]
    skips = needles.skips
    at = low + length - 1
    while at < high:
        pair = np.int64(data[at - 1]) | np.int64(data[at]) << 8
        skip = skips[pair]
        if skip > 0:
            at += skip
            continue
        which = needles.first[pair]
        while which >= 0:
            back = length - 1
            while back >= 0:
                byte = data[at - back]
                if 65 <= byte <= 90:
                    byte += 32
                if byte != needles.words[which, length - 1 - back]:
                    break
                back -= 1
            if back < 0:
                return int(at), int(which)
            which = needles.following[which]
        at += 1
    return -1, -1


@numba.njit(cache=True, nogil=True)
def _windows(
    joined: NDArray[np.uint8], starts: NDArray[np.int64], whole: NDArray[np.bool_], needles: Needles
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    counts = np.zeros(starts.size - 1, np.int64)
    hints = np.zeros(starts.size - 1, np.int64)
    found = np.zeros((2 * starts.size + 64, 2), np.int64)
    total = 0
    for which in range(starts.size - 1):
        low, high = starts[which], starts[which + 1]
        at = low
        while at < high:
            if whole[which]:
                at, hints[which] = high, -1
            else:
                at, hint = place_of_any(joined, at, high, needles)
                if at < 0:
                    break
                hints[which] |= 1 << hint
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
    return counts, found[:total], hints


class Windows(NamedTuple):
    """The stretches of the documents of a batch in which a licence may be stated."""

    counts: NDArray[np.int64]
    """How many each document has."""
    spans: NDArray[np.int64]
    """[n, 2] Byte spans in the joined documents, document after document."""
    hints: NDArray[np.int64]
    """For each document the numbers of the hints in it as bits; all bits where the document is read as a whole."""


def windows(joined: NDArray[np.uint8], starts: NDArray[np.int64], whole: NDArray[np.bool_]) -> Windows:
    """Where the documents of a batch may state a licence.

    Args:
        joined: All documents back to back.
        starts: Where each begins, and last where the last one ends.
        whole: Documents to read as a whole.
    """
    return Windows(*_windows(joined, starts, whole, _NEEDLES))


def bits_of_hints(*words: bytes) -> int:
    """Some of the hints as bits of `Windows.hints`."""
    return sum(1 << _HINTS.index(word) for word in words)


@numba.njit(cache=True, nogil=True)
def have_any(data: NDArray[np.uint8], spans: NDArray[np.int64], needles: Needles) -> NDArray[np.bool_]:
    """For each of the byte spans [n, 2] whether one of the needles lies in it."""
    found = np.zeros(spans.shape[0], np.bool_)
    for at in range(spans.shape[0]):
        found[at] = place_of_any(data, spans[at, 0], spans[at, 1], needles)[0] >= 0
    return found
