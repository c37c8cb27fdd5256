"""Which rows share a batch: best-fit decreasing over a whole dataset, and an equal load for every rank."""

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


def balanced(costs: Sequence[float], num_ranks: int) -> list[list[int]]:
    """Deal items to ranks so that the loads come out alike and the counts differ by one at most.

    The dearest item goes first, always to the rank with the least load among those with the fewest items.

    Args:
        costs: Cost of each item.
        num_ranks: How many ranks share them.
    """
    shares: list[list[int]] = [[] for _ in range(num_ranks)]
    loads = [0.0] * num_ranks
    for index in sorted(range(len(costs)), key=lambda index: -costs[index]):
        rank = min(range(num_ranks), key=lambda rank: (len(shares[rank]), loads[rank]))
        shares[rank].append(index)
        loads[rank] += costs[index]
    return [sorted(share) for share in shares]
