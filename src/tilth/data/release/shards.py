"""Cuts tables into the files of a release, and reuses those that an earlier release already has.

A file's key is the hash of the rows in it and of how it is written. Equal keys mean equal bytes, so a file found in
the store under its key is linked, not written.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tilth.store.cuts import Cutter, fractions_of


@dataclass(frozen=True, slots=True)
class Shard:
    """One file to be: where it goes, its key, and its rows while they are not written."""

    folder: str
    """Folder in the release, such as `data/python`."""
    stem: str
    """Name up to the hash: the first row's place in the order."""
    key: str
    rows: pa.Table


def group_by_folder(
    batches: Iterable[pa.RecordBatch], folder_column: str, folder_of: Callable[[str | None], str]
) -> Iterator[tuple[str, Iterator[pa.Table]]]:
    """Splits a stream, ordered by `folder_column`, into runs of one folder each; each run must be used up in turn."""
    pieces = _pieces(batches, folder_column)
    pending = next(pieces, None)
    while pending is not None:
        value = pending[0]

        def run(first: tuple[str | None, pa.Table]) -> Iterator[pa.Table]:
            nonlocal pending
            pending = first
            while pending is not None and pending[0] == first[0]:
                yield pending[1]
                pending = next(pieces, None)

        yield folder_of(value), run(pending)


def _pieces(batches: Iterable[pa.RecordBatch], column: str) -> Iterator[tuple[str | None, pa.Table]]:
    for batch in batches:
        if batch.num_rows == 0:
            continue
        table = pa.Table.from_batches([batch])
        values = table[column].to_pylist()
        begins = [0, *(at for at in range(1, len(values)) if values[at] != values[at - 1])]
        for begin, end in zip(begins, [*begins[1:], len(values)], strict=True):
            yield values[begin], table.slice(begin, end - begin)


def cut(
    folder: str,
    pieces: Iterable[pa.Table],
    *,
    aim: int,
    sizes_of: Callable[[pa.Table], NDArray[np.int64]],
    schema: pa.Schema,
    written_as: str,
    places: frozenset[str] = frozenset(),
) -> Iterator[Shard]:
    """Cuts one folder's rows, in order, into shards.

    The pieces carry two columns beside those of `schema`: `cut_id` (hex, hashed by content) and `stem` (the order).
    `places` names the columns that say where the store keeps a text: they are not part of the key.
    """
    cutter = Cutter(aim)
    held: list[pa.Table] = []
    names: dict[str, int] = {}
    for piece in pieces:
        begins = cutter.feed(fractions_of(piece["cut_id"].to_pylist()), sizes_of(piece))
        previous = 0
        for begin in begins:
            held.append(piece.slice(previous, begin - previous))
            if shard := _shard(folder, held, names, schema, places, written_as):
                yield shard
            held, previous = [], begin
        held.append(piece.slice(previous))
    if shard := _shard(folder, held, names, schema, places, written_as):
        yield shard


def _shard(
    folder: str, held: list[pa.Table], names: dict[str, int], schema: pa.Schema, places: frozenset[str], written_as: str
) -> Shard | None:
    held = [table for table in held if len(table)]
    if not held:
        return None
    table = pa.concat_tables(held)
    prefix = table["stem"][0].as_py()
    ordinal = names[prefix] = names.get(prefix, -1) + 1
    rows = table.select(schema.names).cast(schema).combine_chunks()
    return Shard(folder, f"{prefix}-{ordinal:02d}", _key(rows.drop_columns(list(places)), written_as), rows)


def _key(rows: pa.Table, written_as: str) -> str:
    digest = hashlib.sha256(written_as.encode())
    plain = _plain(rows)
    with pa.ipc.new_stream(pa.PythonFile(_HashSink(digest.update), mode="w"), plain.schema) as writer:
        writer.write_table(plain)
    return digest.hexdigest()


def _plain(rows: pa.Table) -> pa.Table:
    """The same rows in buffers that depend on nothing but the values.

    What lies under a null, beyond the last bit of a bitmap and in the padding of a slice is arbitrary in Arrow; here
    every column is a fresh copy, nulls are a column of their own over zeros, and no column is of bits.
    """
    rows = rows.take(pa.array(np.arange(len(rows))))
    columns: dict[str, pa.ChunkedArray] = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if column.null_count:
            columns[f"{name} is null"] = pc.cast(pc.is_null(column), pa.int8())
            column = pc.fill_null(column, _zero(column.type))
        columns[name] = pc.cast(column, pa.int8()) if pa.types.is_boolean(column.type) else column
    return pa.table(columns)


def _zero(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return pa.scalar([], kind)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return pa.scalar(b"").cast(kind)
    return pa.scalar(0).cast(kind)


class _HashSink:
    """A file-like object that passes what is written on to a hash."""

    closed = False

    def __init__(self, update: Callable[[bytes], object]) -> None:
        self._update = update
        self._at = 0

    def write(self, data: bytes) -> int:
        self._update(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False


def note_of(shards: Path, key: str) -> dict[str, Any] | None:
    """What is known of a shard that the store holds; None where it does not."""
    path = shards / f"{key}.json"
    if not path.exists():
        return None
    note: dict[str, Any] = json.loads(path.read_text())
    return note
