"""Findings that lie over others: compiled code compares what lies side by side, so crowds cost little."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def surest_beside(
    spans: NDArray[np.int64], others: NDArray[np.int64], confidences: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[n] The most confidence among the others that a span overlaps; 0 where it overlaps none.

    Args:
        spans: [n, 3] Document, start and end.
        others: [m, 3] The same of what they may overlap.
        confidences: [m]
    """
    order = np.lexsort((others[:, 1], others[:, 0]))
    chosen = others[order]
    begins = chosen[:, 0] << 32 | chosen[:, 1]
    # Of what begins before, none reaches further than this.
    stops = np.maximum.accumulate(chosen[:, 0] << 32 | chosen[:, 2])
    lows = np.searchsorted(stops, spans[:, 0] << 32 | spans[:, 1], side="right")
    highs = np.searchsorted(begins, spans[:, 0] << 32 | spans[:, 2])
    return _most(lows, highs, spans, chosen, confidences[order])


@njit(cache=True, nogil=True)
def _most(lows: Any, highs: Any, spans: Any, others: Any, confidences: Any) -> NDArray[np.float64]:
    found = np.zeros(len(lows), np.float64)
    for row in range(len(lows)):
        for at in range(lows[row], highs[row]):
            if others[at, 2] > spans[row, 1]:
                found[row] = max(found[row], confidences[at])
    return found


@njit(cache=True, nogil=True)
def without_overlaps(spans: Any, confidences: Any) -> NDArray[np.bool_]:
    """[n] Which spans stay where of those that overlap one after the other the surest does, and of these the longest.

    Args:
        spans: [n, 3] Document, start and end, in the order of documents, starts and, last first, ends.
        confidences: [n]
    """
    kept = np.zeros(len(spans), np.bool_)
    last = -1
    for row in range(len(spans)):
        if last >= 0 and spans[last, 0] == spans[row, 0] and spans[row, 1] < spans[last, 2]:
            size, other = spans[row, 2] - spans[row, 1], spans[last, 2] - spans[last, 1]
            one, two = confidences[row], confidences[last]
            if not (one > two or (one == two and size > other)):
                continue
            kept[last] = False
        kept[row] = True
        last = row
    return kept
