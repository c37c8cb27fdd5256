"""The MinHash signature of a text, by which near-duplicates are found, and what identifies its set of shingles.

A signature has 256 slots; two signatures agree in a slot as often as the sets of shingles are alike (Jaccard), and once
in 256 by chance: eight bits are kept of each value (Li and König, "b-bit minwise hashing", WWW 2010).
"""

import unicodedata
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch

SLOTS: Final = 256

NAME = "minhash"
VERSION = f"2-unicode{unicodedata.unidata_version}-encoding{encoding.VERSION}"
"""Which characters are part of words depends on the running Python's Unicode version."""

SCHEMA = pa.schema(
    [
        pa.field("num_shingles", pa.int32(), nullable=False),
        pa.field("shingles_id", pa.int64(), nullable=False),
        pa.field("minhash", pa.binary(SLOTS), nullable=False),
    ]
)
"""Number of distinct shingles, a hash of their set, and the signature; all zeros for a text without a shingle."""


def compute(batch: Batch) -> dict[str, Any]:
    """One value per document for every column of `SCHEMA`; a file without text has no shingle."""
    from tilth.data.facts.shingles import laid, sketches, word_characters

    sizes, ids, signatures = sketches(*laid(batch.utf8), word_characters())
    column = pa.Array.from_buffers(pa.binary(SLOTS), len(signatures), [None, pa.py_buffer(signatures)])
    return {"num_shingles": sizes, "shingles_id": ids, "minhash": column}
