from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tilth.store.sql import Sql, parquet

SCHEMA = pa.schema([("size", pa.int64()), ("name", pa.string())])


@pytest.mark.parametrize(
    "folder", ["plain", "it's", "we[i]rd*?", "size=3", "name=x/size=y", "semi;colon--", 'quo"te']
)
def test_names_of_folders_say_nothing(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder / "one.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.table([[1, 2], ["a", "b"]], schema=SCHEMA), file)
    with Sql(tmp_path / "spill") as sql:
        sql.view("v", [file], SCHEMA)
        assert sql.rows("SELECT * FROM v ORDER BY size") == [(1, "a"), (2, "b")]
        assert sql.rows(f"SELECT * FROM {parquet([file])} ORDER BY size") == [(1, "a"), (2, "b")]


def test_view_over_no_files_is_empty(tmp_path: Path) -> None:
    with Sql(tmp_path) as sql:
        sql.view("v", [], SCHEMA)
        sql.view("w", [], SCHEMA, filename=True)
        assert sql.rows("SELECT size, name FROM v") == []
        assert sql.rows("SELECT filename FROM w") == []


def test_view_can_be_made_again_over_more(tmp_path: Path) -> None:
    for number in range(2):
        pq.write_table(pa.table([[number], [None]], schema=SCHEMA), tmp_path / f"{number}.parquet")
    with Sql(tmp_path / "spill") as sql:
        for count in (0, 1, 2):
            sql.view("v", [tmp_path / f"{number}.parquet" for number in range(count)], SCHEMA)
            assert sql.rows("SELECT count(*) FROM v") == [(count,)]


def test_added_table_is_a_copy_that_can_be_replaced(tmp_path: Path) -> None:
    with Sql(tmp_path) as sql:
        sql.add("t", pa.table({"x": [1]}))
        sql.add("t", pa.table({"y": [2, 3]}))
        assert sql.rows("SELECT y FROM t ORDER BY y") == [(2,), (3,)]


def test_batches_come_in_order_and_whole(tmp_path: Path) -> None:
    with Sql(tmp_path, threads=2) as sql:
        batches = sql.batches("SELECT range AS n FROM range(5000) ORDER BY n DESC", 1000)
        numbers = [n for batch in batches for n in batch["n"].to_pylist()]
    assert numbers == list(range(4999, -1, -1))


def test_work_that_outgrows_its_memory_spills(tmp_path: Path) -> None:
    with Sql(tmp_path / "spill", memory_bytes=64 * 2**20) as sql:
        sql.run(
            "CREATE TEMP TABLE t AS SELECT range AS n, repeat(md5(range::VARCHAR), 8) AS text FROM range(400000)"
        )
        assert sql.rows("SELECT count(*), count(DISTINCT text) FROM t") == [(400_000, 400_000)]


def test_times_are_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sql(tmp_path) as sql:
        assert sql.rows("SELECT current_setting('TimeZone')") == [("UTC",)]
