"""Writes one data file of a release: the rows of its plan, with their texts from the content store."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.facts.encoding import decode
from tilth.data.release.columns import CONTENT, ROW_SCHEMA
from tilth.store.atomic import check_room, whole_file, write_text
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader, PackWriter

PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "write_page_index": True,
    "use_content_defined_chunking": True,
    "use_dictionary": [
        name for name in ROW_SCHEMA.names if name not in ("blob_id", "content_id", "content", "path")
    ],
}
"""How every parquet file of a release is written; part of each shard's key."""

ROWS_PER_GROUP = 20_000


def write_shard(
    store: str, plan: str, lot: int, key: str, row_group_bytes: int, inline: bool
) -> dict[str, Any]:
    """Task: writes the shard `key` from its lot of the plan, with a note of its hash and counts beside it."""
    place = Store(Path(store))
    check_room(place.root)
    rows = read_lot(plan, lot)
    path = place.shards / f"{key}.parquet"
    schema = ROW_SCHEMA.append(CONTENT) if inline else ROW_SCHEMA
    pack = None if inline else PackWriter(place.shards / f"{key}-contents.pack")
    with PackReader(place.packs) as packs, whole_file(path) as temporary:
        with pq.ParquetWriter(temporary, schema, **PARQUET) as writer:
            for part in _row_groups(rows, row_group_bytes):
                raw = _contents(part, packs)
                table = part.select(ROW_SCHEMA.names)
                if inline:
                    table = table.append_column(CONTENT, _texts(raw))
                writer.write_table(table, row_group_size=len(table))
                if pack is not None:
                    for content_id, data in zip(part["content_id"].to_pylist(), raw, strict=True):
                        pack.add(content_id, data)
    if pack is not None:
        pack.__exit__(None, None, None)
    return finish_shard(path, len(rows), int(np.sum(rows["length_bytes"].to_numpy())))


def finish_shard(path: Path, rows: int, text_bytes: int) -> dict[str, Any]:
    """Notes a shard's hash and counts beside it; the note is what makes the shard exist."""
    note: dict[str, Any] = {"sha256": sha256_of(path), "bytes": path.stat().st_size, "rows": rows}
    note["text_bytes"] = text_bytes
    write_text(path.with_suffix(".json"), json.dumps(note))
    return note


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _row_groups(rows: pa.Table, row_group_bytes: int) -> list[pa.Table]:
    """Cuts the rows into groups of at most `row_group_bytes` of text, or one longer row."""
    sizes = rows["length_bytes"].to_numpy()
    parts, start, size = [], 0, 0
    for at, length in enumerate(sizes.tolist()):
        if at > start and (size + length > row_group_bytes or at - start >= ROWS_PER_GROUP):
            parts.append(rows.slice(start, at - start))
            start, size = at, 0
        size += length
    return [*parts, rows.slice(start)]


def _contents(part: pa.Table, packs: PackReader) -> list[bytes]:
    columns = ("pack", "offset", "packed_bytes", "length_bytes")
    places = zip(*(part[name].to_pylist() for name in columns), strict=True)
    return [packs.read(*place) for place in places]


def _texts(raw: list[bytes]) -> pa.Array:
    """The contents as UTF-8 text; what is UTF-8 already is not copied more than once."""
    texts = [decode(data)[1] for data in raw]
    ends = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    joined = pa.py_buffer(b"".join(texts))
    if ends[-1] < 2**31 - 1:
        return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends.astype(np.int32)), joined)
    return pa.array(texts, pa.binary()).cast(pa.string())
