"""Where a text follows a rule, as blocks of equal words: what was put in, left out or replaced lies between them."""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.rules import run_key, slot_of

_MAX_GAP = 100


@numba.njit(cache=True, nogil=True)
def index_rule(
    words: NDArray[np.uint16], heads: NDArray[np.int32], following: NDArray[np.int32], mask: np.uint64
) -> None:
    """Make `heads` and `following` lead from a run of three words to where it stands in the rule, in order."""
    heads[:] = -1
    for at in range(words.size - 3, -1, -1):
        slot = slot_of(run_key(words[at], words[at + 1], words[at + 2]), mask)
        following[at] = heads[slot]
        heads[slot] = at


@numba.njit(cache=True, nogil=True)
def _place_of_run(
    words: NDArray[np.uint16],
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    mask: np.uint64,
    ids: NDArray[np.int32],
    at: int,
    least: int,
) -> int:
    """The first place from `least` on where the three words at `at` stand in the rule, or -1."""
    place = heads[slot_of(run_key(ids[at], ids[at + 1], ids[at + 2]), mask)]
    looked = 0
    while place >= 0 and looked < 50:
        if (
            place >= least
            and words[place] == ids[at]
            and words[place + 1] == ids[at + 1]
            and words[place + 2] == ids[at + 2]
        ):
            return int(place)
        place = following[place]
        looked += 1
    return -1


@numba.njit(cache=True, nogil=True)
def aligned(
    words: NDArray[np.uint16],
    heads: NDArray[np.int32],
    following: NDArray[np.int32],
    mask: np.uint64,
    ids: NDArray[np.int32],
    begin: int,
    blocks: NDArray[np.int32],
    count: int,
) -> tuple[int, int, int, int]:
    """The first stretch of the text from `begin` on that follows the rule, as blocks of equal words.

    Returns the number of blocks after it, the words in common, one past its last word, and the steps taken.
    """
    widest = min(max(words.size // 2, 8), _MAX_GAP)
    at, rule_at, last = begin, -1, -1
    matched = 0
    first_block = count
    n = ids.size
    steps = 0
    while at < n:
        steps += 1
        if last >= 0 and at - last > widest:
            break
        place = -1
        if last >= 0:
            ahead = rule_at + (at - last)
            # The same distance behind the last block: a word was replaced.
            if ahead < words.size and words[ahead] == ids[at]:
                is_end = ahead + 1 >= words.size or at + 1 >= n
                if at == last or is_end or words[ahead + 1] == ids[at + 1]:
                    place = ahead
        if place < 0 and at + 2 < n:
            place = _place_of_run(words, heads, following, mask, ids, at, max(rule_at, 0))
            # A long jump ahead loses what is between.
            if last >= 0 and place - rule_at > max(widest, words.size // 3):
                place = -1
        if place < 0:
            at += 1
            continue
        size = 0
        while at + size < n and place + size < words.size and ids[at + size] == words[place + size]:
            size += 1
        if count < blocks.shape[0]:
            blocks[count, 0], blocks[count, 1], blocks[count, 2] = at, place, size
            count += 1
        matched += size
        at += size
        rule_at, last = place + size, at
        if rule_at >= words.size:
            break
    if count == first_block:
        return count, 0, n, steps
    return count, matched, last, steps
