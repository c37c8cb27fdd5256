"""Boosted trees whose nodes of one depth all ask the same question, so that a tree is a table.

(Oblivious trees, as in CatBoost: Prokhorenkova et al., arXiv:1706.09516.)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees, whose logistic is a probability."""

    features: NDArray[np.int32]
    """[trees, depth] Which feature a level asks about."""
    limits: NDArray[np.float32]
    """[trees, depth] Above which value it answers yes."""
    leaves: NDArray[np.float32]
    """[trees, 2 ** depth] What a tree adds, by its answers."""
    base: float

    def probabilities(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability of each row.

        Args:
            rows: [n, features]
        """
        total = _sums(np.ascontiguousarray(rows), self.features, self.limits, self.leaves)
        return np.asarray(1 / (1 + np.exp(-(total + self.base))))


@njit(cache=True, nogil=True)
def _sums(rows: Any, features: Any, limits: Any, leaves: Any) -> NDArray[np.float64]:
    found = np.zeros(len(rows), np.float64)
    for row in range(len(rows)):
        for tree in range(len(features)):
            leaf = 0
            for level in range(features.shape[1]):
                leaf |= (rows[row, features[tree, level]] > limits[tree, level]) << level
            found[row] += leaves[tree, leaf]
    return found


def grow(
    rows: NDArray[np.float32],
    labels: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    trees: int = 150,
    depth: int = 5,
    rate: float = 0.15,
    steady: float = 5.0,
    bins: int = 24,
) -> Trees:
    """Trees that tell rows labelled 1 from those labelled 0; the same rows give the same trees.

    Args:
        rows: [n, features]
        labels: [n] 0 or 1.
        weights: [n] What each row counts.
        trees: How many.
        depth: Questions of each.
        rate: How much of its best step a tree takes.
        steady: Weight that a leaf is drawn to nothing with.
        bins: Limits that are tried of a feature.
    """
    limits = [np.unique(np.quantile(column, np.linspace(0, 1, bins + 1)[:-1])) for column in rows.T]
    binned = [
        np.searchsorted(limit, column, side="left") for limit, column in zip(limits, rows.T, strict=True)
    ]
    share = (labels * weights).sum() / weights.sum()
    base = float(np.log(share / (1 - share)))
    total = np.full(len(rows), base)
    asked, bounds, sums = [], [], []
    for _ in range(trees):
        chance = 1 / (1 + np.exp(-total))
        slope, bend = (labels - chance) * weights, chance * (1 - chance) * weights
        leaf = np.zeros(len(rows), np.int64)
        questions = []
        for level in range(depth):
            feature, limit = _best(binned, limits, leaf, 1 << level, slope, bend, steady)
            questions.append((feature, limits[feature][limit]))
            leaf |= (binned[feature] > limit).astype(np.int64) << level
        up = np.bincount(leaf, slope, 1 << depth)
        down = np.bincount(leaf, bend, 1 << depth)
        values = rate * up / (down + steady)
        total += values[leaf]
        asked.append([feature for feature, _ in questions])
        bounds.append([limit for _, limit in questions])
        sums.append(values)
    return Trees(np.array(asked, np.int32), np.array(bounds, np.float32), np.array(sums, np.float32), base)


def _best(
    binned: list[NDArray[np.int64]],
    limits: list[NDArray[np.float64]],
    leaf: NDArray[np.int64],
    leaves: int,
    slope: NDArray[np.float64],
    bend: NDArray[np.float64],
    steady: float,
) -> tuple[int, int]:
    """The feature and the limit that, asked in every leaf, tell most."""
    best, found = -np.inf, (0, 0)
    for feature, (column, limit) in enumerate(zip(binned, limits, strict=True)):
        width = len(limit) + 1
        cell = leaf * width + column
        up = np.bincount(cell, slope, leaves * width).reshape(leaves, width).cumsum(axis=1)
        down = np.bincount(cell, bend, leaves * width).reshape(leaves, width).cumsum(axis=1)
        rest_up, rest_down = up[:, -1:] - up, down[:, -1:] - down
        gain = (up**2 / (down + steady) + rest_up**2 / (rest_down + steady)).sum(axis=0)[:-1]
        if len(gain) and gain.max() > best:
            best, found = float(gain.max()), (feature, int(gain.argmax()))
    return found
