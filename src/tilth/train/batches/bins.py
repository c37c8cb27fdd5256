"""Which rows share a batch: best-fit decreasing over a whole dataset. Full bins are an equal load for every rank."""

from bisect import bisect_left, insort
from collections.abc import Sequence


def best_fit(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Fill bins of a fixed capacity: the longest row first, each into the fullest bin that still has room.

    A row longer than a bin gets one of its own. Best-fit decreasing needs at most 11/9 of the fewest bins
    (Johnson 1973). The bins come in the order of their first rows, rows in theirs, so that a shuffled dataset stays
    shuffled.

    Args:
        lengths: Tokens of each row.
        capacity: Tokens that a bin holds.

    Returns:
        Indices of the rows of each bin; every row is in one.
    """
    room: list[tuple[int, int]] = []
    bins: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        at = bisect_left(room, (lengths[index], -1))
        if at < len(room):
            left, into = room.pop(at)
            bins[into].append(index)
        else:
            left, into = capacity, len(bins)
            bins.append([index])
        insort(room, (left - lengths[index], into))
    return sorted(sorted(one) for one in bins)
