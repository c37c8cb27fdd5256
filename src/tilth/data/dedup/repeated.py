"""Blocks of lines that stand in many texts: which they are, where, and which text keeps each.

Every run of so many lines that say something is a window, known by a hash of theirs. Texts come in the order of their
priority. The first one that stays and has a repeated window keeps it; where the others have it they repeat it. A text
whose share of repeated lines is over a limit does not stay, and keeps nothing. So each repeated block stays whole in
one text, and the outcome depends on the texts, their order and the limits alone.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Counts, kernel, part
from tilth.data.facts.line_scan import LineHashes

Hashes = npt.NDArray[np.uint64]

KEPT_HERE: Final = 1
"""Of a span: a block that stands in other texts too, and is kept in this one."""
REPEATED: Final = 2
"""Of a span: another text keeps what stands there."""

_ROLL = np.uint64(0xD1342543DE82EF95)
_SHIFT = np.uint64(32)
_NOBODY = -1


class Settled(NamedTuple):
    """What is repeated in some texts."""

    text: Counts
    """[k] Number of the text of each span, ascending."""
    begin: Counts
    """[k] Bytes from the text's begin."""
    end: Counts
    """[k]"""
    state: npt.NDArray[np.uint8]
    """[k] `KEPT_HERE` or `REPEATED`."""
    share: npt.NDArray[np.float64]
    """[n] Share of each text's lines that stand in a repeated block, whoever keeps it."""
    elsewhere: npt.NDArray[np.float64]
    """[n] The same of blocks that a text before it keeps."""


@kernel("Tuple((uint64[::1], int64[::1]))(Array(uint32, 1, 'C', readonly=True), int64[::1], int64)")
def windows_of(lines: LineHashes, begins: Counts, length: int) -> tuple[Hashes, Counts]:
    """The hash of every window, in order, and the number of the line that it begins with.

    Args:
        lines: Hashes of the lines of some texts, back to back; those that are 0 are passed over.
        begins: [n + 1] Where the lines of each text begin, and where the last one's end.
        length: Lines of a window.
    """
    hashes = np.empty(len(lines), np.uint64)
    firsts = np.empty(len(lines), np.int64)
    saying = np.empty(len(lines), np.int64)
    out_factor = np.uint64(1)
    for _ in range(length):
        out_factor *= _ROLL
    found = 0
    for text in range(len(begins) - 1):
        count, rolled = 0, np.uint64(0)
        for line in range(begins[text], begins[text + 1]):
            if lines[line] == 0:
                continue
            saying[count] = line
            count += 1
            rolled = rolled * _ROLL + np.uint64(lines[line])
            if count > length:
                rolled -= np.uint64(lines[saying[count - 1 - length]]) * out_factor
            if count >= length:
                mixed = (rolled ^ (rolled >> _SHIFT)) * _ROLL
                hashes[found] = mixed ^ (mixed >> _SHIFT)
                firsts[found] = saying[count - length]
                found += 1
    return hashes[:found].copy(), firsts[:found].copy()


def repeated_in(hashes: Hashes, texts: Counts, least: int) -> Hashes:
    """The hashes, ascending, of the windows that stand in at least so many texts."""
    order = np.lexsort((texts, hashes))
    hashes, texts = hashes[order], texts[order]
    first = np.ones(len(hashes), bool)
    first[1:] = (hashes[1:] != hashes[:-1]) | (texts[1:] != texts[:-1])
    found, counts = np.unique(hashes[first], return_counts=True)
    return found[counts >= least]


def settle(
    lines: LineHashes,
    lengths: LineHashes,
    begins: Counts,
    hits: tuple[Counts, Counts],
    keepers: Counts,
    first: int,
    length: int,
    share_max: float,
) -> Settled:
    """What is repeated in some texts; takes into `keepers` what they keep.

    Args:
        lines: Hashes of the lines of the texts, back to back.
        lengths: Their bytes.
        begins: [n + 1] Where the lines of each text begin, and where the last one's end.
        hits: The lines at which repeated windows begin, ascending, and the number of each window.
        keepers: The text that keeps each repeated window, -1 for none so far.
        first: Number of the first of these texts.
        length: Lines of a window.
        share_max: Texts with a greater share of lines that others keep do not stay.
    """
    found = _settle(lines, lengths, begins, *hits, keepers, first, length, share_max)
    return Settled(*found)


@part
def _shares(
    lines: LineHashes,
    begin: int,
    end: int,
    hit_lines: Counts,
    hit_windows: Counts,
    keepers: Counts,
    length: int,
) -> tuple[float, float]:
    """Shares of a text's lines that say something: those in any repeated block, and those in one that is kept."""
    saying = repeated = others = until = until_others = hit = 0
    for line in range(begin, end):
        if lines[line] == 0:
            continue
        if hit < len(hit_lines) and hit_lines[hit] == line:
            until = saying + length
            if keepers[hit_windows[hit]] != _NOBODY:
                until_others = saying + length
            hit += 1
        repeated += saying < until
        others += saying < until_others
        saying += 1
    return repeated / saying, others / saying


@kernel(
    "Tuple((int64[::1], int64[::1], int64[::1], uint8[::1], float64[::1], float64[::1]))("
    "Array(uint32, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True), int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64, int64, float64)"
)
def _settle(
    lines: LineHashes,
    lengths: LineHashes,
    begins: Counts,
    hit_lines: Counts,
    hit_windows: Counts,
    keepers: Counts,
    first: int,
    length: int,
    share_max: float,
) -> tuple[Counts, Counts, Counts, npt.NDArray[np.uint8], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    num = len(begins) - 1
    text_of = np.empty(len(lines), np.int64)
    begin_of, end_of = np.empty(len(lines), np.int64), np.empty(len(lines), np.int64)
    state_of = np.empty(len(lines), np.uint8)
    share, elsewhere = np.zeros(num), np.zeros(num)
    spans = hit = 0
    for text in range(num):
        begin_hit = hit
        while hit < len(hit_lines) and hit_lines[hit] < begins[text + 1]:
            hit += 1
        if begin_hit == hit:
            continue
        in_text = slice(begin_hit, hit)
        share[text], elsewhere[text] = _shares(
            lines, begins[text], begins[text + 1], hit_lines[in_text], hit_windows[in_text], keepers, length
        )
        if elsewhere[text] > share_max:
            continue
        own = first + text
        for at in range(begin_hit, hit):
            if keepers[hit_windows[at]] == _NOBODY:
                keepers[hit_windows[at]] = own
        saying = until_own = until_others = byte = 0
        state, at_hit = 0, begin_hit
        for line in range(begins[text], begins[text + 1]):
            byte += lengths[line]
            if lines[line] == 0:
                continue
            if at_hit < hit and hit_lines[at_hit] == line:
                if keepers[hit_windows[at_hit]] == own:
                    until_own = saying + length
                else:
                    until_others = saying + length
                at_hit += 1
            now = KEPT_HERE if saying < until_own else REPEATED if saying < until_others else 0
            if now and now != state:
                text_of[spans], begin_of[spans], state_of[spans] = own, byte - lengths[line], now
                spans += 1
            if now:
                end_of[spans - 1] = byte
            state = now
            saying += 1
    return (
        text_of[:spans].copy(), begin_of[:spans].copy(), end_of[:spans].copy(), state_of[:spans].copy(), share,
        elsewhere,
    )  # fmt: skip
