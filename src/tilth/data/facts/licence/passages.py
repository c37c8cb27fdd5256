"""The passages of a head in which a licence may be stated: lines with a legal word, and what stands around them.

Most heads that mention a licence hold one short notice, the same as in their neighbours: looking at that
passage alone is cheap, and an answer for it serves all files that repeat it.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.gate import HEAD_BYTES

# A text that begins in the head may end behind it.
TEXT_BYTES = 16_384
# Lines before and behind a legal word that belong to its sentence; an empty line ends them.
_AROUND_LINES = 6
# Passages this close are one: the paragraphs of a licence text, a notice and its exception.
_JOIN_BYTES = 300
# A line longer than this is cut around its legal words.
_LONG_LINE_BYTES = 2_000
# More than a head has, unless it was made for it: the last ones are left out.
_MAX_PASSAGES = 64

# A space stands for any gap between words. Each statement that this package reads has one of these.
_OPENING = (
    "licens", "licenc", "permis", "redist", "public domain", "propri", "unauth", "confid", "warran",
    " under the ", " under gpl", " under lgpl", " under agpl", " under mit ", " under bsd", " under apache",
    " under mpl", " under gnu", " under a ", " under either", " under both", " under cc", " under version",
    " subject to", " governed by ", " in accordance with", " covered by ", " same terms",
    " trade secret", "commercial", " academic ", " commons clause", " not evil", " prohibited",
    " granted to ", " only for ", " solely for ", " use only ", " purpose only ", " purposes only ", " copying ",
)  # fmt: skip
# Six letters of each of these, for the search that skips.
_STEMS = (
    "licens", "licenc", "permis", "redist", "public", "propri", "unauth", "confid", "warran", "under ", "subjec",
    "govern", "accord", "covere", " same ", "secret", "commer", "academ", "clause", " evil ", "prohib", "grante",
    " only ", "solely", "copyin",
)  # fmt: skip
# These only lead on a passage that is open: the later paragraphs of a text.
_LEADING = (
    "distribut", "copyright", " software ", " liab", " notice", " rights ", "condition", " terms ", " hereby ",
    " without fee", " as is ", " alter", " exception", " bsd ", " gpl ", " mit ", " apache ", " mpl ",
)  # fmt: skip


def _classes() -> NDArray[np.uint8]:
    table = np.full(256, 27, np.uint8)
    table[ord("0") : ord("9") + 1] = 28
    for letter in range(26):
        table[ord("a") + letter] = table[ord("A") + letter] = letter
    return table


_CLASSES = _classes()
_END = 99


def _needles() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """The needles' classes in order; for each three classes one past the last needle of them, or 0; who opens."""
    codes = []
    for text, opens in [*((text, 1) for text in _OPENING), *((text, 0) for text in _LEADING)]:
        codes.append(([int(_CLASSES[ord(letter)]) for letter in text], opens))
    codes.sort()
    width = max(len(code) for code, _ in codes) + 1
    needles = np.full((len(codes), width), _END, np.uint8)
    ends = np.zeros(32**3, np.uint8)
    for at, (code, _) in enumerate(codes):
        needles[at, : len(code)] = code
        ends[_code_of(code)] = at + 1
    return needles, ends, np.array([opens for _, opens in codes], np.uint8)


def _code_of(code: list[int]) -> int:
    return code[0] * 1024 + code[1] * 32 + code[2]


def _stem_skips() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    stems = np.array([[_CLASSES[ord(letter)] for letter in stem] for stem in _STEMS], np.uint8)
    skips = np.full(1024, 5, np.uint8)
    for stem in stems:
        for at in range(1, 6):
            pair = int(stem[at - 1]) * 32 + int(stem[at])
            skips[pair] = min(int(skips[pair]), 5 - at)
    return stems, skips


_NEEDLES, _ENDS, _OPENS = _needles()
_STEM_CLASSES, _STEM_SKIPS = _stem_skips()


@numba.njit(cache=True, nogil=True)
def _is_rest_here(
    data: NDArray[np.uint8],
    at: int,
    high: int,
    needles: NDArray[np.uint8],
    which: int,
    classes: NDArray[np.uint8],
) -> bool:
    """True where the needle from its fourth letter on stands behind `at`."""
    place = 3
    while needles[which, place] != 99:
        at += 1
        if at >= high:
            # The end of the text ends a word.
            return bool(needles[which, place] == 27 and needles[which, place + 1] == 99)
        if classes[data[at]] != needles[which, place]:
            return False
        if needles[which, place] == 27:
            while at + 1 < high and classes[data[at + 1]] == 27:
                at += 1
        place += 1
    return True


@numba.njit(cache=True, nogil=True)
def _legal_words(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    limit: int,
    classes: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    ends: NDArray[np.uint8],
    opens: NDArray[np.uint8],
) -> tuple[int, int, int]:
    """First and last place of a legal word that begins in data[low:high], and the kind of the line.

    Kinds: 0 no word at all, 1 words, 2 a word that leads on, 3 one that opens a passage.
    """
    first, last, kind = -1, -1, 0
    # The line's beginning counts as a gap.
    code = 27
    for at in range(low, high):
        here = classes[data[at]]
        if here == 27:
            if code & 31 == 27:
                continue
        elif kind == 0:
            kind = 1
        code = (code * 32 + here) & 32767
        which = int(ends[code]) - 1
        while which >= 0 and (
            int(needles[which, 0]) * 1024 + int(needles[which, 1]) * 32 + int(needles[which, 2]) == code
        ):
            if _is_rest_here(data, at, limit, needles, which, classes):
                if first < 0:
                    first = max(low, at - 2)
                last = at
                kind = max(kind, 3 if opens[which] == 1 else 2)
            which -= 1
    return first, last, kind


@numba.njit(cache=True, nogil=True)
def _mark(data: NDArray[np.uint8], low: int, high: int) -> int:
    """The sign that makes a line a comment by itself, or 0."""
    while low < high and (data[low] == 32 or data[low] == 9):
        low += 1
    if low < high and (data[low] == 35 or data[low] == 37 or data[low] == 59):
        return int(data[low])
    if low + 1 < high and data[low] == data[low + 1] and (data[low] == 47 or data[low] == 45):
        return int(data[low])
    return 0


@numba.njit(cache=True, nogil=True)
def _next_stem(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    classes: NDArray[np.uint8],
    stems: NDArray[np.uint8],
    skips: NDArray[np.uint8],
) -> int:
    at = low + 5
    while at < high:
        skip = skips[classes[data[at - 1]] * 32 + classes[data[at]]]
        if skip > 0:
            at += skip
            continue
        for which in range(stems.shape[0]):
            back = 0
            while back < 6 and classes[data[at - back]] == stems[which, 5 - back]:
                back += 1
            if back == 6:
                return int(at - 5)
        at += 1
    return -1


@numba.njit(cache=True, nogil=True)
def _line_end(data: NDArray[np.uint8], at: int, high: int) -> int:
    while at < high and data[at] != 10 and data[at] != 13:
        at += 1
    return at


@numba.njit(cache=True, nogil=True)
def _is_blank(data: NDArray[np.uint8], low: int, high: int, classes: NDArray[np.uint8]) -> bool:
    while low < high and classes[data[low]] == 27:
        low += 1
    return low == high


@numba.njit(cache=True, nogil=True)
def _begin(data: NDArray[np.uint8], floor: int, line: int, stop: int, classes: NDArray[np.uint8]) -> int:
    """Where the lines above `line` that belong to it begin."""
    sign = _mark(data, line, stop)
    for _ in range(_AROUND_LINES):
        above = line - 1
        if above < floor:
            break
        if data[above] == 10 and above > floor and data[above - 1] == 13:
            above -= 1
        start = above
        while start > floor and data[start - 1] != 10 and data[start - 1] != 13:
            start -= 1
        if _is_blank(data, start, above, classes) or _mark(data, start, above) != sign:
            break
        if above - start > _LONG_LINE_BYTES:
            return above - _LONG_LINE_BYTES // 4
        line = start
    return line


@numba.njit(cache=True, nogil=True)
def _end(
    data: NDArray[np.uint8],
    line: int,
    end: int,
    high: int,
    classes: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    ends: NDArray[np.uint8],
    opens: NDArray[np.uint8],
) -> tuple[int, int]:
    """Where a passage that reaches to `end` at least is over, and the first line that was not looked at.

    Lines from `line` on are looked at; one that begins before `end` belongs to the passage.
    """
    sign, after = 0, 0
    while line < high and line - end <= _JOIN_BYTES:
        stop = _line_end(data, line, high)
        _, last, kind = _legal_words(data, line, stop, high, classes, needles, ends, opens)
        own = _mark(data, line, stop)
        if kind == 0 or own != sign:
            after = 0
        sign = own
        if kind >= 2:
            end = stop if stop - line <= _LONG_LINE_BYTES else min(stop, last + _LONG_LINE_BYTES // 2)
            after = _AROUND_LINES
        elif after > 0:
            end, after = min(stop, line + _LONG_LINE_BYTES), after - 1
        line = stop + 1
    return end, line


@numba.njit(cache=True, nogil=True)
def _in_one(
    data: NDArray[np.uint8],
    low: int,
    high: int,
    found: NDArray[np.int64],
    classes: NDArray[np.uint8],
    stems: NDArray[np.uint8],
    skips: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    ends: NDArray[np.uint8],
    opens: NDArray[np.uint8],
) -> int:
    """Writes the passages of data[low:high] into `found`; returns how many."""
    count = 0
    floor = at = low
    head = min(high, low + HEAD_BYTES)
    while count < found.shape[0]:
        at = _next_stem(data, at, head, classes, stems, skips)
        if at < 0:
            break
        # A stem may begin with the gap before its line.
        line = at + 3
        while line > floor and data[line - 1] != 10 and data[line - 1] != 13:
            line -= 1
        stop = _line_end(data, at + 3, high)
        first, last, kind = _legal_words(data, line, stop, high, classes, needles, ends, opens)
        if kind < 3:
            at = stop
            continue
        begin = _begin(data, floor, line, stop, classes)
        if stop - line > _LONG_LINE_BYTES:
            begin = max(begin, first - _LONG_LINE_BYTES // 4)
        end, floor = _end(data, line, last, high, classes, needles, ends, opens)
        found[count, 0], found[count, 1] = begin, end
        count += 1
        at = floor
    return count


@numba.njit(cache=True, nogil=True)
def _in_all(
    joined: NDArray[np.uint8],
    starts: NDArray[np.int64],
    chosen: NDArray[np.int64],
    classes: NDArray[np.uint8],
    stems: NDArray[np.uint8],
    skips: NDArray[np.uint8],
    needles: NDArray[np.uint8],
    ends: NDArray[np.uint8],
    opens: NDArray[np.uint8],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    counts = np.zeros(chosen.size, np.int64)
    found = np.zeros((chosen.size * 2 + _MAX_PASSAGES, 2), np.int64)
    total = 0
    for at in range(chosen.size):
        low = starts[chosen[at]]
        high = min(starts[chosen[at] + 1], low + TEXT_BYTES)
        if found.shape[0] - total < _MAX_PASSAGES:
            longer = np.zeros((2 * found.shape[0], 2), np.int64)
            longer[:total] = found[:total]
            found = longer
        own = found[total : total + _MAX_PASSAGES]
        counts[at] = _in_one(joined, low, high, own, classes, stems, skips, needles, ends, opens)
        own[: counts[at]] -= low
        total += counts[at]
    return counts, found[:total]


def passages(
    joined: NDArray[np.uint8], starts: NDArray[np.int64], chosen: NDArray[np.int64]
) -> list[list[tuple[int, int]]]:
    """For each chosen document its passages, as byte offsets in the document, in order.

    A passage begins in the first `HEAD_BYTES` and ends in the first `TEXT_BYTES`.
    """
    counts, found = _in_all(
        joined, starts, chosen, _CLASSES, _STEM_CLASSES, _STEM_SKIPS, _NEEDLES, _ENDS, _OPENS
    )
    spans = [(low, high) for low, high in found.tolist()]
    ends = np.cumsum(counts).tolist()
    return [spans[end - count : end] for end, count in zip(ends, counts.tolist(), strict=True)]
