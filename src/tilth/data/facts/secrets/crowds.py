"""Documents with more values than can be measured in time: what is like another one is as sure as that is.

A file of nothing but short assignments has a value every ten bytes. Beyond an allowance that no ordinary file comes
near, values of one form, with names that differ in digits and values of the same length and characters, share what was
measured of some of them.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch

ALLOWED = 150
"""Values of a document that are measured in any case."""
BYTES_PER_VALUE = 1_024
"""Bytes of a document for which one more is."""
LEAST_WORTH = 2
"""Changes from one sort of characters to another that a secret has at the least."""
Rows = NDArray[np.int64]


def asked(batch: Batch, documents: Rows, forms: Rows, places: Rows) -> tuple[Rows, Rows, NDArray[np.bool_]]:
    """Row of each value among those to be measured (-1 where it is none), and of the first of those like it.

    Last, which of them may be secrets, by their characters alone.

    Args:
        batch: The documents.
        documents: [n] Whose value it is.
        forms: [n] Number of the form.
        places: [n, 5] Start and end of each name and value, and the quote, in the order of the values.
    """
    own = np.arange(len(documents))
    allowed = ALLOWED + np.diff(batch.starts) // BYTES_PER_VALUE
    crowded = np.bincount(documents, minlength=len(batch)) > allowed
    if not crowded.any():
        return own, own, np.ones(len(own), np.bool_)
    likeness, worth = _likeness(batch.joined, forms, places)
    # An ordinary document's values are like nothing but themselves.
    likeness = np.where(crowded[documents], likeness, own)
    order = np.lexsort((own, likeness, documents))
    groups = np.cumsum(_is_new(documents[order]) | _is_new(likeness[order])) - 1
    turn = np.empty(len(own), np.int64)
    turn[order] = _counted(groups)
    # One of each likeness first, then the seconds, and so on; of each turn first what looks most like a secret.
    by_turn = np.lexsort((own, -worth, turn, documents))
    place = _counted(np.cumsum(_is_new(documents[by_turn])) - 1)
    measured = np.empty(len(own), np.bool_)
    measured[by_turn] = place < allowed[documents[by_turn]]
    rows = np.where(measured, np.cumsum(measured) - 1, -1)
    # The first of a likeness has the first turn: where it is not measured, none of its likes is.
    likes = np.empty(len(own), np.int64)
    likes[order] = rows[order][_is_new(groups)][groups]
    return rows, likes, worth >= LEAST_WORTH


def _is_new(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    new = np.ones(len(values), np.bool_)
    new[1:] = values[1:] != values[:-1]
    return new


def _counted(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of a group, whose numbers ascend from 0, come before each."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups)


@njit(cache=True, nogil=True)
def _likeness(data: Any, forms: Any, places: Any) -> tuple[Rows, Rows]:
    """A number that is the same for values that are alike, and how much each looks like a secret.

    How much: as often as its characters change from one sort to another; a word, a text or a template not at all.
    """
    found, worth = np.empty(len(forms), np.int64), np.zeros(len(forms), np.int64)
    for row in range(len(forms)):
        name, name_end, begin, end, quote = places[row]
        number = np.int64(forms[row] * 256 + quote)
        for at in range(name, min(name_end, name + 60)):
            if not 48 <= data[at] <= 57:
                number = number * 1_000_003 ^ np.int64(data[at])
        characters = changes = before = 0
        for at in range(begin, end):
            sort = _SORTS[data[at]]
            characters |= sort
            changes += sort != before
            before = sort
        found[row] = (number * 1_000_003 ^ np.int64(characters)) * 1_000_003 ^ np.int64(end - begin)
        if not characters & 32 and end - begin >= 6:
            worth[row] = min(changes, 64) - 1
    return found, worth


_SORTS = np.full(256, 16, np.int64)
_SORTS[97:123], _SORTS[65:91], _SORTS[48:58] = 1, 2, 4
_SORTS[[*b"+-/=_"]] = 8
_SORTS[[*b" \t\r\n<>{}()$"]] = 32
