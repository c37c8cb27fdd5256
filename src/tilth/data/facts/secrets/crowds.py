"""Files with more candidates than can be looked at in time: what is like another one is as sure as that is.

A file of nothing but short assignments has a value every ten bytes. Beyond an allowance that no ordinary file comes
near, candidates of one form or pattern, with names that differ in digits and values of the same length and characters,
share what was told of some of them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

ALLOWED = 100
"""Candidates of a file that are looked at in any case."""
BYTES_PER_VALUE = 2_048
"""Bytes of a file for which one more is."""
UNMEASURED = 0.2
"""Confidence in what may be a secret, and stands in a crowd in which not all is looked at."""
LEAST_WORTH = 2
"""Changes from one sort of characters to another that a secret has at the least."""
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many candidates of each file are looked at."""

    owners: Rows
    """[documents] Number of the file that a document is of, ascending: a file may be read in parts."""
    counts: Rows
    """[files]"""

    @classmethod
    def of(cls, starts: Rows) -> "Allowance":
        """That of files which are read whole; `starts` [n + 1] says where they begin, and where the last one ends."""
        return cls(np.arange(len(starts) - 1), ALLOWED + np.diff(starts) // BYTES_PER_VALUE)


@dataclass(frozen=True, slots=True)
class Shared:
    """Which candidates are looked at, and what the others share."""

    own: Rows
    """[n] Number of a candidate among those that are looked at, -1 where it is none."""
    likes: Rows
    """[n] Number of the first that is like it, -1 where none is looked at."""
    may_be: NDArray[np.bool_]
    """[n] Whether the characters alone leave open that it is a secret."""

    @property
    def looked_at(self) -> Rows:
        """The candidates that are looked at."""
        return np.flatnonzero(self.own >= 0)

    def spread(self, chance: NDArray[np.float64]) -> NDArray[np.float64]:
        """For all candidates what there is for those looked at; for others the most of what is like them."""
        most = np.zeros(len(chance) + 1)
        is_own = self.own >= 0
        np.maximum.at(most, self.likes[is_own], chance[self.own[is_own]])
        told = np.where(is_own, np.append(chance, 0)[self.own], most[self.likes])
        return np.where(is_own | (self.likes >= 0), told, UNMEASURED * self.may_be)

    def taken(self, kept: NDArray[np.bool_]) -> "Shared":
        """That of some candidates."""
        return Shared(self.own[kept], self.likes[kept], self.may_be[kept])


def shared(
    data: NDArray[np.uint8], allowance: Allowance, documents: Rows, forms: Rows, places: Rows
) -> Shared:
    """Which candidates are looked at.

    Args:
        data: The batch's bytes.
        allowance: How many of each file.
        documents: [n] Whose candidate it is, ascending.
        forms: [n] Number of the form or pattern.
        places: [n, 5] Start and end of each name and value, and the quote.
    """
    own = np.arange(len(documents))
    files = allowance.owners[documents]
    if (np.bincount(files, minlength=len(allowance.counts)) <= allowance.counts).all():
        return Shared(own, own, np.ones(len(own), np.bool_))
    likeness, worth = _likeness(data, forms, places)
    first, is_chosen = _chosen(files, allowance.counts, likeness, worth)
    rows = np.where(is_chosen, np.cumsum(is_chosen) - 1, -1)
    return Shared(rows, rows[first], worth >= LEAST_WORTH)


@njit(cache=True, nogil=True)
def _chosen(files: Any, counts: Any, likeness: Any, worth: Any) -> tuple[Rows, NDArray[np.bool_]]:
    """The first candidate that is like each, and whether each is looked at.

    One of each likeness first, then the seconds, and so on; of each turn first what looks most like a secret. So where
    the first of a likeness is not looked at, none of its likes is.
    """
    firsts, chosen = np.arange(len(files)), np.ones(len(files), np.bool_)
    low = 0
    while low < len(files):
        high = low
        while high < len(files) and files[high] == files[low]:
            high += 1
        if high - low > counts[files[low]]:
            count = counts[files[low]]
            keys = np.empty(high - low, np.int64)
            size = 2
            while size < 2 * (high - low):
                size *= 2
            slots, turns = np.full(size, -1, np.int64), np.zeros(high - low, np.int64)
            for row in range(low, high):
                slot = (likeness[row] ^ likeness[row] >> 29) & (size - 1)
                while slots[slot] >= 0 and likeness[slots[slot]] != likeness[row]:
                    slot = (slot + 1) & (size - 1)
                if slots[slot] < 0:
                    slots[slot] = row
                firsts[row] = slots[slot]
                # The least number is looked at first; after so many turns none is.
                keys[row - low] = min(turns[slots[slot] - low], count) * 64 + 63 - worth[row]
                turns[slots[slot] - low] += 1
            chosen[low:high] = _least(keys, count)
        low = high
    return firsts, chosen


@njit(nogil=True)
def _least(keys: Any, count: int) -> NDArray[np.bool_]:
    """Which numbers are among so many of the least; of equal ones the first."""
    seen = np.zeros(keys.max() + 1, np.int64)
    for key in keys:
        seen[key] += 1
    limit, under = 0, 0
    while under + seen[limit] < count:
        under += seen[limit]
        limit += 1
    chosen = np.zeros(len(keys), np.bool_)
    for at, key in enumerate(keys):
        chosen[at] = key < limit or (key == limit and under < count)
        under += key == limit
    return chosen


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
