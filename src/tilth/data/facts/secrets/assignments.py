"""Values that stand where a secret would: found, cut out and measured, a batch at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.secrets.candidates import candidates
from tilth.data.facts.secrets.crowds import Allowance, Shared, shared
from tilth.data.facts.secrets.features import measure
from tilth.data.facts.secrets.files import traits


@dataclass(frozen=True, slots=True)
class Assignments:
    """Values of a batch, side by side, in the order of their places."""

    documents: NDArray[np.int64]
    forms: NDArray[np.int64]
    places: NDArray[np.int64]
    """[n, 5] In the batch: start and end of the name, start and end of the value, the quote."""
    shared: Shared
    """Which of them are measured, and what the others share."""

    def taken(self, kept: NDArray[np.bool_]) -> "Assignments":
        """Some of the values."""
        return Assignments(self.documents[kept], self.forms[kept], self.places[kept], self.shared.taken(kept))


def assignments(batch: Batch, allowance: Allowance) -> Assignments:
    """The values where forms are met; where two give the same value, by the first of the two.

    Args:
        batch: The documents.
        allowance: How many are measured.
    """
    rows = candidates(batch.joined, batch.starts)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 4]))]
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:, 4] != rows[:-1, 4]
    rows = rows[first]
    documents, forms, places = rows[:, 0], rows[:, 1], np.ascontiguousarray(rows[:, 2:])
    return Assignments(documents, forms, places, shared(batch.joined, allowance, documents, forms, places))


def measured(batch: Batch, named: Assignments, fluency: NDArray[np.float32]) -> NDArray[np.float32]:
    """[m, number of features] The features of the values that are measured.

    Args:
        batch: The documents.
        named: All values of theirs.
        fluency: What `measure` asks for.
    """
    chosen = named.shared.looked_at
    whose = named.documents[chosen]
    return measure(
        batch.joined,
        named.forms[chosen],
        named.places[chosen],
        batch.starts[whose],
        batch.starts[whose + 1],
        np.array([traits(name) for name in batch.names], np.int64).reshape(-1, 3)[whose],
        np.bincount(named.documents, minlength=len(batch))[whose],
        fluency,
    )


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
