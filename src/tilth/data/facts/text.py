"""What can be counted in a file without knowing its language: characters, lines, letters, encoded data.

The counts are those that the filters of StarCoder2 and The Stack v2 need (arXiv:2402.19173, section 2.1). A
line is what a line feed ends, and what is left after the last one; a carriage return before the line feed
belongs to the line end.
"""

import hashlib
import unicodedata
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch

NAME = "text"
VERSION = f"2-unicode{unicodedata.unidata_version}-encoding{encoding.VERSION}"
"""Which characters are letters depends on the running Python's Unicode version."""

SCHEMA = pa.schema(
    [
        pa.field("blob_id", pa.string(), nullable=False),
        pa.field("length_bytes", pa.int64(), nullable=False),
        pa.field("src_encoding", pa.string()),
        pa.field("is_binary", pa.bool_(), nullable=False),
        pa.field("is_lfs_pointer", pa.bool_(), nullable=False),
        pa.field("is_blank", pa.bool_(), nullable=False),
        pa.field("num_chars", pa.int64(), nullable=False),
        pa.field("num_lines", pa.int32(), nullable=False),
        pa.field("max_line_length", pa.int32(), nullable=False),
        pa.field("avg_line_length", pa.float64(), nullable=False),
        pa.field("alpha_fraction", pa.float64(), nullable=False),
        pa.field("alphanum_fraction", pa.float64(), nullable=False),
        pa.field("encoded_max_run", pa.int32(), nullable=False),
        pa.field("encoded_fraction", pa.float64(), nullable=False),
        pa.field("visible_chars", pa.int64()),
    ]
)
"""`blob_id` is the plain SHA-1 of the bytes, as in The Stack v2; line lengths are in characters."""

_HTML_ENDINGS = (".html", ".htm", ".xhtml")
# The specification has pointers below 1,024 bytes; the second address is that of the time before its release.
_LFS_LINES = (b"version https://git-lfs.github.com/spec/v1", b"version https://hawser.github.com/spec/v1")
_MAX_LFS_BYTES = 1024


def compute(batch: Batch) -> dict[str, Any]:
    """One value per document for every column of `SCHEMA`; a file without text counts as an empty one."""
    # Numba takes 0.4 s to import; the schema needs none.
    from tilth.data.facts.kernels import COLUMNS, measure

    counts = measure(batch.joined, batch.starts, _flags())
    count = dict(zip(COLUMNS, counts.T, strict=True))
    return {
        "blob_id": [hashlib.sha1(raw, usedforsecurity=False).hexdigest() for raw in batch.raw],
        "length_bytes": [len(raw) for raw in batch.raw],
        "src_encoding": batch.encodings,
        "is_binary": [codec is None for codec in batch.encodings],
        "is_lfs_pointer": [_is_lfs_pointer(raw) for raw in batch.raw],
        "is_blank": [not text or text.isspace() for text in batch.utf8],
        "num_chars": count["num_chars"],
        "num_lines": count["num_lines"].astype(np.int32),
        "max_line_length": count["max_line_length"].astype(np.int32),
        "avg_line_length": _share(count["num_line_chars"], count["num_lines"]),
        "alpha_fraction": _share(count["num_alpha"], count["num_chars"]),
        "alphanum_fraction": _share(count["num_alphanum"], count["num_chars"]),
        "encoded_max_run": count["encoded_max_run"].astype(np.int32),
        "encoded_fraction": _share(count["encoded_chars"], count["num_chars"]),
        "visible_chars": _visible_chars(batch),
    }


@cache
def _flags() -> npt.NDArray[np.uint8]:
    from tilth.data.facts.kernels import character_flags

    return character_flags()


def _share(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Part of the whole; 0 where the whole is nothing."""
    return part / np.maximum(whole, 1)


def _is_lfs_pointer(raw: bytes) -> bool:
    """Whether the file stands for one that Git LFS keeps elsewhere."""
    return len(raw) < _MAX_LFS_BYTES and raw.startswith(_LFS_LINES) and b"\noid sha256:" in raw


def _visible_chars(batch: Batch) -> list[int | None]:
    """Length of what a reader of an HTML file sees; None for other names."""
    found: list[int | None] = [None] * len(batch)
    rows = [row for row, name in enumerate(batch.names) if name.lower().endswith(_HTML_ENDINGS)]
    if rows:
        from tilth.data.facts.visible import visible_chars

        for row in rows:
            found[row] = visible_chars(batch.joined, batch.starts[row], batch.starts[row + 1])
    return found
