"""SQL over parquet files: one DuckDB session with a bound on its memory, spilling to a folder."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

MEMORY_BYTES = 384 * 2**20
"""Memory of a session before it spills."""
ALONE_BYTES = 2 * MEMORY_BYTES
"""The same where nothing else of a build runs: a join that spills takes twice as long, and on one core only."""


def parquet(files: Iterable[Path], *, filename: bool = False) -> str:
    """SQL for the rows of parquet files, at least one; nothing is read out of their folders' names."""
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    # A folder named `size=3` would give a column `size`.
    return f"read_parquet([{listed}], hive_partitioning=false{', filename=true' if filename else ''})"


class Sql:
    """A DuckDB session whose tables live in memory and spill to `spill` when they outgrow it."""

    def __init__(self, spill: Path, *, threads: int = 1, memory_bytes: int = MEMORY_BYTES) -> None:
        spill.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(
            config={
                "threads": threads,
                "memory_limit": f"{memory_bytes // 2**20}MiB",
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        self.connection.execute("SET TimeZone = 'UTC'")

    def run(self, query: str, parameters: list[Any] | None = None) -> "Sql":
        """Executes one statement."""
        self.connection.execute(query, parameters)
        return self

    def rows(self, query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of a small answer."""
        return self.connection.execute(query, parameters).fetchall()

    def table(self, query: str) -> pa.Table:
        """A small answer as an Arrow table."""
        return self.connection.sql(query).to_arrow_table()

    def records(self, query: str) -> list[dict[str, Any]]:
        """All rows of a small answer, each by the names of its columns."""
        rows: list[dict[str, Any]] = self.table(query).to_pylist()
        return rows

    def batches(
        self, query: str, batch_rows: int = 20_000, parameters: list[Any] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """A large answer as Arrow batches, streamed in order."""
        yield from self.connection.sql(query, params=parameters).to_arrow_reader(batch_rows)

    def view(self, name: str, files: Iterable[Path], schema: pa.Schema, *, filename: bool = False) -> None:
        """Makes a view over parquet files; an empty one with `schema` where there are no files."""
        paths = list(files)
        if paths:
            self.run(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {parquet(paths, filename=filename)}")
            return
        if filename:
            schema = schema.append(pa.field("filename", pa.string()))
        self.add(f"{name}_none", schema.empty_table())
        self.run(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM {name}_none")

    def add(self, name: str, table: pa.Table) -> None:
        """Makes an Arrow table known under `name`, copied into the session."""
        self._take_in(table, f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")

    def append(self, name: str, table: pa.Table) -> None:
        """Adds the rows of an Arrow table to a table of the session that has the same columns."""
        self._take_in(table, f"INSERT INTO {name} SELECT * FROM arriving")

    def _take_in(self, arriving: pa.Table, query: str) -> None:
        self.connection.register("arriving", arriving)
        self.run(query)
        self.connection.unregister("arriving")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lets the session take more memory, for steps beside which no worker has any."""
        self._limit(ALONE_BYTES)
        yield
        self._limit(MEMORY_BYTES)

    def _limit(self, memory_bytes: int) -> None:
        self.run(f"SET memory_limit = '{memory_bytes // 2**20}MiB'")

    def close(self) -> None:
        """Ends the session and frees its memory."""
        self.connection.close()

    def __enter__(self) -> "Sql":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
