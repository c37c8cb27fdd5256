"""The samples of rules, runs of four words, that stand in a text: what makes a rule worth laying beside it."""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.rules import FILTER_BITS, Numbers, sample_key
from tilth.data.facts.licence.tokens import id_of

_MIN_HITS = 3
# Samples of a rule lie this close in a text that follows it.
_HIT_WORDS = 40


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
