"""How a release is cut into files: by its rows, so that what stays the same stays the same file."""

from itertools import pairwise
from pathlib import Path

import pyarrow.parquet as pq

from tests.data.releases import Made, build_release, code, recipe_of, repository


def made(tmp_path: Path, name: str, numbers: range, **layout: int) -> Made:
    folder = tmp_path / "corpus"
    for number in numbers:
        if not (folder / f"{number:03d}").exists():
            files = {b"%d.py" % at: code(1000 * number + at, lines=40) for at in range(6)}
            repository(folder / f"{number:03d}", files, licence=None)
    places = [folder / f"{number:03d}" for number in numbers]
    return build_release(recipe_of(*places, release={"shard_bytes": 2**16, **layout}), tmp_path / name)


def names(release: Made) -> set[str]:
    return {path.relative_to(release.path).as_posix() for path in release.path.glob("data/*/*.parquet")}


def test_one_repository_less_changes_few_files(tmp_path: Path) -> None:
    old, new = made(tmp_path, "old", range(40)), made(tmp_path, "new", range(1, 40))
    assert len(names(old)) >= 6
    assert len(names(old) - names(new)) <= 3
    assert len(names(new) - names(old)) <= 3


def test_row_groups_are_bounded(tmp_path: Path) -> None:
    release = made(tmp_path, "release", range(12), row_group_bytes=2**16)
    for path in release.path.glob("data/*/*.parquet"):
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            lengths = file.read_row_group(group, ["length_bytes"])["length_bytes"].to_pylist()
            assert len(lengths) == 1 or sum(lengths) <= 2**16


def test_file_is_named_by_its_hash(example: Made) -> None:
    notes = {file["path"]: file for file in example.manifest["files"]}
    for path in names(example):
        assert path.removesuffix(".parquet").endswith(notes[path]["sha256"][:8])
        assert notes[path]["rows"] == pq.read_metadata(example.path / path).num_rows


def test_rows_lie_in_the_order_of_their_places(example: Made) -> None:
    for path in example.path.glob("data/*/*.parquet"):
        rows = pq.read_table(path, columns=["origin", "path"]).to_pylist()
        for one, next_one in pairwise(rows):
            assert one["origin"] != next_one["origin"] or one["path"] < next_one["path"]
