"""How good clusters of near-duplicates are, by the truth about all pairs."""

from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


def quality(stands: Numbers, true: Numbers, found: npt.NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """Shares of the pairs that were found and leaked, and of the removed files without a like one that is kept.

    Args:
        stands: [n] For each file the one that is kept for it: itself where it is kept.
        true: [m, 2] The pairs within the threshold.
        found: [m] Whether each was found; those in one cluster where nothing is given.
    """
    kept = stands == np.arange(len(stands))
    if found is None:
        found = stands[true[:, 0]] == stands[true[:, 1]]
    covered, alike = np.zeros(len(stands), bool), np.zeros(len(stands), bool)
    for one, other in ((0, 1), (1, 0)):
        covered[true[kept[true[:, other]], one]] = True
        alike[true[:, one]] = True
    removed = max(int((~kept).sum()), 1)
    return {
        "pairs": len(true),
        "recall": float(found.mean()),
        "leaked_share": float(kept[true].all(axis=1).mean()),
        "removed": int((~kept).sum()),
        "removed_without_kept_share": float((~kept & ~covered).sum() / removed),
        "removed_without_alike_share": float((~kept & ~alike).sum() / removed),
    }


def first_of_each(labels: Numbers) -> Numbers:
    """For each file the first one of its cluster."""
    _, first, at = np.unique(labels, return_index=True, return_inverse=True)
    return first[at]
