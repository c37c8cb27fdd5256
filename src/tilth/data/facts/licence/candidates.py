"""Which rules a text may resemble: those that share most of their runs of four words with it.

A sample of each rule's runs says which come into question, all of their runs which of those to lay beside the text.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.rules import FILTER_BITS, Numbers, sample_key
from tilth.data.facts.licence.tokens import id_of

TELLING_COST = 5
"""What a word by which licences differ costs beside others, where only one of text and rule has it."""
CANDIDATES = 12
"""Rules laid beside a text at a time."""
RUNS = 1 << 17
"""Marks for the runs of a text, by their hash."""
_MIN_HITS = 3
# Samples of a rule lie this close in a text that follows it.
_HIT_WORDS = 40
_LIKELY = 64


@numba.njit(cache=True, nogil=True)
def _place_of_sample(
    values: NDArray[np.uint64],
    bits: NDArray[np.uint8],
    keys: NDArray[np.uint64],
    places: NDArray[np.int32],
    ids: NDArray[np.int32],
    at: int,
) -> int:
    key = sample_key(values[ids[at]], values[ids[at + 1]], values[ids[at + 2]], values[ids[at + 3]])
    bit = np.uint64(key) & np.uint64(FILTER_BITS - 1)
    if not (bits[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1:
        return -1
    return id_of(np.uint64(key) | np.uint64(1 << 32), keys, places)


@numba.njit(cache=True, nogil=True)
def places_of_samples(
    table: Numbers, ids: NDArray[np.int32], gap_sums: NDArray[np.int32]
) -> NDArray[np.int32]:
    """For each word the sample that begins with it, or -1; a run with a foreign word in it is none."""
    values, bits, keys, places = table.values, table.sample_bits, table.sample_keys, table.sample_places
    found = np.full(ids.size, -1, np.int32)
    for at in range(ids.size - 3):
        if gap_sums[at + 3] == gap_sums[at]:
            found[at] = _place_of_sample(values, bits, keys, places, ids, at)
    return found


@numba.njit(cache=True, nogil=True)
def is_promising(samples: NDArray[np.int32], covered: NDArray[np.uint8]) -> bool:
    """True where a few samples stand near each other in uncovered words."""
    hits, last = 0, 0
    for at in range(samples.size - 3):
        if samples[at] >= 0 and not covered[at] and not covered[at + 3]:
            hits = hits + 1 if at - last <= _HIT_WORDS else 1
            last = at
            if hits == _MIN_HITS:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def distinct(
    samples: NDArray[np.int32], covered: NDArray[np.uint8], seen: NDArray[np.uint8], found: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The samples in uncovered words, each once however often it stands there; `seen` is all 0 before and after."""
    num = 0
    for at in range(samples.size - 3):
        if samples[at] >= 0 and not covered[at] and not covered[at + 3] and not seen[samples[at]]:
            seen[samples[at]] = 1
            found[num] = samples[at]
            num += 1
    seen[found[:num]] = 0
    return found[:num]


@numba.njit(cache=True, nogil=True)
def count_fresh(
    table: Numbers,
    samples: NDArray[np.int32],
    fresh: NDArray[np.int32],
    touched: NDArray[np.int32],
) -> tuple[int, int]:
    """Count for each rule its samples; rules with one are written to `touched`.

    Returns how many they are, and the work that it took.
    """
    num_touched, work = 0, 0
    for sample in samples:
        work += table.sample_bounds[sample + 1] - table.sample_bounds[sample]
        for owner in range(table.sample_bounds[sample], table.sample_bounds[sample + 1]):
            rule = table.sample_rules[owner]
            if fresh[rule] == 0:
                touched[num_touched] = rule
                num_touched += 1
            fresh[rule] += 1
    return num_touched, work


@numba.njit(cache=True, nogil=True)
def count_all(
    table: Numbers,
    samples: NDArray[np.int32],
    fresh: NDArray[np.int32],
    counts: NDArray[np.int32],
    enough: NDArray[np.int32],
) -> tuple[int, int]:
    """Count its samples for each rule that has a fresh one.

    Rules with enough of them are written to `enough`; returns how many they are, and the work that it took.
    """
    num, work = 0, 0
    for sample in samples:
        work += table.sample_bounds[sample + 1] - table.sample_bounds[sample]
        for owner in range(table.sample_bounds[sample], table.sample_bounds[sample + 1]):
            rule = table.sample_rules[owner]
            if fresh[rule] > 0:
                counts[rule] += 1
                if counts[rule] == _MIN_HITS:
                    enough[num] = rule
                    num += 1
    return num, work


@numba.njit(cache=True, nogil=True)
def _is_among(rules: NDArray[np.int32], wanted: int) -> bool:
    # NumPy's comparison makes an array, which for most rules costs more than all else.
    for rule in rules:
        if rule == wanted:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def likely_rules(
    table: Numbers, counts: NDArray[np.int32], tried: NDArray[np.int32], enough: NDArray[np.int32]
) -> NDArray[np.int32]:
    """The rules of which so many samples stand in the text that they may explain it, the best first."""
    rules = np.empty(enough.size, np.int32)
    keys = np.empty(enough.size, np.float64)
    num = 0
    for rule in enough:
        # Below a third the words that differ outweigh the others.
        if 3 * counts[rule] <= table.sample_counts[rule] or _is_among(tried, rule):
            continue
        share = min(1.0, counts[rule] / table.sample_counts[rule])
        length = table.bounds[rule + 1] - table.bounds[rule]
        # Of rules that promise the same the first goes first, whatever the order in which they were met.
        rules[num], keys[num] = rule, length * (0.5 - 1.5 * share) + rule * 1e-6
        num += 1
    chosen: NDArray[np.int32] = rules[:num][np.argsort(keys[:num])[:_LIKELY]]
    return chosen


@numba.njit(cache=True, nogil=True)
def mark_runs(table: Numbers, ids: NDArray[np.int32], runs: NDArray[np.uint8], mark: int) -> None:
    """Mark the runs of four words of the text in `runs`, by their hash."""
    values = table.values
    for at in range(ids.size - 3):
        key = sample_key(values[ids[at]], values[ids[at + 1]], values[ids[at + 2]], values[ids[at + 3]])
        runs[key & np.uint32(RUNS - 1)] = mark


@numba.njit(cache=True, nogil=True)
def best_of(
    table: Numbers, likely: NDArray[np.int32], runs: NDArray[np.uint8], num_words: int
) -> NDArray[np.int32]:
    """Of likely rules the ones of which most words stand in the text in runs of four, words that tell above all.

    A rule has no more words in common with a text than the `num_words` that the text has.
    """
    values = table.values
    keys = np.empty(likely.size, np.float64)
    for at in range(likely.size):
        rule = likely[at]
        words = table.tokens[table.bounds[rule] : table.bounds[rule + 1]]
        worth, reach, present = 0, 0, 0
        for place in range(words.size):
            if place + 3 < words.size:
                key = sample_key(
                    values[words[place]],
                    values[words[place + 1]],
                    values[words[place + 2]],
                    values[words[place + 3]],
                )
                if runs[key & np.uint32(RUNS - 1)]:
                    reach = place + 4
            if place < reach:
                present += 1
            else:
                worth -= 1 + 2 * TELLING_COST * (table.telling[words[place]] + table.is_rare[words[place]])
        over = max(0, present - num_words)
        keys[at] = over - worth - 2 * (present - over) + at * 1e-3
    chosen: NDArray[np.int32] = likely[np.argsort(keys)[:CANDIDATES]]
    return chosen
