"""Which rules stand in a text word for word, and which stand there with some words changed."""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.rule_kinds import CONTINUOUS
from tilth.data.facts.licence.rules import BASE, FILTER_BITS, Numbers, run_key, slot_of

RULE, FIRST, LAST, MATCHED, BLOCK, BLOCKS, WORTH = range(7)
"""Columns of a match: its rule; first word and one past the last; words in common; its first block and how many; what
it is worth beside others."""
NUM_COLUMNS = 7
MAX_MATCHES = 20_000


@numba.njit(cache=True, nogil=True)
def is_unbroken(gap_sums: NDArray[np.int32], first: int, last: int) -> bool:
    """True where no unknown word stands between the words first..last-1."""
    return bool(gap_sums[last - 1] == gap_sums[first])


@numba.njit(cache=True, nogil=True)
def sums_of_gaps(gaps: NDArray[np.uint8]) -> NDArray[np.int32]:
    """For each word, how many of the words before it have an unknown word behind them."""
    sums = np.zeros(gaps.size + 1, np.int32)
    for at in range(gaps.size):
        sums[at + 1] = sums[at] + (1 if gaps[at] > 0 else 0)
    return sums


@numba.njit(cache=True, nogil=True)
def _is_kept(
    table: Numbers,
    rule: int,
    first: int,
    gap_sums: NDArray[np.int32],
    lines: NDArray[np.int32],
) -> bool:
    length = table.bounds[rule + 1] - table.bounds[rule]
    last = first + length
    if table.flags[rule] & CONTINUOUS and not is_unbroken(gap_sums, first, last):
        return False
    for at in range(table.phrase_bounds[rule], table.phrase_bounds[rule + 1]):
        if not is_unbroken(gap_sums, first + table.phrases[at, 0], first + table.phrases[at, 1]):
            return False
    # A few words on many lines are words of code that chance put in a row.
    num_lines = lines[last - 1] - lines[first]
    return not (length <= 15 and num_lines >= length)


@numba.njit(cache=True, nogil=True)
def _anchored(
    key: np.uint64, bits: NDArray[np.uint8], keys: NDArray[np.uint64], first: NDArray[np.int32]
) -> int:
    """The first rule whose anchor is the run `key`, or -1."""
    bit = slot_of(key, np.uint64(FILTER_BITS - 1))
    if not (bits[bit >> np.uint64(3)] >> (bit & np.uint64(7))) & 1:
        return -1
    mask = np.uint64(keys.size - 1)
    slot = slot_of(key, mask)
    while keys[slot] != 0:
        if keys[slot] == key:
            return int(first[slot])
        slot = (slot + np.uint64(1)) & mask
    return -1


@numba.njit(cache=True, nogil=True)
def exact_matches(
    table: Numbers,
    ids: NDArray[np.int32],
    gap_sums: NDArray[np.int32],
    lines: NDArray[np.int32],
    found: NDArray[np.int32],
    blocks: NDArray[np.int32],
) -> int:
    """Write the rules that stand in the text word for word; returns how many."""
    count = 0
    n = ids.size
    sums = np.zeros(n + 1, np.uint64)
    powers = np.ones(n + 1, np.uint64)
    for at in range(n):
        sums[at + 1] = sums[at] * BASE + table.values[ids[at]]
        powers[at + 1] = powers[at] * BASE
    # The table as a whole is too large to be handed on for every word.
    single, bits, keys, first_rules = table.single, table.anchor_bits, table.anchor_keys, table.anchor_first
    for at in range(n):
        for size in range(1, 4):
            if at + size > n:
                break
            if size == 1:
                rule = int(single[ids[at]])
            else:
                key = run_key(ids[at], ids[at + 1], ids[at + 2] if size > 2 else -1)
                rule = _anchored(key, bits, keys, first_rules)
            while rule >= 0:
                first = at - table.anchor_at[rule]
                last = first + table.bounds[rule + 1] - table.bounds[rule]
                if (
                    first >= 0
                    and last <= n
                    and sums[last] - sums[first] * powers[last - first] == table.hashes[rule]
                    and _is_kept(table, rule, first, gap_sums, lines)
                ):
                    if count == MAX_MATCHES:
                        return count
                    found[count, RULE], found[count, FIRST], found[count, LAST] = rule, first, last
                    found[count, MATCHED] = found[count, WORTH] = last - first
                    found[count, BLOCK], found[count, BLOCKS] = count, 1
                    blocks[count, 0], blocks[count, 1], blocks[count, 2] = first, 0, last - first
                    count += 1
                rule = table.anchor_next[rule]
    return count
