"""Where in a document a licence text fits best, given the places of the shingles they share."""

import numba
import numpy as np
from numpy.typing import NDArray

MIN_GAP_WORDS = 30.0
_STRAY_SHARE = 0.1
_STRAY_HITS = 3
_STRAY_GAP_WORDS = 10


@numba.njit(cache=True, nogil=True)
def _densest(own: NDArray[np.int64], reach_words: int) -> tuple[int, int]:
    """The first of the longest runs of `own` that lie within so many words."""
    first, last, stop = 0, 0, 0
    for start in range(own.size):
        while stop < own.size and own[stop] < own[start] + reach_words:
            stop += 1
        if stop - start > last - first:
            first, last = start, stop
    return first, last


@numba.njit(cache=True, nogil=True)
def _num_distinct(
    ids: NDArray[np.int64], own: NDArray[np.int64], stamps: NDArray[np.int64], stamp: int
) -> int:
    count = 0
    for place in own:
        if stamps[ids[place]] != stamp:
            stamps[ids[place]] = stamp
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def trimmed(inside: NDArray[np.int64], widest: float) -> NDArray[np.int64]:
    """Without a few strays before or behind the text: a phrase that its neighbour shares with it."""
    share = _STRAY_SHARE * inside.size
    limit = float(_STRAY_GAP_WORDS) if widest == MIN_GAP_WORDS else widest
    first, last = 0, inside.size
    for gap in range(inside.size - 1):
        step = inside[gap + 1] - inside[gap]
        if step <= limit:
            continue
        few = share if step > widest else float(_STRAY_HITS)
        if gap + 1 <= few:
            first = gap + 1
        if inside.size - gap - 1 <= few:
            last = min(last, gap + 1)
    return inside[first:last] if first < last else inside


@numba.njit(cache=True, nogil=True)
def _without_repeats(
    inside: NDArray[np.int64], ids: NDArray[np.int64], stamps: NDArray[np.int64], num_distinct: int
) -> NDArray[np.int64]:
    """Without the beginning of a second copy behind the text, which brings no shingle that is not there already."""
    for at in range(inside.size - 2, int((1 - _STRAY_SHARE) * inside.size) - 1, -1):
        if inside[at + 1] - inside[at] > _STRAY_GAP_WORDS:
            stamp = 4 + inside.size - at
            if _num_distinct(ids, inside[: at + 1], stamps, stamp) < num_distinct:
                break
            inside = inside[: at + 1]
    return inside


@numba.njit(cache=True, nogil=True)
def fitted(
    own: NDArray[np.int64], ids: NDArray[np.int64], stamps: NDArray[np.int64], length: int, widest: float
) -> tuple[int, int, int, int]:
    """The stretch, of about the text's length, that holds most of its shingles.

    Args:
        own: Places of the text's shingles in the document, in order.
        ids: For each place in the document a number of its shingle.
        stamps: As many zeros as there are numbers; left as zeros.
        length: Words of the text.
        widest: The longest run of words without a shingle that is no gap.

    Returns:
        First and last place, how many distinct shingles, and the widest gap between two.
    """
    first, last = _densest(own, int(1.04 * length) + 12)
    inside = own[first:last]
    first, last = _densest(own, int(1.25 * length) + 40)
    wide = own[first:last]
    # A wider stretch is for a text with a passage inside it; where it brings nothing new, it is a second
    # copy.
    if _num_distinct(ids, wide, stamps, 1) > 1.05 * _num_distinct(ids, inside, stamps, 2):
        inside = wide
    inside = trimmed(inside, widest)
    num_distinct = _num_distinct(ids, inside, stamps, 3)
    inside = _without_repeats(inside, ids, stamps, num_distinct)
    gap = 0
    for at in range(inside.size - 1):
        gap = max(gap, inside[at + 1] - inside[at])
    for place in own:
        stamps[ids[place]] = 0
    return int(inside[0]), int(inside[-1]), num_distinct, int(gap)
