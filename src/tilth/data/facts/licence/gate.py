"""Where in a document a licence may be stated: the places of legal words, found by a look at every fourth byte.

A word of six bytes has four runs of three, and one of them ends wherever every fourth place is looked at. Where none
of the words has the run that ends there, nothing else is read. No look waits for the one before it, as in searches that
skip by what they have seen (Wu and Manber, 1994); that makes this one twice as fast.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

# Nearly every statement known to this package has one of these near; all of one length.
_HINTS = (
    b"licens", b"licenc", b"permis", b"redist", b"c doma", b"propri", b"unauth", b"confid", b"warran", b"copyin",
    b"gnu ge", b"gnu le", b"gnu pu", b"copyle", b"freely", b"as is\"", b" gplv2", b" gplv3", b"copyri", b"apache",
    b"same t", b"freewa", b"s of u", b"(c) 19", b"(c) 20", b"(c)199", b"(c)200", b"(c)201", b"(c)202",
    b"lizenz", b"ommons",
)  # fmt: skip
_ONE, _TWO, _FIVE, _TEN = np.uint64(1), np.uint64(2), np.uint64(5), np.uint64(10)
BEFORE_BYTES, BEHIND_BYTES = 700, 1_500
"""What is read around a hint: the longest notices without a second hint in them fit in."""


class Needles(NamedTuple):
    """Words of one length as the search needs them; letters of the words are lower-case and found in both cases."""

    words: NDArray[np.uint8]
    """[n, length]"""
    runs: NDArray[np.int16]
    """[32768] For each run of three bytes (`_run_of`) the first use of it in a word, or -1."""
    uses: NDArray[np.int16]
    """[m, 3] A word, where in it the run begins, and the next use of the same run or -1; later in the word first."""


def needles_of(words: tuple[bytes, ...]) -> Needles:
    """The tables for a search for words, all of the same length."""
    runs = np.full(1 << 15, -1, np.int16)
    uses: list[tuple[int, int, int]] = []
    for at in range(len(words[0]) - 2):
        for number, word in enumerate(words):
            run = _run_of(*word[at : at + 3])
            uses.append((number, at, int(runs[run])))
            runs[run] = len(uses) - 1
    return Needles(np.array([list(word) for word in words], np.uint8), runs, np.array(uses, np.int16))


@numba.njit(cache=True, nogil=True)
def _run_of(a: int, b: int, c: int) -> np.uint64:
    # Five bits of each byte are the same for a letter in both cases.
    return np.uint64(a & 31) | np.uint64(b & 31) << _FIVE | np.uint64(c & 31) << _TEN


_NEEDLES = needles_of(_HINTS)


@numba.njit(cache=True, nogil=True)
def place_of_any(data: NDArray[np.uint8], low: int, high: int, needles: Needles) -> tuple[int, int]:
    """Where the first needle that lies in data[low:high] ends, and which one; (-1, -1) without one."""
    length = needles.words.shape[1]
    runs = needles.runs
    for at in range(low + 2, high, length - 2):
        # A place without a sign needs no look whether it counts from the end.
        last = np.uint64(at)
        use = runs[_run_of(data[last - _TWO], data[last - _ONE], data[last])]
        while use >= 0:
            which, place = needles.uses[use, 0], needles.uses[use, 1]
            start = at - 2 - place
            if start >= low and start + length <= high and _stands_at(data, start, needles.words[which]):
                return start + length - 1, int(which)
            use = needles.uses[use, 2]
    return -1, -1


@numba.njit(cache=True, nogil=True)
def _stands_at(data: NDArray[np.uint8], start: int, word: NDArray[np.uint8]) -> bool:
    for at in range(word.size):
        byte = data[start + at]
        if 65 <= byte <= 90:
            byte += 32
        if byte != word[at]:
            return False
    return True


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
