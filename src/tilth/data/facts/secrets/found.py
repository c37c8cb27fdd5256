"""Findings of a batch as arrays that run side by side: crowds of them cost little."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.findings import FINDINGS


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of a batch, side by side."""

    spans: NDArray[np.int64]
    """[n, 3] Number of the document, start and end in it."""
    confidences: NDArray[np.float64]
    kinds: pa.Array
    hows: pa.Array

    def taken(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> "Found":
        """Some of them."""
        rows = np.flatnonzero(kept) if kept.dtype == np.bool_ else kept
        given = pa.array(rows)
        return Found(self.spans[rows], self.confidences[rows], self.kinds.take(given), self.hows.take(given))

    def and_also(self, other: "Found") -> "Found":
        """These and others."""
        return Found(
            np.concatenate([self.spans, other.spans]),
            np.concatenate([self.confidences, other.confidences]),
            pa.concat_arrays([self.kinds, other.kinds]),
            pa.concat_arrays([self.hows, other.hows]),
        )

    def column(self, count: int) -> pa.Array:
        """As a column for so many documents."""
        ordered = self.taken(np.lexsort((self.spans[:, 2], self.spans[:, 1], self.spans[:, 0])))
        documents, starts, ends = ordered.spans.T
        offsets = np.searchsorted(documents, np.arange(count + 1))
        fields = [
            ordered.kinds,
            pa.array(starts.astype(np.int32)),
            pa.array(ends.astype(np.int32)),
            pa.array(ordered.confidences.astype(np.float32)),
            ordered.hows,
        ]
        structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs).cast(FINDINGS)
