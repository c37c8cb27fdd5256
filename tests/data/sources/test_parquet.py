"""Parquet files: missing columns, null rows, repositories in pieces, The Stack's columns."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tilth.config.sources import ParquetSource
from tilth.data.sources import parquet, parquet_rows
from tilth.errors import UserError
from tilth.records import Entry, Refusal, Unit
from tilth.store.swhid import content_id


def write(folder: Path, columns: dict[str, Any], **options: Any) -> Path:
    path = folder / "part-0.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return path


def resolved(path: Path, **columns: str) -> list[Unit]:
    source = ParquetSource(kind="parquet", paths=(str(path),), columns=columns)
    units = list(parquet.resolve(source, path.parent / "cache"))
    assert all(isinstance(unit, Unit) for unit in units)
    return [unit for unit in units if isinstance(unit, Unit)]


def read(unit: Unit, path: Path, **columns: str) -> list[tuple[Entry, bytes | None]]:
    source = ParquetSource(kind="parquet", paths=(str(path),), columns=columns)
    rows = list(parquet.stream(unit, source))
    for entry, data in rows:
        assert (data is None) == (entry.refused is not None)
        if data is not None:
            assert (entry.content_id, entry.size) == (content_id(data), len(data))
    return rows


def test_file_without_content_says_what_it_has(tmp_path: Path) -> None:
    path = write(tmp_path, {"body": ["x"], "path": ["a"]})
    with pytest.raises(UserError, match="it has body, path") as caught:
        resolved(path, content="missing")
    with pytest.raises(UserError, match="the file has body, path") as caught:
        resolved(path)
    assert "columns:" in caught.value.hint
    with pytest.raises(UserError, match="not known"):
        resolved(path, kontent="body")
    assert [d for _, d in read(resolved(path, content="body")[0], path, content="body")] == [b"x"]


def test_content_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="int64"):
        resolved(write(tmp_path, {"content": [1]}))


def test_file_that_is_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    for data in (b"", b"PAR1 no"):
        path.write_bytes(data)
        (refusal,) = parquet.resolve(ParquetSource(kind="parquet", paths=(str(path),)), tmp_path)
        assert isinstance(refusal, Refusal) and refusal.reason == "not_parquet"


def test_bad_rows_are_entries(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"content": ["1", None, "3", "4", "5"], "path": ["a", "b", None, "../c", "a"]},
    )
    (unit,) = resolved(path)
    assert unit.repo_name == "part-0" and unit.origin == path.as_uri()
    assert [(e.path, e.refused) for e, _ in read(unit, path)] == [
        ("a", None),
        ("b", "missing_content"),
        ("./@000000002", "bad_row"),
        ("../c", "unsafe_path"),
        ("a", "duplicate_path"),
    ]


def test_rows_without_paths_are_numbered(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": [b"\xff", b"2"]})
    assert [(e.path, d) for e, d in read(resolved(path)[0], path)] == [
        ("row-000000000", b"\xff"),
        ("row-000000001", b"2"),
    ]


def test_columns_of_the_stack(tmp_path: Path) -> None:
    digits = "a" * 40
    path = write(
        tmp_path,
        {
            "content": pa.array(["1", "2"]).dictionary_encode(),
            "path": ["/src/a.py", "/b.py"],
            "repo_name": ["me/it", "me/it"],
            "snapshot_id": [digits] * 2,
            "revision_id": ["b" * 40] * 2,
            "directory_id": ["c" * 40] * 2,
            "branch_name": ["refs/heads/main"] * 2,
            "revision_date": [datetime(2020, 1, 2, 3, 4, 5)] * 2,
            "committer_date": ["2020-01-02T03:04:05+01:00"] * 2,
            "star_events_count": [7] * 2,
            "fork_events_count": [None, None],
            "gha_license_id": ["MIT"] * 2,
        },
    )
    (unit,) = resolved(path)
    assert (unit.repo_name, unit.snapshot_id, unit.revision_id) == ("me/it", f"swh:1:snp:{digits}", "b" * 40)
    assert (unit.directory_id, unit.branch_name, unit.gha_license_id) == ("c" * 40, "refs/heads/main", "MIT")
    assert unit.revision_date == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert unit.committer_date == datetime(2020, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert (unit.star_events_count, unit.fork_events_count) == (7, None)
    assert unit.tree_key.endswith(f":me/it@{'b' * 40}")
    assert [e.path for e, _ in read(unit, path)] == ["src/a.py", "b.py"]


@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("buckets", [1, 3])
def test_every_row_is_in_one_unit(
    tmp_path: Path, scattered: bool, buckets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    num_rows, num_repos = 500, 20
    repo = [row % num_repos if scattered else row * num_repos // num_rows for row in range(num_rows)]
    path = write(
        tmp_path,
        {
            "max_stars_repo_path": [f"f{row}" for row in range(num_rows)],
            "content": [f"text {row}" for row in range(num_rows)],
            "max_stars_repo_name": [f"o/r{number}" if number else None for number in repo],
        },
        row_group_size=64,
    )
    monkeypatch.setattr(parquet_rows, "_BATCH_MAX_ROWS", 10)
    monkeypatch.setattr(parquet_rows, "_BUCKET_BYTES", 10**9 if buckets == 1 else 10_000)
    units = resolved(path)
    assert len(units) == num_repos
    assert (units[0].location != str(path)) == scattered
    rows = {}
    for unit in reversed(units):
        for entry, data in read(unit, path):
            number = int(entry.path[1:])
            assert data == b"text %d" % number
            assert unit.repo_name == (f"o/r{repo[number]}" if repo[number] else "part-0")
            rows[number] = unit.repo_name
        numbers = [n for n in rows if rows[n] == unit.repo_name]
        assert numbers == sorted(numbers)
    assert len(rows) == num_rows
    assert [u.tree_key for u in resolved(path)] == [u.tree_key for u in units]


def test_forward_reading_opens_each_row_group_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        tmp_path,
        {
            "content": ["x"] * 100,
            "path": [f"f{n}" for n in range(100)],
            "repo": [f"r{n // 3}" for n in range(100)],
        },
        row_group_size=10,
    )
    units = resolved(path)
    opened: list[range] = []
    real = pq.ParquetFile.iter_batches

    def counting(self, *args, row_groups=None, **options):  # type: ignore[no-untyped-def]
        if row_groups is not None:
            opened.append(row_groups)
            return real(self, *args, row_groups=row_groups, **options)
        return real(self, *args, **options)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", counting)
    parquet_rows.opened.cache_clear()
    assert sum(len(read(unit, path)) for unit in units) == 100
    assert len(opened) == 1
