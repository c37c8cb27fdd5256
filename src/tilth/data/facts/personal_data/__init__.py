"""The facts of personal data: where in a text somebody can be told by it, and how sure that is; never the value."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Kind
from tilth.data.facts.personal_data import kinds, phones
from tilth.data.facts.personal_data.scan import NEEDLES, Found, find_by_signs, find_by_words
from tilth.data.facts.personal_data.words import lexicon

NAME = "personal_data"
VERSION = f"1-encoding{encoding.VERSION}"
SCHEMA = pa.schema([pa.field("personal_data", FINDINGS)])


def compute(batch: Batch) -> dict[str, Any]:
    """The column of each document's findings, in the order of their starts."""
    hashes, flags = lexicon()
    found = np.concatenate(
        [
            find_by_signs(batch.joined, batch.starts, hashes, flags),
            find_by_words(batch.joined, batch.starts, NEEDLES, hashes, flags),
        ]
    )
    return {"personal_data": _column(_asked(_once(found), batch), batch.starts)}


def all_kinds() -> Iterable[Kind]:
    """All kinds of personal data."""
    return kinds.KINDS


def _once(found: Found) -> Found:
    """The findings in order, each span once; who holds the copyright is not also told as an author."""
    others = found[:, 1] != kinds.HOLDER
    sizes = np.minimum(found[:, 3] - found[:, 2], 2**22)
    # One number to sort by: the start, the size, whose a name is, the least confidence last.
    order = np.argsort(found[:, 2] << 31 | sizes << 8 | others << 7 | 100 - found[:, 4], kind="stable")
    found = found[order]
    same = np.zeros(len(found), bool)
    same[1:] = (found[1:, [0, 2, 3]] == found[:-1, [0, 2, 3]]).all(axis=1)
    return found[~same]


def _asked(found: Found, batch: Batch) -> Found:
    """The findings with those telephone numbers that a registry knows, as sure as it makes them."""
    places = np.flatnonzero(found[:, 1] == kinds.PHONE)
    documents, firsts = np.unique(found[places, 0], return_index=True)
    bounds = pairwise([*firsts.tolist(), len(places)])
    for which, (first, last) in zip(documents.tolist(), bounds, strict=True):
        most = phones.MOST_ASKED + len(batch.utf8[which]) // phones.BYTES_PER_ASKED
        for at in places[first : min(last, first + most)].tolist():
            start, end = found[at, 2:4] - batch.starts[which]
            text = batch.utf8[which][start:end].decode("ascii")
            found[at, 4], is_valid = phones.confidence(text, int(found[at, 4]))
            if is_valid:
                found[at, 5] = kinds.STRUCTURE
    return found


def _column(found: Found, starts: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Array:
    first = starts[found[:, 0]]
    names = pa.array([kind.name for kind in kinds.KINDS])
    fields = [
        names.take(pa.array(found[:, 1])),
        pa.array((found[:, 2] - first).astype(np.int32)),
        pa.array((found[:, 3] - first).astype(np.int32)),
        pa.array((found[:, 4] / 100).astype(np.float32)),
        pa.array(kinds.HOW).take(pa.array(found[:, 5])),
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
    offsets = np.searchsorted(found[:, 0], np.arange(len(starts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), structs)
