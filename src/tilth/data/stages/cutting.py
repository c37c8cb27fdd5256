"""Takes spans out of texts and keeps them beside, so that a row has all of its text still."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

CUTS: Final = "cuts"
"""Column of the spans that a row lacks."""
_SPAN = [("begin_byte", pa.int64()), ("end_byte", pa.int64())]
SPANS_TYPE = pa.list_(pa.struct(_SPAN))
"""Spans in a plan: bytes of the text as UTF-8, ascending, none touching another."""
CUTS_TYPE = pa.list_(pa.struct([*_SPAN, ("text", pa.string())]))
"""Spans in a row, with what stood there; null where nothing was taken out."""


def cut(table: pa.Table, spans: pa.ChunkedArray) -> pa.Table:
    """Rows with the spans of each taken out of `content`, and kept in `cuts`.

    Args:
        table: Rows whose last column is `content`.
        spans: [rows] `SPANS_TYPE`.
    """
    contents, cuts = table["content"].to_pylist(), spans.to_pylist()
    for row, listed in enumerate(cuts):
        if listed:
            contents[row], cuts[row] = _parted(contents[row].encode(), listed)
    left = pa.array(contents, pa.string())
    table = table.set_column(table.num_columns - 1, pa.field("content", pa.string()), left)
    return table.append_column(pa.field(CUTS, CUTS_TYPE), pa.array(cuts, CUTS_TYPE))


def _parted(text: bytes, spans: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    left, taken, at = [], [], 0
    for span in spans:
        begin, end = span["begin_byte"], span["end_byte"]
        left.append(text[at:begin])
        taken.append({**span, "text": text[begin:end].decode()})
        at = end
    return b"".join([*left, text[at:]]).decode(), taken


def restored(content: str, cuts: Iterable[Mapping[str, Any]] | None = None) -> str:
    """The text of a row as it was before anything was taken out."""
    if not cuts:
        return content
    text, parts, at, length = content.encode(), [], 0, 0
    for span in cuts:
        upto = at + span["begin_byte"] - length
        parts += [text[at:upto], span["text"].encode()]
        length = span["end_byte"]
        at = upto
    return b"".join([*parts, text[at:]]).decode()
