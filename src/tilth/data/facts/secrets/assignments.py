"""Values that stand where a secret would: found, cut out and measured, a batch at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.secrets.automaton import Hits
from tilth.data.facts.secrets.crowds import asked
from tilth.data.facts.secrets.features import measure
from tilth.data.facts.secrets.files import traits
from tilth.data.facts.secrets.forms import BARE
from tilth.data.facts.secrets.values import locate

SHORTEST = 4
"""Bytes; what is shorter is no secret, or not one that could be told."""


@dataclass(frozen=True, slots=True)
class Assignments:
    """Values of a batch, side by side, in the order of their places."""

    documents: NDArray[np.int64]
    forms: NDArray[np.int32]
    places: NDArray[np.int64]
    """[n, 5] In the batch: start and end of the name, start and end of the value, the quote."""
    features: NDArray[np.float32]
    """[m, number of features] Of those that are measured."""
    own: NDArray[np.int64]
    """[n] Row of a value's features, -1 where it is not measured."""
    likes: NDArray[np.int64]
    """[n] Row of features of the first that is like it, -1 where there is none."""

    def taken(self, kept: NDArray[np.bool_]) -> "Assignments":
        """Some of the values."""
        parts = (self.documents[kept], self.forms[kept], self.places[kept])
        return Assignments(*parts, self.features, self.own[kept], self.likes[kept])

    def spread(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """For all values what there is for those that are measured; for others the most of what is like them."""
        most = np.zeros(len(chance) + 1)
        is_measured = self.own >= 0
        np.maximum.at(most, self.likes[is_measured], chance[self.own[is_measured]])
        most[-1] = 0  # what nothing is like
        return np.where(is_measured, np.append(chance, 0)[self.own], most[self.likes])


def assignments(batch: Batch, hits: Hits, fluency: NDArray[np.float32]) -> Assignments:
    """The values where forms match; where two forms give the same value, by the first of the two.

    Args:
        batch: The documents.
        hits: Matches of the forms, whose patterns have the forms' numbers.
        fluency: What `measure` asks for.
    """
    documents = hits.documents
    lows, highs = batch.starts[documents], batch.starts[documents + 1]
    forms = hits.patterns
    places = locate(batch.joined, forms, hits.ends, lows, highs)
    # What begins in one document and ends in the next has no name in its own.
    named = places[:, 1] > places[:, 0]
    chosen = np.lexsort((places[:, 0], forms, places[:, 2]))
    chosen = chosen[named[chosen]]
    first = np.ones(len(chosen), bool)
    first[1:] = places[chosen[1:], 2] != places[chosen[:-1], 2]
    chosen = chosen[first]
    chosen = chosen[_outermost(places[chosen], forms[chosen])]
    chosen = chosen[places[chosen, 3] - places[chosen, 2] >= SHORTEST]
    documents, lows, highs = documents[chosen], lows[chosen], highs[chosen]
    forms, places = forms[chosen], places[chosen]
    files = np.array([traits(name) for name in batch.names], np.int64).reshape(-1, 3)[documents]
    crowds = np.bincount(documents, minlength=len(batch))[documents]
    own, likes = asked(batch, documents, forms, places)
    rows = own >= 0
    measured = (forms[rows], places[rows], lows[rows], highs[rows], files[rows], crowds[rows])
    return Assignments(documents, forms, places, measure(batch.joined, *measured, fluency), own, likes)


def _outermost(places: NDArray[np.int64], forms: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which values, in the order of their starts, are not bare ones that begin within another bare one."""
    bare = np.flatnonzero(forms == BARE)
    reach = np.maximum.accumulate(places[bare, 3]) if len(bare) else bare
    outer = np.ones(len(forms), bool)
    outer[bare[1:]] = places[bare[1:], 2] >= reach[:-1]
    return outer
