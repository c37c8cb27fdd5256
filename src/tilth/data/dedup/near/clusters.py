"""Which files stay: the best one of each neighbourhood, and with it every file that is like it, and no other.

Files come in the order of their priority. One stays unless it is like one before it that stays; if so, it belongs to
the most similar of these. No chain joins strangers: every member is within the threshold of the file that stands for
it. With complete linkage every two members are within it of each other, and fewer files leave. The outcome depends on
the pairs and the order of the files alone.
"""

import numpy as np
import numpy.typing as npt

from tilth.data.dedup.near.bands import Indices
from tilth.data.facts.kernels import kernel

Similarities = npt.NDArray[np.float64]


def clusters(pairs: Indices, similarity: Similarities, count: int) -> tuple[Indices, Similarities]:
    """For each file the one that stands for it, itself where it stays, and how alike the two are.

    Args:
        pairs: [m, 2] Numbers of two files that are near-duplicates, the lower one first; each once, in order.
        similarity: [m] Their Jaccard similarity.
        count: Number of files.
    """
    stands, alike = np.arange(count), np.ones(count)
    settle(pairs, similarity, stands, alike)
    return stands, alike


@kernel(
    "(Array(int64, 2, 'C', readonly=True), Array(float64, 1, 'C', readonly=True), int64[::1], float64[::1])"
)
def settle(pairs: Indices, similarity: Similarities, stands: Indices, alike: Similarities) -> None:
    """Goes on with more pairs, which must come so that all in which a file is the second precede those with it first.

    The order of the pairs does that, and so does that of blocks of second files, each of them in order.

    Args:
        pairs: [m, 2] See `clusters`.
        similarity: [m]
        stands: [n] What stands for each file; itself before the first pairs.
        alike: [n] How alike the two are; 1 before the first pairs.
    """
    for at in range(len(pairs)):
        first, second = pairs[at, 0], pairs[at, 1]
        if stands[first] != first:
            continue
        if stands[second] == second or similarity[at] > alike[second]:
            stands[second] = first
            alike[second] = similarity[at]


@kernel(
    "(Array(int64, 2, 'C', readonly=True), Array(float64, 1, 'C', readonly=True), int64[::1], float64[::1])"
)
def settle_complete(pairs: Indices, similarity: Similarities, stands: Indices, alike: Similarities) -> None:
    """Complete linkage: a file belongs to the most similar of those before it that stay with whose members it is alike.

    Args:
        pairs: [m, 2] All pairs of near-duplicates, the lower file first, in the order of the second file.
        similarity: [m]
        stands: [n] Each file itself; becomes what stands for it.
        alike: [n] Becomes how alike the two are; 1 before.
    """
    members = np.ones(len(stands), np.int64)
    met = np.zeros(len(stands), np.int64)
    begin = 0
    while begin < len(pairs):
        second, end = pairs[begin, 1], begin
        while end < len(pairs) and pairs[end, 1] == second:
            met[stands[pairs[end, 0]]] += 1
            end += 1
        for at in range(begin, end):
            first = pairs[at, 0]
            is_of_all = stands[first] == first and met[first] == members[first]
            if is_of_all and (stands[second] == second or similarity[at] > alike[second]):
                stands[second] = first
                alike[second] = similarity[at]
        for at in range(begin, end):
            met[stands[pairs[at, 0]]] = 0
        members[stands[second]] += stands[second] != second
        begin = end
