"""What tells code that people wrote for people: comments, strings, repeated lines, tables of numbers, minified lines.

Computed only where a recipe has a rule that asks. A fact of the bytes and the family of languages that they are read in
(`batch.names`; empty where there is none): only a lexer can tell a comment.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.code.syntaxes import rules_of, table_version

NAME = "quality"
VERSION = f"1-table{table_version()}-encoding{encoding.VERSION}"

SCHEMA = pa.schema(
    [
        pa.field("comment_fraction", pa.float64()),
        pa.field("string_fraction", pa.float64()),
        pa.field("longest_string_bytes", pa.int32()),
        pa.field("duplicate_line_fraction", pa.float64(), nullable=False),
        pa.field("number_fraction", pa.float64(), nullable=False),
        pa.field("minified_fraction", pa.float64(), nullable=False),
        pa.field("is_xml", pa.bool_(), nullable=False),
    ]
)
_XML: Final = b"<?xml version="
_XML_WITHIN: Final = 100


def compute(batch: Batch) -> dict[str, Any]:
    """One value per document for every column of `SCHEMA`; a file without text counts as an empty one."""
    from tilth.data.facts.quality_kernels import shapes

    sizes = np.maximum(np.diff(batch.starts), 1)
    lexed = _lexed(batch)
    numbers, minified, signs = shapes(batch.joined, batch.starts).T
    unknown = np.array([not name for name in batch.names], bool)
    return {
        "comment_fraction": pa.array(lexed[:, 0] / sizes, mask=unknown),
        "string_fraction": pa.array(lexed[:, 1] / sizes, mask=unknown),
        "longest_string_bytes": pa.array(lexed[:, 2].astype(np.int32), mask=unknown),
        "duplicate_line_fraction": _duplicate_lines(batch),
        "number_fraction": numbers / np.maximum(signs, 1),
        "minified_fraction": minified / sizes,
        # StarCoder's filter (arXiv:2305.06161, section 3.1).
        "is_xml": [_XML in text[:_XML_WITHIN] for text in batch.utf8],
    }


def _lexed(batch: Batch) -> npt.NDArray[np.int64]:
    """[n, 3] Bytes of comments, of strings, and of the longest string."""
    from tilth.data.facts.code.scan import canonical

    found = np.zeros((len(batch), 3), np.int64)
    for name in sorted(set(batch.names) - {""}):
        rows = [row for row, of in enumerate(batch.names) if of == name]
        texts = [batch.utf8[row] for row in rows]
        starts = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        rules = rules_of(name)
        given = (rules.classes, rules.openers, rules.layout, rules.directives)
        found[rows] = canonical(np.frombuffer(b"".join(texts), np.uint8), starts, *given)[3]
    return found


def _duplicate_lines(batch: Batch) -> npt.NDArray[np.float64]:
    """Share of the lines with a letter or digit that are the same as one before them."""
    from tilth.data.facts.line_scan import lines_of

    hashes, _, begins = lines_of(batch.joined, batch.starts)
    document = np.repeat(np.arange(len(batch), dtype=np.uint64), np.diff(begins))[hashes != 0]
    said = hashes[hashes != 0].astype(np.uint64)
    distinct = np.unique(document << np.uint64(32) | said) >> np.uint64(32)
    of_document = [np.bincount(rows.astype(np.int64), minlength=len(batch)) for rows in (document, distinct)]
    repeated: npt.NDArray[np.float64] = (
        1 - of_document[1] / np.maximum(of_document[0], 1) - (of_document[0] == 0)
    )
    return repeated
