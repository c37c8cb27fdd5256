"""Which files stay: the best one of each neighbourhood, and with it every file that is like it, and no other.

Files come in the order of their priority. One stays unless it is like one before it that stays; if so, it belongs to
the most similar of these. No chain joins strangers: every member is within the threshold of the file that stands for
it. The outcome depends on the pairs and the order of the files alone.
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
