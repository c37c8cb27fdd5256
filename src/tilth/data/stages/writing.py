"""Writes one data file of a release: the rows of its plan, with their texts from the content store."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tilth.data.contents import read_places
from tilth.data.facts.encoding import decode
from tilth.data.release.columns import COLUMNS, place_columns
from tilth.data.release.finished import files_of, finish
from tilth.data.stages.cutting import CUTS, CUTS_TYPE, cut
from tilth.data.stages.redacting import redacted
from tilth.store.atomic import check_room, whole_file
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader, PackWriter

PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "write_page_index": True,
    "use_content_defined_chunking": True,
    "use_dictionary": [name for name, *_ in COLUMNS if name not in ("blob_id", "content_id", "path")],
}
"""How every parquet file of a release is written; part of each shard's key."""

ROWS_PER_GROUP = 20_000


def write_shard(
    store: str,
    plan: str,
    lot: int,
    key: str,
    row_group_bytes: int,
    texts: list[str],
    inline: bool,
    findings: dict[str, Any] | None,
) -> dict[str, Any]:
    """Task: writes the shard `key` from its lot of the plan, with a note of its hash and counts beside it.

    Each of `texts` is a column of text, whose place in the store the plan gives in columns of its own.
    """
    place = Store(Path(store))
    check_room(place.root)
    rows = read_lot(plan, lot)
    places = {name for text in texts for name in place_columns(text)}
    columns = [name for name in rows.column_names if name not in places and name != CUTS]
    files = files_of(place.shards, key, inline)
    with ExitStack() as stack:
        packs = stack.enter_context(PackReader(place.packs))
        beside = None if inline else stack.enter_context(PackWriter(files["pack"]))
        temporary = stack.enter_context(whole_file(files[""]))
        schema = rows.select(columns).schema
        for text in texts if inline else ():
            schema = schema.append(pa.field(text, pa.string()))
        if CUTS in rows.column_names:
            schema = schema.append(pa.field(CUTS, CUTS_TYPE))
        writer = stack.enter_context(pq.ParquetWriter(temporary, schema, **PARQUET))
        for part in _row_groups(rows, texts, row_group_bytes):
            table = part.select(columns)
            for text in texts:
                raw = _contents(part, text, packs)
                if findings:
                    table, raw = redacted(table, text, raw, findings, as_text=inline)
                if beside is None:
                    table = table.append_column(pa.field(text, pa.string()), _texts(raw, bool(findings)))
                else:
                    for content_id, data in zip(part["content_id"].to_pylist(), raw, strict=True):
                        beside.add(content_id, data or b"")
            if CUTS in rows.column_names:
                table = cut(table, part[CUTS])
            writer.write_table(table, row_group_size=len(table))
    text_bytes = int(_text_bytes(rows, texts).sum())
    return finish(place.shards, key, inline=inline, rows=len(rows), text_bytes=text_bytes)


def _text_bytes(rows: pa.Table, texts: list[str]) -> NDArray[np.int64]:
    """Bytes of text in each row."""
    total = np.zeros(len(rows), dtype=np.int64)
    for text in texts:
        total += rows[place_columns(text)[3]].fill_null(0).to_numpy()
    return total


def _row_groups(rows: pa.Table, texts: list[str], row_group_bytes: int) -> list[pa.Table]:
    """Cuts the rows into groups of at most `row_group_bytes` of text, or one longer row."""
    parts, start, size = [], 0, 0
    for at, length in enumerate(_text_bytes(rows, texts).tolist()):
        if at > start and (size + length > row_group_bytes or at - start >= ROWS_PER_GROUP):
            parts.append(rows.slice(start, at - start))
            start, size = at, 0
        size += length
    return [*parts, rows.slice(start)]


def _contents(part: pa.Table, text: str, packs: PackReader) -> list[bytes | None]:
    columns = [part[name].to_pylist() for name in place_columns(text)]
    there = [at for at, pack in enumerate(columns[0]) if pack is not None]
    found = read_places(packs, *([column[at] for at in there] for column in columns))
    contents: list[bytes | None] = [None] * len(part)
    for at, data in zip(there, found, strict=True):
        contents[at] = data
    return contents


def _texts(raw: list[bytes | None], is_text: bool) -> pa.Array:
    """The contents as UTF-8 text, where they are not already; what is UTF-8 is not copied more than once."""
    found = raw if is_text else [None if data is None else decode(data)[1] for data in raw]
    if None in raw:
        return pa.array(found, pa.binary()).cast(pa.string())
    texts = [text or b"" for text in found]
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    if ends[-1] >= 2**31 - 1:
        return pa.array(texts, pa.binary()).cast(pa.string())
    return pa.StringArray.from_buffers(
        len(texts), pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(texts))
    )
