"""Which of the overlapping matches of a text hold: the ones that explain more words take away what lies in them."""

import numba
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.rule_kinds import TEXT
from tilth.data.facts.licence.rules import Numbers
from tilth.data.facts.licence.search import BLOCK, BLOCKS, FIRST, LAST, MATCHED, RULE, WORTH

_OWN_SHARE = 0.15
_TEXT_WORDS, _WHOLE_SHARE, _FIRST_RANK = 60, 0.98, 1 << 30
_MAX_PARTS = 8
_SMALL, _MEDIUM, _LARGE, _MOST = 0.10, 0.40, 0.70, 0.90


@numba.njit(cache=True, nogil=True)
def _overlap(a: NDArray[np.int32], b: NDArray[np.int32], blocks: NDArray[np.int32]) -> int:
    """Words that two matches have in common."""
    if a[LAST] <= b[FIRST] or b[LAST] <= a[FIRST]:
        return 0
    total = 0
    left, right = a[BLOCK], b[BLOCK]
    left_end, right_end = left + a[BLOCKS], right + b[BLOCKS]
    while left < left_end and right < right_end:
        low = max(blocks[left, 0], blocks[right, 0])
        left_stop = blocks[left, 0] + blocks[left, 2]
        right_stop = blocks[right, 0] + blocks[right, 2]
        total += max(0, min(left_stop, right_stop) - low)
        if left_stop < right_stop:
            left += 1
        else:
            right += 1
    return total


@numba.njit(cache=True, nogil=True)
def _says_all(table: Numbers, a: int, b: int) -> bool:
    """True where rule `a` names all licences that rule `b` names."""
    own, other = table.expression_of[a], table.expression_of[b]
    if own == other:
        return True
    for at in range(table.atom_bounds[other], table.atom_bounds[other + 1]):
        is_here = False
        for place in range(table.atom_bounds[own], table.atom_bounds[own + 1]):
            if table.atoms[place] == table.atoms[at]:
                is_here = True
                break
        if not is_here:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _order(found: NDArray[np.int32], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    keys = np.empty(chosen.size, np.int64)
    for at in range(chosen.size):
        match = found[chosen[at]]
        keys[at] = (np.int64(match[FIRST]) << 32) | np.int64(1_000_000_000 - match[WORTH])
    ordered: NDArray[np.int64] = chosen[np.argsort(keys, kind="mergesort")]
    return ordered


@numba.njit(cache=True, nogil=True)
def _without_contained(
    found: NDArray[np.int32], blocks: NDArray[np.int32], chosen: NDArray[np.int64], is_out: NDArray[np.uint8]
) -> NDArray[np.int64]:
    chosen = _order(found, chosen)
    for at in range(chosen.size):
        own = found[chosen[at]]
        if is_out[chosen[at]]:
            continue
        for other_at in range(at + 1, chosen.size):
            other = found[chosen[other_at]]
            if other[FIRST] >= own[LAST]:
                break
            if is_out[chosen[other_at]]:
                continue
            common = _overlap(own, other, blocks)
            if common == other[MATCHED] and own[WORTH] >= other[WORTH]:
                is_out[chosen[other_at]] = 1
            elif common == own[MATCHED] and other[WORTH] >= own[WORTH]:
                is_out[chosen[at]] = 1
                break
    left: NDArray[np.int64] = chosen[is_out[chosen] == 0]
    return left


@numba.njit(cache=True, nogil=True)
def _loser(table: Numbers, own: NDArray[np.int32], other: NDArray[np.int32], common: int) -> int:
    """Which of two overlapping matches goes: 1 for the first, 2 for the second, 0 for neither."""
    share_own, share_other = common / own[MATCHED], common / other[MATCHED]
    own_wins, other_wins = own[WORTH] >= other[WORTH], own[WORTH] <= other[WORTH]
    if share_other >= _LARGE and own_wins:
        return 2
    if share_own >= _LARGE and other_wins:
        return 1
    if share_other >= _MEDIUM or share_own >= _MEDIUM:
        if own_wins and _says_all(table, own[RULE], other[RULE]):
            return 2
        if other_wins and _says_all(table, other[RULE], own[RULE]):
            return 1
    is_around = own[FIRST] <= other[FIRST] and own[LAST] >= other[LAST]
    if share_other >= _SMALL and is_around and own_wins and _says_all(table, own[RULE], other[RULE]):
        return 2
    is_inside = other[FIRST] <= own[FIRST] and other[LAST] >= own[LAST]
    if share_own >= _SMALL and is_inside and other_wins and _says_all(table, other[RULE], own[RULE]):
        return 1
    return 0


@numba.njit(cache=True, nogil=True)
def _without_overlapping(
    table: Numbers,
    found: NDArray[np.int32],
    blocks: NDArray[np.int32],
    chosen: NDArray[np.int64],
    is_out: NDArray[np.uint8],
) -> NDArray[np.int64]:
    previous = -1
    for at in range(chosen.size):
        own = found[chosen[at]]
        if is_out[chosen[at]]:
            continue
        for other_at in range(at + 1, chosen.size):
            other = found[chosen[other_at]]
            if other[FIRST] >= own[LAST]:
                break
            if is_out[chosen[other_at]]:
                continue
            common = _overlap(own, other, blocks)
            if common == 0:
                continue
            loser = _loser(table, own, other, common)
            if loser == 0 and previous >= 0 and _overlap(found[previous], other, blocks) == 0:
                before = _overlap(found[previous], own, blocks)
                if before > 0 and before + common >= 0.9 * own[MATCHED]:
                    loser = 1
            if loser == 2:
                is_out[chosen[other_at]] = 1
            elif loser == 1:
                is_out[chosen[at]] = 1
                break
        if not is_out[chosen[at]]:
            previous = chosen[at]
    left: NDArray[np.int64] = chosen[is_out[chosen] == 0]
    return left


@numba.njit(cache=True, nogil=True)
def _take(match: NDArray[np.int32], blocks: NDArray[np.int32], taken: NDArray[np.uint8]) -> None:
    for block in range(match[BLOCK], match[BLOCK] + match[BLOCKS]):
        taken[blocks[block, 0] : blocks[block, 0] + blocks[block, 2]] = 1


@numba.njit(cache=True, nogil=True)
def _is_taken(match: NDArray[np.int32], blocks: NDArray[np.int32], taken: NDArray[np.uint8]) -> bool:
    for block in range(match[BLOCK], match[BLOCK] + match[BLOCKS]):
        for at in range(blocks[block, 0], blocks[block, 0] + blocks[block, 2]):
            if taken[at]:
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _is_outdone(found: NDArray[np.int32], order: NDArray[np.int64], own: NDArray[np.int32]) -> bool:
    """True where matches that lie side by side in a long one are worth more together: two texts, not a third."""
    spans = np.empty((_MAX_PARTS, 2), np.int32)
    num, worth = 0, 0
    for at in order:
        other = found[at]
        first, last = other[FIRST], other[LAST]
        if (
            first < own[FIRST]
            or last > own[LAST]
            or other[MATCHED] < _TEXT_WORDS
            or other[WORTH] >= own[WORTH]
        ):
            continue
        is_free = True
        for place in range(num):
            is_free = is_free and (last <= spans[place, 0] or first >= spans[place, 1])
        if is_free:
            spans[num, 0], spans[num, 1] = first, last
            worth += other[WORTH]
            num += 1
            if num == _MAX_PARTS or worth > own[WORTH]:
                break
    return num > 1 and worth > own[WORTH]


@numba.njit(cache=True, nogil=True)
def _without_explained(
    table: Numbers,
    found: NDArray[np.int32],
    blocks: NDArray[np.int32],
    chosen: NDArray[np.int64],
    is_out: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Drop rules that the text only resembles where rules that are worth more explain nearly all the same words."""
    reach = 1
    for at in chosen:
        reach = max(reach, found[at, LAST])
    taken = np.zeros(reach, np.uint8)
    ranks = np.empty(chosen.size, np.int64)
    for at in range(chosen.size):
        match = found[chosen[at]]
        length = table.bounds[match[RULE] + 1] - table.bounds[match[RULE]]
        is_text = table.kinds[match[RULE]] == TEXT and length >= _TEXT_WORDS
        ranks[at] = -match[WORTH] - (
            _FIRST_RANK if is_text and match[MATCHED] >= _WHOLE_SHARE * length else 0
        )
    order = chosen[np.argsort(ranks, kind="mergesort")]
    for at in order:
        match = found[at]
        length = table.bounds[match[RULE] + 1] - table.bounds[match[RULE]]
        if match[MATCHED] < length:
            if match[MATCHED] >= 2 * _TEXT_WORDS and _is_outdone(found, order, match):
                is_out[at] = 1
                continue
            own = 0
            for block in range(match[BLOCK], match[BLOCK] + match[BLOCKS]):
                for place in range(blocks[block, 0], blocks[block, 0] + blocks[block, 2]):
                    own += taken[place] == 0
            if own < _OWN_SHARE * match[MATCHED]:
                is_out[at] = 1
                continue
        _take(match, blocks, taken)
    left: NDArray[np.int64] = chosen[is_out[chosen] == 0]
    return left


@numba.njit(cache=True, nogil=True)
def refined(table: Numbers, found: NDArray[np.int32], blocks: NDArray[np.int32]) -> NDArray[np.int64]:
    """The matches that hold, in order of place."""
    is_out = np.zeros(found.shape[0], np.uint8)
    chosen = _without_explained(table, found, blocks, np.arange(found.shape[0]), is_out)
    chosen = _without_contained(found, blocks, chosen, is_out)
    chosen = _without_overlapping(table, found, blocks, chosen, is_out)
    # What only a match that is gone took away comes back.
    kept = np.zeros(found.shape[0], np.uint8)
    kept[chosen] = 1
    reach = 0
    for at in range(found.shape[0]):
        reach = max(reach, found[at, LAST])
    taken = np.zeros(reach + 1, np.uint8)
    for at in chosen:
        _take(found[at], blocks, taken)
    lost = np.flatnonzero(is_out)
    for at in lost[np.argsort(-found[lost, WORTH], kind="mergesort")]:
        if not _is_taken(found[at], blocks, taken):
            kept[at] = 1
            _take(found[at], blocks, taken)
    return _order(found, np.flatnonzero(kept))
