"""How fast facts come back from the store: every fact of 100,000 files, looked up by content and name.

The store is the one that a build of real repositories leaves. The peer is SQLite with the same rows under the same key,
which is what a fact store is often made of.

    python benchmarks/facts_store.py [--quick] [--rounds N] [--folder FOLDER]
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import yaml
from corpus import packages, repositories
from measure import finish, tilth

from tilth.data.facts.groups import KEY, folder_of, groups
from tilth.store.layout import Store
from tilth.store.sql import Sql

FILES = 100_000
EVERYTHING = f"""SELECT * FROM asked
  {" ".join(f"JOIN facts_{group.NAME} USING (content_id, name)" for group in groups())}"""
"""SQL: every fact of the keys that are asked for."""


def main() -> None:
    """Builds until the store has facts of enough files, then reads them with one core."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round instead of five")
    options.add_argument("--rounds", type=int, default=5, help="how often each is measured, for a median")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    given = options.parse_args()
    work = given.folder / "facts_store"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store = _filled(given.folder, work)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    with Sql(work / "spill") as sql:
        _views(sql, store)
        rows = sql.table(EVERYTHING)
        database = _database(rows, work / "facts.sqlite")
        keys = list(zip(*(rows[name].to_pylist() for name in ("content_id", "name")), strict=True))
        rounds = 1 if given.quick else given.rounds
        ours = _rate(lambda: len(sql.table(EVERYTHING)), rounds)
        peer = _rate(lambda: _from_sqlite(database, keys), rounds)
    ratios = {"files_per_second": ours, "to_sqlite": ours / peer}
    figures = {"files": FILES, "columns": rows.num_columns, "files_per_second": ours}
    goals = {"files_per_second": ">= 200000", "to_sqlite": ">= 1"}
    finish("facts_store", figures, {"sqlite_files_per_second": peer}, ratios, goals)


def _filled(folder: Path, work: Path) -> Store:
    """A store with the facts of at least so many files."""
    store = Store(work / "store")
    for count in range(10, len(packages()) + 10, 10):
        chosen = [str(path) for path in repositories(folder, count)]
        recipe = {"name": "bench", "sources": [{"kind": "git", "repositories": chosen}]}
        (work / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        command = [*tilth(folder), "data", "build", str(work / "recipe.yaml"), "--store", str(store.root)]
        subprocess.run([*command, "--into", str(work / str(count))], check=True, stdout=sys.stderr)
        with Sql(work / "spill") as sql:
            _views(sql, store)
            if sql.rows("SELECT count(*) FROM facts_text")[0][0] >= FILES:
                return store
    raise SystemExit(f"the corpus has fewer than {FILES} files")


def _views(sql: Sql, store: Store) -> None:
    for group in groups():
        files = sorted((store.facts / folder_of(group)).glob("*.parquet"))
        sql.view(f"facts_{group.NAME}", files, pa.schema([*KEY, *group.SCHEMA]))
    # Keys from all over the store, in no order.
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE asked AS
        SELECT content_id, name FROM facts_text ORDER BY hash(content_id) LIMIT {FILES}"""
    )


def _database(rows: pa.Table, path: Path) -> sqlite3.Connection:
    """The same rows in SQLite, one column a fact, with the key as primary key."""
    database = sqlite3.connect(path)
    names = ", ".join(f'"{name}"' for name in rows.column_names)
    database.execute(f"CREATE TABLE facts ({names}, PRIMARY KEY (content_id, name)) WITHOUT ROWID")
    marks = ", ".join("?" * rows.num_columns)
    texts = (
        [value if _is_plain(value) else repr(value) for value in row.values()] for row in rows.to_pylist()
    )
    database.executemany(f"INSERT OR IGNORE INTO facts VALUES ({marks})", texts)
    database.commit()
    return database


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, int | float | str)


def _from_sqlite(database: sqlite3.Connection, keys: list[tuple[str, str]]) -> int:
    one = "SELECT * FROM facts WHERE content_id = ? AND name = ?"
    return sum(len(database.execute(one, key).fetchall()) for key in keys)


def _rate(read: Callable[[], int], rounds: int) -> float:
    """Files a second, the median of some rounds."""
    rates = []
    for _ in range(rounds):
        start = time.perf_counter()
        count = read()
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


if __name__ == "__main__":
    main()
