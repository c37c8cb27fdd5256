"""Rows of a parquet file by number: which belong to which repository, and their bytes, in bounded memory."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.sources.parquet_columns import Columns, as_bytes
from tilth.store.atomic import whole_file

Key = tuple[str, str | None]
"""Repository and revision: what rows of one unit share."""

_BATCH_BYTES = 4 * 2**20
_BATCH_MAX_ROWS = 4096
_BUCKET_BYTES = 128 * 2**20
_MAX_BUCKETS = 200
_RUNS_PER_GROUP = 2
"""A file whose repositories lie in more pieces than this is copied in order of repository before it is read."""


@dataclass(slots=True)
class Group:
    """The rows of one unit: runs of row numbers, and what the first row says about the repository."""

    first: dict[str, Any]
    runs: list[tuple[int, int]] = field(default_factory=list)


def groups(path: Path, columns: Columns, default_repo: str) -> dict[Key, Group]:
    """The units of a file, in order of their first row; reads every column but the content."""
    found: dict[Key, Group] = {}
    at = 0
    with pq.ParquetFile(path) as file:
        if not columns.small:
            return {(default_repo, None): Group({}, [(0, file.metadata.num_rows)])}
        for batch in file.iter_batches(batch_size=2**16, columns=_group_columns(columns)):
            keys = _keys(batch, columns, default_repo)
            start = 0
            for row in range(1, len(keys) + 1):
                if row == len(keys) or keys[row] != keys[start]:
                    _add_run(found, keys[start], batch, columns, start, at + start, at + row)
                    start = row
            at += len(keys)
    return found


def is_scattered(found: dict[Key, Group]) -> bool:
    """Whether reading unit by unit would read the file many times over."""
    return sum(len(group.runs) for group in found.values()) > _RUNS_PER_GROUP * len(found) + 8


class Reader:
    """Content and path of rows by number; forward reading decodes every row group once."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._file = pq.ParquetFile(path)
        self._columns = [name for name in (columns.content, columns.path) if name]
        metadata = self._file.metadata
        self._ends: list[int] = []
        for number in range(metadata.num_row_groups):
            self._ends.append((self._ends[-1] if self._ends else 0) + metadata.row_group(number).num_rows)
        self._batch_rows = batch_rows(metadata)
        self._batches: Iterator[Any] = iter(())
        self._batch: Any = None
        self._at = 0

    def rows(self, start: int, stop: int) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Content and path of the rows from `start` to before `stop`; None where null or without a column."""
        while start < stop:
            self._seek(start)
            end = min(stop, self._at + self._batch.num_rows)
            part = self._batch.slice(start - self._at, end - start)
            contents = as_bytes(part.column(0))
            paths = as_bytes(part.column(1)) if len(self._columns) > 1 else [None] * len(contents)
            yield from zip(contents, paths, strict=True)
            start = end

    def _seek(self, row: int) -> None:
        after = self._at + (self._batch.num_rows if self._batch is not None else 0)
        if (
            self._batch is None
            or row < self._at
            or self._group_of(row) > self._group_of(max(after - 1, 0)) + 1
        ):
            number = self._group_of(row)
            self._batches = self._file.iter_batches(
                batch_size=self._batch_rows, row_groups=range(number, len(self._ends)), columns=self._columns
            )
            self._at = self._ends[number - 1] if number else 0
            self._batch = self._ordered(next(self._batches))
        while row >= self._at + self._batch.num_rows:
            self._at += self._batch.num_rows
            self._batch = self._ordered(next(self._batches))

    def _group_of(self, row: int) -> int:
        return bisect_right(self._ends, row)

    def _ordered(self, batch: Any) -> Any:
        return batch.select(self._columns)


@lru_cache(maxsize=2)
def opened(
    path: str, mtime_ns: int, columns: tuple[tuple[str, str], ...], default_repo: str
) -> tuple[Reader, dict[str, list[tuple[int, int]]]]:
    """Reader of a file and each unit's runs by its label, kept for the next unit of the same file."""
    chosen = Columns(dict(columns))
    found = groups(Path(path), chosen, default_repo)
    return Reader(Path(path), chosen), {label(key): group.runs for key, group in found.items()}


def in_order(path: Path, columns: Columns, found: dict[Key, Group], default_repo: str, target: Path) -> Path:
    """A copy of a file in which the rows of each unit lie together, in their order; made once.

    Rows are first dealt into buckets on disk, each small enough to be sorted in memory.
    """
    if target.exists():
        return target
    numbers = {key: number for number, key in enumerate(found)}
    names = list(columns.names.values())
    with pq.ParquetFile(path) as file, whole_file(target) as temporary:
        num_buckets = min(_MAX_BUCKETS, _uncompressed(file.metadata) // _BUCKET_BYTES + 1)
        parts = [temporary.with_name(f"{temporary.name}.{number}") for number in range(num_buckets)]
        try:
            _deal(file, columns, names, numbers, default_repo, parts)
            _sort_parts(parts, names, temporary)
        finally:
            for part in parts:
                part.unlink(missing_ok=True)
    return target


def batch_rows(metadata: Any) -> int:
    """Rows that are read at a time, so that an average batch holds 4 MiB: larger buffers cost fresh pages each time."""
    num_rows = max(metadata.num_rows, 1)
    return int(max(1, min(_BATCH_MAX_ROWS, _BATCH_BYTES * num_rows // max(_uncompressed(metadata), 1))))


def label(key: Key) -> str:
    """A unit's name in its file."""
    repo_name, revision = key
    return f"{repo_name}@{revision}" if revision else repo_name


def _uncompressed(metadata: Any) -> int:
    return sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))


def _group_columns(columns: Columns) -> list[str]:
    return [name for name in columns.small if name != columns.path]


def _keys(batch: Any, columns: Columns, default_repo: str) -> list[Key]:
    repo, revision = columns.repo_name, columns.names.get("revision_id")
    if repo is None:
        return [(default_repo, None)] * int(batch.num_rows)
    names = [_text(value) or default_repo for value in as_bytes(batch.column(repo))]
    revisions: list[Any] = batch.column(revision).to_pylist() if revision else [None] * len(names)
    return [(name, str(value) if value else None) for name, value in zip(names, revisions, strict=True)]


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def _add_run(
    found: dict[Key, Group], key: Key, batch: Any, columns: Columns, row: int, start: int, stop: int
) -> None:
    group = found.get(key)
    if group is None:
        facts = {k: name for k, name in columns.names.items() if name in batch.schema.names}
        group = found[key] = Group({k: batch.column(name)[row].as_py() for k, name in facts.items()})
    if group.runs and group.runs[-1][1] == start:
        group.runs[-1] = (group.runs[-1][0], stop)
    else:
        group.runs.append((start, stop))


def _deal(
    file: Any,
    columns: Columns,
    names: list[str],
    numbers: dict[Key, int],
    default_repo: str,
    parts: list[Path],
) -> None:
    schema = pa.schema([file.schema_arrow.field(name) for name in names]).append(pa.field("", pa.int64()))
    writers = [pa.ipc.new_stream(str(part), schema.remove_metadata()) for part in parts]
    try:
        for batch in file.iter_batches(batch_size=batch_rows(file.metadata), columns=names):
            batch = batch.select(names)
            unit = [numbers[key] for key in _keys(batch, columns, default_repo)]
            columns_now = [*batch.columns, pa.array(unit, pa.int64())]
            batch = pa.RecordBatch.from_arrays(columns_now, schema=schema.remove_metadata())
            for number, writer in enumerate(writers):
                rows = [row for row, u in enumerate(unit) if u * len(parts) // len(numbers) == number]
                if rows:
                    writer.write_batch(batch.take(pa.array(rows, pa.int64())))
    finally:
        for writer in writers:
            writer.close()


def _sort_parts(parts: list[Path], names: list[str], target: Path) -> None:
    writer: Any = None
    try:
        for part in parts:
            with pa.ipc.open_stream(str(part)) as stream:
                table = stream.read_all()
            # Arrow's sort is stable for a single key only where ties are settled by a second one.
            table = table.append_column(" row", pa.array(range(table.num_rows), pa.int64()))
            table = table.sort_by([("", "ascending"), (" row", "ascending")]).select(names)
            if writer is None:
                writer = pq.ParquetWriter(target, table.schema, compression="lz4")
            writer.write_table(table, row_group_size=_BATCH_MAX_ROWS)
    finally:
        if writer is not None:
            writer.close()
