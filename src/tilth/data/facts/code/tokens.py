"""What identifies a text as code: a hash of its tokens, the same whatever its comments, white space and layout.

Two files of one `tokens_id` are the same program to their language's lexer, but for what docs/design/repeated_text.md
lists. A fact of the bytes and the family of languages that they are read in, computed only where a recipe asks.
"""

import hashlib
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.code.syntaxes import rules_of, table_version

ID_BYTES: Final = 16

NAME = "tokens"
VERSION = f"1-table{table_version()}-encoding{encoding.VERSION}"

SCHEMA = pa.schema(
    [
        pa.field("num_tokens", pa.int32(), nullable=False),
        pa.field("tokens_id", pa.binary(ID_BYTES)),
    ]
)
"""Number of tokens; the head of the SHA-256 of the tokens, null where there is none."""


def compute(batch: Batch) -> dict[str, Any]:
    """One value per document for every column of `SCHEMA`; `batch.names` are names of families of languages."""
    ids: list[bytes | None] = [None] * len(batch)
    counts = np.zeros(len(batch), np.int32)
    for name in sorted(set(batch.names)):
        rows = [row for row, of in enumerate(batch.names) if of == name]
        texts, found = tokens_of([batch.utf8[row] for row in rows], name)
        counts[rows] = found
        for row, text in zip(rows, texts, strict=True):
            if len(text):
                ids[row] = hashlib.sha256(text).digest()[:ID_BYTES]
    return {"num_tokens": counts, "tokens_id": ids}


def tokens_of(texts: list[bytes], syntax: str) -> tuple[list[memoryview], list[int]]:
    """The tokens of texts in one family of languages, as text, and how many each has.

    Raises:
        KeyError: There is no such family.
    """
    from tilth.data.facts.code.scan import canonical

    rules = rules_of(syntax)
    starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    data = np.frombuffer(b"".join(texts), np.uint8)
    out, ends, counts, _ = canonical(
        data, starts, rules.classes, rules.openers, rules.layout, rules.directives
    )
    bounds = ends.tolist()
    view = out.data
    return [view[begin:end] for begin, end in pairwise(bounds)], counts.tolist()
