"""Cuts tables into the files of a release, and finds those that an earlier release already has.

A file's key is a hash of the rows in it and of how it is written. Equal keys mean equal bytes, so a file found in the
store under its key is linked, not written, and its rows are not even fetched: the cutting looks only at each row's
weight, its own id, and a hash of the rest.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from tilth.data.release.tables import Table
from tilth.store.cuts import Cutter, fractions_of
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Shard:
    """One file to be: where it goes, its key, and which rows of its table are in it."""

    folder: str
    """Folder in the release, such as `data/python`."""
    stem: str
    """Name up to the hash: the first row's place in the order."""
    key: str
    begin: int
    """Number of its first row."""
    end: int
    """Number of the row after its last one."""
    weight: int
    """Sum of its rows' weights: bytes of text, or rows."""


SHARD_COLUMNS = "cut_id, stem, weight, row_hash"
"""A hex id that decides the cuts, the order's name, a weight, a hash."""


def shards_of(sql: Sql, table: Table, *, aim: int, written_as: str) -> list[Shard]:
    """Cuts a table, whose rows lie in order, into shards."""
    shards: list[Shard] = []
    open_file: _Run | None = None
    query = f"SELECT {table.folder} AS folder, {SHARD_COLUMNS} FROM {table.name} ORDER BY rowid"
    number = 0
    for batch in sql.batches(query, 100_000):
        for piece in _pieces(batch):
            value = piece["folder"][0].as_py()
            if open_file is None or open_file.value != value:
                if open_file:
                    shards.append(open_file.shard(number))
                open_file = _Run(value, table.folder_of(value), aim, written_as, number)
            shards += open_file.feed(piece, number)
            number += len(piece)
    if open_file:
        shards.append(open_file.shard(number))
    return shards


def write_lots(sql: Sql, table: Table, shards: list[Shard], path: Path) -> None:
    """Writes the whole rows of some shards, in the order of their rows, as one lot each."""
    ranges = [[shard.begin for shard in shards], [shard.end for shard in shards], list(range(len(shards)))]
    schema = pa.schema([("begin_row", pa.int64()), ("end_row", pa.int64()), ("lot", pa.int64())])
    sql.add("ranges", pa.table(ranges, schema=schema))
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT t.*, t.number, r.lot FROM (SELECT *, rowid AS number FROM {table.name}) AS t
          ASOF JOIN ranges AS r ON t.number >= r.begin_row WHERE t.number < r.end_row"""
    )
    held: list[pa.Table] = []
    missing = sum(shard.end - shard.begin if table.texts else shard.weight for shard in shards)
    with LotWriter(path, table.plan_schema) as lots:
        for batch in sql.batches(table.rows):
            rows = pa.Table.from_batches([batch])
            missing -= len(rows)
            numbers = rows["lot"].to_numpy()
            bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(rows)]
            for begin, end in pairwise(bounds):
                if held and numbers[begin] != lots.count:
                    lots.add(pa.concat_tables(held))
                    held = []
                held.append(
                    rows.slice(begin, end - begin).select(table.plan_schema.names).cast(table.plan_schema)
                )
        if held:
            lots.add(pa.concat_tables(held))
    if missing or lots.count != len(shards):
        raise RuntimeError(f"{table.name}: {lots.count} lots for {len(shards)} files, {missing} rows too few")


def _pieces(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Parts of a batch that share a folder."""
    values = batch["folder"].to_pylist()
    begins = [0, *(at for at in range(1, len(values)) if values[at] != values[at - 1])] if values else []
    for begin, end in pairwise([*begins, len(values)]):
        yield batch.slice(begin, end - begin)


class _Run:
    """The rows of one folder, cut as they come."""

    def __init__(self, value: str | None, folder: str, aim: int, written_as: str, number: int) -> None:
        self.value = value
        self._folder = folder
        self._cutter = Cutter(aim)
        self._written_as = written_as.encode()
        self._names: dict[str, int] = {}
        self._start(number, "")

    def _start(self, begin: int, stem: str) -> None:
        self._begin, self._stem, self._size = begin, stem, 0
        self._digest = hashlib.sha256(self._written_as)

    def feed(self, piece: pa.RecordBatch, number: int) -> Iterator[Shard]:
        """Takes rows, the first of which has that number; gives the shards that are complete."""
        ids, stems = piece["cut_id"].to_pylist(), piece["stem"].to_pylist()
        sizes, hashes = piece["weight"].to_numpy(), piece["row_hash"].to_numpy()
        begins = self._cutter.feed(fractions_of(ids), sizes)
        bounds = [0, *[begin for begin in begins if begin], len(ids)]
        for begin, end in pairwise(bounds):
            if begin in begins:
                if number + begin > self._begin:
                    yield self.shard(number + begin)
                self._start(number + begin, stems[begin])
            self._digest.update("".join(ids[begin:end]).encode())
            self._digest.update(np.ascontiguousarray(hashes[begin:end]).tobytes())
            self._size += int(sizes[begin:end].sum())

    def shard(self, end: int) -> Shard:
        """The shard of the rows since the last cut."""
        ordinal = self._names[self._stem] = self._names.get(self._stem, -1) + 1
        name = f"{self._stem}-{ordinal:02d}"
        return Shard(self._folder, name, self._digest.hexdigest(), self._begin, end, self._size)
