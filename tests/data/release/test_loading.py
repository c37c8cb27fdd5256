"""A release is a dataset for whoever reads parquet: the hub's own loader first."""

from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.data.releases import Made


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = import_module("datasets")

    def once(release: Made, *names: str, **said: Any) -> Any:
        return datasets.load_dataset(
            str(release.path), *names, split="train", cache_dir=str(tmp_path / "cache"), **said
        )

    return once


def ids(rows: Any) -> list[str]:
    return sorted(row["content_id"] for row in rows)


@pytest.mark.filterwarnings("default")
def test_datasets_loads_all_one_language_and_the_drops(load: Any, example: Made) -> None:
    rows = example.table("data")
    assert ids(load(example)) == ids(rows)
    assert ids(load(example, "python")) == ids(row for row in rows if row["language"] == "Python")
    assert ids(load(example, "c++")) == ids(row for row in rows if row["language"] == "C++")
    assert len(load(example, "drops")) == len(example.table("metadata/drops"))
    assert len(load(example, "occurrences")) == len(example.table("metadata/occurrences"))
    assert ids(load(example, streaming=True)) == ids(rows)


@pytest.mark.parametrize("reader", ["polars", "pandas", "duckdb"])
def test_others_read_the_files(reader: str, example: Made) -> None:
    pattern = str(example.path / "data/*/*.parquet")
    if reader == "duckdb":
        found = [row[0] for row in duckdb.sql(f"SELECT content_id FROM read_parquet('{pattern}')").fetchall()]
    elif reader == "polars":
        found = import_module("polars").read_parquet(pattern)["content_id"].to_list()
    else:
        pandas = import_module("pandas")
        files = sorted(example.path.glob("data/*/*.parquet"))
        found = list(pandas.concat([pandas.read_parquet(file) for file in files])["content_id"])
    assert sorted(found) == ids(example.table("data"))


def test_files_have_page_indexes_and_one_schema(example: Made) -> None:
    schemas = set()
    for path in example.path.glob("data/*/*.parquet"):
        file = pq.ParquetFile(path)
        schemas.add(str(file.schema_arrow.remove_metadata()))
        column = file.metadata.row_group(0).column(0)
        assert column.has_offset_index and column.has_column_index
    assert len(schemas) == 1
