"""A file of lots: one table for each of many tasks, each read alone without touching the others.

Arrow's file format, not parquet: opening one lot costs the same however many there are.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from tilth.store.atomic import whole_file


class LotWriter:
    """Writes lots of one schema; the file appears when the block ends well."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._open = ExitStack()
        temporary = self._open.enter_context(whole_file(path))
        self._writer = self._open.enter_context(pa.ipc.new_file(str(temporary), schema))
        self.count = 0

    def add(self, table: pa.Table) -> int:
        """Appends one lot of at least one row; gives its number."""
        (batch,) = table.combine_chunks().to_batches()
        self._writer.write_batch(batch)
        self.count += 1
        return self.count - 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)


def read_lot(path: str, number: int) -> pa.Table:
    """The lot of that number."""
    with pa.memory_map(path) as source:
        return pa.Table.from_batches([pa.ipc.open_file(source).get_batch(number)])
