"""The lines of a text as numbers: what blocks that stand in many files are found by.

A fact of the bytes alone, computed only where a recipe asks; how many lines make a block, and in how many files it has
to stand, is for the recipe to say.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch

NAME = "lines"
VERSION = f"1-encoding{encoding.VERSION}"

SCHEMA = pa.schema(
    [
        pa.field("line_hashes", pa.binary(), nullable=False),
        pa.field("line_bytes", pa.binary(), nullable=False),
    ]
)
"""Four bytes a line each, little-endian: its hash, 0 for a line that says nothing; its length in bytes of UTF-8."""


def compute(batch: Batch) -> dict[str, Any]:
    """One value per document for every column of `SCHEMA`; a file without text has no line."""
    from tilth.data.facts.line_scan import lines_of

    hashes, lengths, begins = lines_of(batch.joined, batch.starts)
    return {"line_hashes": _binary(hashes, begins), "line_bytes": _binary(lengths, begins)}


def _binary(values: npt.NDArray[np.uint32], begins: npt.NDArray[np.int64]) -> pa.Array:
    offsets = (begins * values.itemsize).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(values, "<u4"))]
    return pa.Array.from_buffers(pa.binary(), len(begins) - 1, buffers)
