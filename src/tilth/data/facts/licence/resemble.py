"""Which rules stand in a text with some words changed: the ones that share most samples are laid beside it."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.align import aligned, index_rule
from tilth.data.facts.licence.candidates import (
    CANDIDATES,
    RUNS,
    TELLING_COST,
    best_of,
    count_all,
    count_fresh,
    distinct,
    is_promising,
    likely_rules,
    mark_runs,
    places_of_samples,
)
from tilth.data.facts.licence.rule_kinds import TEXT
from tilth.data.facts.licence.rules import Numbers
from tilth.data.facts.licence.search import BLOCK, BLOCKS, FIRST, LAST, MATCHED, RULE, WORTH, is_unbroken

# Words of a text that are compared with rules that may differ from it.
MAX_APPROXIMATE_WORDS = 40_000
# What may be spent on a text, in rules counted; a step of laying a rule beside it costs as much as four.
_LEAST_WORK, _WORK_A_WORD, _STEP_WORK = 2_000_000, 120, 4
_ROUNDS = 6
_LONG_WORDS = 120
_CLEAR_WORDS = 20


class Scratch(NamedTuple):
    """Room that the search needs again and again; `counts`, `fresh`, `runs` and `seen` are all 0 between searches."""

    counts: NDArray[np.int32]
    fresh: NDArray[np.int32]
    touched: NDArray[np.int32]
    enough: NDArray[np.int32]
    heads: NDArray[np.int32]
    following: NDArray[np.int32]
    tried: NDArray[np.int32]
    runs: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    found: NDArray[np.int32]


def scratch(table: Numbers) -> Scratch:
    """Room for a search among the rules of a table."""
    size = table.kinds.size
    return Scratch(
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(1 << 15, np.int32),
        np.zeros(1 << 16, np.int32),
        np.zeros(_ROUNDS * CANDIDATES, np.int32),
        np.zeros(RUNS, np.uint8),
        np.zeros(table.sample_bounds.size, np.uint8),
        np.zeros(MAX_APPROXIMATE_WORDS, np.int32),
    )


@numba.njit(cache=True, nogil=True)
def _has_phrases(
    table: Numbers,
    rule: int,
    blocks: NDArray[np.int32],
    low: int,
    high: int,
    gap_sums: NDArray[np.int32],
) -> bool:
    for at in range(table.phrase_bounds[rule], table.phrase_bounds[rule + 1]):
        start, end = table.phrases[at, 0], table.phrases[at, 1]
        is_here = False
        for block in range(low, high):
            offset = start - blocks[block, 1]
            if offset >= 0 and end <= blocks[block, 1] + blocks[block, 2]:
                first = blocks[block, 0] + offset
                is_here = is_unbroken(gap_sums, first, first + end - start)
                break
        if not is_here:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _says_otherwise(
    table: Numbers, rule: int, ids: NDArray[np.int32], blocks: NDArray[np.int32], low: int, high: int
) -> bool:
    """True where a text differs from a notice in its licence's name or version, or lacks a word that few rules have.

    A place may have moved ("curl.haxx.se") where another word that few rules have stays.
    """
    length = table.bounds[rule + 1] - table.bounds[rule]
    if table.kinds[rule] == TEXT or length > _LONG_WORDS:
        return False
    at, has_moved, stays = 0, False, False
    for block in range(low, high + 1):
        stop = blocks[block, 1] if block < high else length
        for place in range(at, stop):
            word = table.tokens[table.bounds[rule] + place]
            if table.is_place[word]:
                has_moved |= table.is_rare[word]
            elif table.is_rare[word] or table.names[word] or table.version[word]:
                return True
        at = blocks[block, 1] + blocks[block, 2] if block < high else length
        for place in range(stop, at):
            stays |= table.is_rare[table.tokens[table.bounds[rule] + place]]
    if has_moved and not stays:
        return True
    for block in range(low + 1, high):
        for at in range(blocks[block - 1, 0] + blocks[block - 1, 2], blocks[block, 0]):
            if table.version[ids[at]]:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _worth(
    table: Numbers,
    words: NDArray[np.uint16],
    ids: NDArray[np.int32],
    blocks: NDArray[np.int32],
    low: int,
    high: int,
    matched: int,
    last: int,
) -> int:
    """The words in common, less half of the others, and more for names and for words by which licences differ.

    Words of the rule that are left out in the middle count twice: a text may be cut at its ends, but what it goes on
    without is not its own.
    """
    first = blocks[low, 0]
    telling = 0
    for at in range(first, last):
        telling += table.telling[ids[at]]
    rare = 0
    for word in words:
        telling += table.telling[word]
        rare += table.is_rare[word]
    for block in range(low, high):
        for at in range(blocks[block, 0], blocks[block, 0] + blocks[block, 2]):
            telling -= 2 * table.telling[ids[at]]
            rare -= table.is_rare[ids[at]]
    holes = 0
    for block in range(low + 1, high):
        holes += blocks[block, 1] - blocks[block - 1, 1] - blocks[block - 1, 2]
    return int(
        matched
        - (words.size - matched + last - first - matched + holes) // 2
        - TELLING_COST * (telling + rare)
    )


@numba.njit(cache=True, nogil=True)
def _least_share(table: Numbers, rule: int, length: int) -> float:
    # A name for many licences ("proprietary") is no text of its own.
    is_vague = table.is_vague[table.expression_of[rule]] != 0
    is_short = length < 25 or (length < 60 and table.kinds[rule] != TEXT)
    least = 0.8 if is_short or is_vague else 0.65 if length < 150 else 0.5
    return float(max(least, table.coverages[rule] / 100))


@numba.njit(cache=True, nogil=True)
def _cover(
    found: NDArray[np.int32], blocks: NDArray[np.int32], low: int, high: int, covered: NDArray[np.uint8]
) -> None:
    for at in range(low, high):
        for block in range(found[at, BLOCK], found[at, BLOCK] + found[at, BLOCKS]):
            first = blocks[block, 0]
            covered[first : first + blocks[block, 2]] = 1


@numba.njit(cache=True, nogil=True)
def _places_of_rule(
    table: Numbers,
    rule: int,
    ids: NDArray[np.int32],
    gap_sums: NDArray[np.int32],
    found: NDArray[np.int32],
    blocks: NDArray[np.int32],
    count: int,
    num_blocks: int,
    room: Scratch,
    steps: int,
) -> tuple[int, int, int]:
    """Append the stretches that follow one rule; returns the numbers of matches and of blocks, and the steps left."""
    words = table.tokens[table.bounds[rule] : table.bounds[rule + 1]]
    size = 64
    while size < 2 * words.size and size < room.heads.size:
        size *= 2
    mask = np.uint64(size - 1)
    heads = room.heads[:size]
    index_rule(words, heads, room.following, mask)
    begin = 0
    while begin < ids.size - 2 and steps > 0:
        end, matched, last, cost = aligned(words, heads, room.following, mask, ids, begin, blocks, num_blocks)
        steps -= cost
        if matched == 0:
            break
        begin = last
        if (
            matched >= _least_share(table, rule, words.size) * words.size
            and count < found.shape[0]
            and not _says_otherwise(table, rule, ids, blocks, num_blocks, end)
            and _has_phrases(table, rule, blocks, num_blocks, end, gap_sums)
        ):
            found[count, RULE], found[count, MATCHED] = rule, matched
            found[count, FIRST], found[count, LAST] = blocks[num_blocks, 0], last
            found[count, BLOCK], found[count, BLOCKS] = num_blocks, end - num_blocks
            found[count, WORTH] = _worth(table, words, ids, blocks, num_blocks, end, matched, last)
            count, num_blocks = count + 1, end
    return count, num_blocks, steps


@numba.njit(cache=True, nogil=True)
def approximate_matches(
    table: Numbers,
    ids: NDArray[np.int32],
    gap_sums: NDArray[np.int32],
    found: NDArray[np.int32],
    blocks: NDArray[np.int32],
    count: int,
    room: Scratch,
) -> int:
    """Append the rules that stand in the text with some words changed; returns how many matches there are now."""
    ids = ids[:MAX_APPROXIMATE_WORDS]
    samples = places_of_samples(table, ids, gap_sums)
    # What a rule explains word for word is no reason to look for others; a rule that explains more may lie over it.
    clear = np.zeros(ids.size, np.uint8)
    texts = np.zeros(ids.size, np.uint8)
    for at in range(count):
        if found[at, MATCHED] >= _CLEAR_WORDS:
            clear[found[at, FIRST] : found[at, LAST]] = 1
            if table.kinds[found[at, RULE]] == TEXT and found[at, MATCHED] >= _LONG_WORDS:
                texts[found[at, FIRST] : found[at, LAST]] = 1
    num_blocks, num_tried = count, 0
    left = max(_LEAST_WORK, _WORK_A_WORD * ids.size)
    for _ in range(_ROUNDS):
        if left <= 0 or not is_promising(samples, clear):
            break
        num_touched, fresh_work = count_fresh(
            table, distinct(samples, clear, room.seen, room.found), room.fresh, room.touched
        )
        num_enough, work = count_all(
            table, distinct(samples, texts, room.seen, room.found), room.fresh, room.counts, room.enough
        )
        likely = likely_rules(table, room.counts, room.tried[:num_tried], room.enough[:num_enough])
        touched = room.touched[:num_touched]
        room.counts[touched] = 0
        room.fresh[touched] = 0
        left -= fresh_work + work
        if likely.size == 0:
            break
        if num_tried == 0:
            mark_runs(table, ids, room.runs, 1)
        before = count
        for rule in best_of(table, likely, room.runs, ids.size):
            room.tried[num_tried] = rule
            num_tried += 1
            steps = left // _STEP_WORK
            count, num_blocks, steps_left = _places_of_rule(
                table, rule, ids, gap_sums, found, blocks, count, num_blocks, room, steps
            )
            left -= _STEP_WORK * (steps - steps_left)
        _cover(found, blocks, before, count, clear)
        _cover(found, blocks, before, count, texts)
    if num_tried > 0:
        mark_runs(table, ids, room.runs, 0)
    return count
