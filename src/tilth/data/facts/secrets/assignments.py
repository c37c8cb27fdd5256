"""Values that stand where a secret would: found, cut out and measured, a batch at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.secrets.candidates import candidates
from tilth.data.facts.secrets.crowds import asked
from tilth.data.facts.secrets.features import measure
from tilth.data.facts.secrets.files import traits

SHORTEST = 4
"""Bytes; what is shorter is no secret, or not one that could be told."""
UNMEASURED = 0.2
"""Confidence in what may be a secret, and stands in a crowd in which not all is measured."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """Values of a batch, side by side, in the order of their places."""

    documents: NDArray[np.int64]
    forms: NDArray[np.int64]
    places: NDArray[np.int64]
    """[n, 5] In the batch: start and end of the name, start and end of the value, the quote."""
    features: NDArray[np.float32]
    """[m, number of features] Of those that are measured."""
    own: NDArray[np.int64]
    """[n] Row of a value's features, -1 where it is not measured."""
    likes: NDArray[np.int64]
    """[n] Row of features of the first that is like it, -1 where there is none."""
    may_be: NDArray[np.bool_]
    """[n] Whether the characters alone leave open that it is a secret."""

    def taken(self, kept: NDArray[np.bool_]) -> "Assignments":
        """Some of the values."""
        parts = (self.documents[kept], self.forms[kept], self.places[kept])
        return Assignments(*parts, self.features, self.own[kept], self.likes[kept], self.may_be[kept])

    def spread(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """For all values what there is for those that are measured; for others the most of what is like them."""
        most = np.zeros(len(chance) + 1)
        is_measured = self.own >= 0
        np.maximum.at(most, self.likes[is_measured], chance[self.own[is_measured]])
        told = np.where(is_measured, np.append(chance, 0)[self.own], most[self.likes])
        return np.where(is_measured | (self.likes >= 0), told, UNMEASURED * self.may_be)


def assignments(batch: Batch, fluency: NDArray[np.float32]) -> Assignments:
    """The values where forms are met; where two give the same value, by the first of the two.

    Args:
        batch: The documents.
        fluency: What `measure` asks for.
    """
    rows = candidates(batch.joined, batch.starts)
    rows = rows[rows[:, 5] - rows[:, 4] >= SHORTEST]
    rows = rows[np.lexsort((rows[:, 1], rows[:, 4]))]
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:, 4] != rows[:-1, 4]
    rows = rows[first]
    documents, forms, places = rows[:, 0], rows[:, 1], np.ascontiguousarray(rows[:, 2:])
    own, likes, may_be = asked(batch, documents, forms, places)
    measured = own >= 0
    whose = documents[measured]
    features = measure(
        batch.joined,
        forms[measured],
        places[measured],
        batch.starts[whose],
        batch.starts[whose + 1],
        np.array([traits(name) for name in batch.names], np.int64).reshape(-1, 3)[whose],
        np.bincount(documents, minlength=len(batch))[whose],
        fluency,
    )
    return Assignments(documents, forms, places, features, own, likes, may_be)


@njit(cache=True, nogil=True)
def _gathered(data: Any, places: Any) -> NDArray[np.uint8]:
    text = np.empty((places[:, 1] - places[:, 0] + 1).sum(), np.uint8)
    total = 0
    for row in range(len(places)):
        for at in range(places[row, 0], places[row, 1]):
            text[total] = data[at]
            total += 1
        text[total] = 10
        total += 1
    return text


def gathered(data: NDArray[np.uint8], places: NDArray[np.int64]) -> bytes:
    """All names, each on a line."""
    return _gathered(data, places).tobytes()
