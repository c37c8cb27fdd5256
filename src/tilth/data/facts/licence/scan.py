"""From the stretches of a batch of documents to the rules that stand in them, in one pass without Python."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.refine import refined
from tilth.data.facts.licence.resemble import Scratch, approximate_matches, scratch
from tilth.data.facts.licence.rule_kinds import FALSE_POSITIVE, NOTICE
from tilth.data.facts.licence.rules import Numbers, rules
from tilth.data.facts.licence.search import (
    BLOCK,
    BLOCKS,
    FIRST,
    LAST,
    MATCHED,
    MAX_MATCHES,
    NUM_COLUMNS,
    RULE,
    exact_matches,
    sums_of_gaps,
)
from tilth.data.facts.licence.tokens import CLASSES, tokenise

MAX_WORDS = 200_000
"""Known words of one document that are read."""
_MAX_BLOCKS = 60_000
_MIN_LISTED = 15
_MANY_LICENCES = 20
_MAX_LISTED_WORDS = 20
_MAX_OF_RULE = 8


class Match(NamedTuple):
    """A rule that holds in a document."""

    rule: int
    start: int
    """First byte in the document."""
    end: int
    matched: int
    """Words in common with the rule."""
    words: int
    """Known words of the document between the first and the last one matched."""
    stern: int
    """Words of restriction in the document's passage that the rule does not have."""
    foreign: int
    """Known words of the longest run in the document's passage that the rule does not have there."""


@numba.njit(cache=True, nogil=True)
def _without_lists(table: Numbers, found: NDArray[np.int32], kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop long runs of bare names of many licences: a table of licences, not a licence."""
    is_out = np.zeros(kept.size, np.uint8)
    begin, num_notices = 0, 0
    for at in range(kept.size + 1):
        if at < kept.size:
            kind = table.kinds[found[kept[at], RULE]]
            if found[kept[at], MATCHED] <= _MAX_LISTED_WORDS:
                num_notices += kind == NOTICE
                continue
        count = at - begin
        # Here and there two names in a row read like a statement.
        if count >= _MIN_LISTED:
            said = np.unique(table.expression_of[found[kept[begin:at], RULE]]).size
            is_table = said * 3 >= count or (count >= 10 * _MIN_LISTED and said >= 5)
            if is_table and (num_notices * 3 <= count or said >= _MANY_LICENCES):
                is_out[begin:at] = 1
        begin, num_notices = at + 1, 0
    left: NDArray[np.int64] = kept[is_out == 0]
    return left


@numba.njit(cache=True, nogil=True)
def _num_of_rule(rows: NDArray[np.int64], rule: int) -> int:
    """How often a rule was written for a document: a statement made over and over says no more."""
    count = 0
    for at in range(rows.shape[0]):
        count += rows[at, 0] == rule
    return count


@numba.njit(cache=True, nogil=True)
def _write(
    table: Numbers,
    match: NDArray[np.int32],
    blocks: NDArray[np.int32],
    ids: NDArray[np.int32],
    spans: NDArray[np.int32],
    row: NDArray[np.int64],
) -> None:
    """Write what a match says as `Match` has it."""
    rule, first, last = match[RULE], match[FIRST], match[LAST]
    row[0], row[1], row[2] = rule, spans[first, 0], spans[last - 1, 1]
    row[3], row[4], row[5], row[6] = match[MATCHED], last - first, 0, 0
    if match[MATCHED] == last - first:
        return
    stern = 0
    for at in range(first, last):
        stern += table.stern[ids[at]]
    for at in range(table.bounds[rule], table.bounds[rule + 1]):
        stern -= table.stern[table.tokens[at]]
    row[5] = max(0, stern)
    for block in range(match[BLOCK] + 1, match[BLOCK] + match[BLOCKS]):
        row[6] = max(row[6], blocks[block, 0] - blocks[block - 1, 0] - blocks[block - 1, 2])


@numba.njit(cache=True, nogil=True)
def _scan(
    table: Numbers,
    joined: NDArray[np.uint8],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    windows: NDArray[np.int64],
    classes: NDArray[np.uint8],
    max_words: int,
    room: Scratch,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ids = np.empty(max_words, np.int32)
    spans = np.empty((max_words, 2), np.int32)
    lines = np.empty(max_words, np.int32)
    gaps = np.empty(max_words, np.uint8)
    found = np.zeros((MAX_MATCHES + 512, NUM_COLUMNS), np.int32)
    blocks = np.zeros((MAX_MATCHES + _MAX_BLOCKS, 3), np.int32)
    rows = np.zeros((256, 7), np.int64)
    row_counts = np.zeros(counts.size, np.int64)
    total, window = 0, 0
    for which in range(counts.size):
        count, line = 0, 0
        base = starts[which]
        data = joined[base : starts[which + 1]]
        for at in range(window, window + counts[which]):
            count, line = tokenise(
                data, windows[at, 0] - base, windows[at, 1] - base, classes, table.word_keys, table.word_ids,
                ids, spans, lines, gaps, count, line,
            )  # fmt: skip
            # What stands in two stretches does not belong together.
            line += 100
            if count > 0:
                gaps[count - 1] = 255
        window += counts[which]
        if count == 0:
            continue
        gap_sums = sums_of_gaps(gaps[:count])
        num = exact_matches(table, ids[:count], gap_sums, lines[:count], found, blocks)
        num = approximate_matches(table, ids[:count], gap_sums, found, blocks, num, room)
        if num == 0:
            continue
        kept = refined(table, found[:num], blocks) if num > 1 else np.zeros(1, np.int64)
        own = _without_lists(table, found, kept)
        while total + own.size > rows.shape[0]:
            longer = np.zeros((2 * rows.shape[0], 7), np.int64)
            longer[:total] = rows[:total]
            rows = longer
        for at in own:
            if (
                table.flags[found[at, RULE]] & FALSE_POSITIVE == 0
                and _num_of_rule(rows[total - row_counts[which] : total], found[at, RULE]) < _MAX_OF_RULE
            ):
                _write(table, found[at], blocks, ids, spans, rows[total])
                total += 1
                row_counts[which] += 1
    return row_counts, rows[:total]


def matches_in(
    joined: NDArray[np.uint8],
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
    windows: NDArray[np.int64],
) -> list[list[Match]]:
    """The rules that hold in each document, in order of place (see `gate.windows` for `counts` and `windows`)."""
    longest = int((windows[:, 1] - windows[:, 0]).sum()) if windows.size else 0
    max_words = max(16, min(MAX_WORDS, longest // 2 + 16))
    row_counts, rows = _scan(
        rules().numbers, joined, starts, counts, windows, CLASSES, max_words, scratch(rules().numbers)
    )
    made = list(map(Match._make, rows.tolist()))
    ends = np.cumsum(row_counts).tolist()
    return [made[end - count : end] for end, count in zip(ends, row_counts.tolist(), strict=True)]
