"""Lists units: one row for every path, stored by the tree's address, so that a tree is listed once."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.config.sources import ArchiveSource, FolderSource, PackageSource, ParquetSource
from tilth.data.facts import path_flags
from tilth.data.sources.root import root_directory_id
from tilth.data.sources.streams import stream
from tilth.records import Entry, Refusal, Unit
from tilth.store.atomic import whole_file
from tilth.store.layout import Store
from tilth.store.packs import PackWriter

VERSION = f"1-{path_flags.VERSION}"
"""Changes when a listing of the same tree would."""

SCHEMA = pa.schema(
    [
        ("tree_key", pa.string()),
        ("path", pa.string()),
        ("path_raw", pa.binary()),
        ("name", pa.string()),
        ("mode", pa.int32()),
        ("content_id", pa.string()),
        ("size", pa.int64()),
        ("refused", pa.string()),
        ("refused_value", pa.string()),
        ("is_vendor", pa.bool_()),
        ("is_test", pa.bool_()),
        ("is_documentation", pa.bool_()),
    ]
)
TREES_SCHEMA = pa.schema(
    [("tree_key", pa.string()), ("directory_id", pa.string()), ("num_entries", pa.int64())]
)
"""One row for each tree of a segment: that it was listed, even where it is empty."""


def folder(store: Store) -> Path:
    """Where this version's listings lie."""
    return store.listings / VERSION


def list_git(store: str, segment: str, units: list[Unit]) -> dict[str, Any]:
    """Task: lists trees of git repositories into one segment."""
    from tilth.data.sources.git.layout import CannotRead
    from tilth.data.sources.git.tree import list_tree

    rows: list[pa.Table] = []
    trees: list[tuple[str, str | None, int]] = []
    refused: list[Refusal] = []
    for unit in units:
        try:
            rows.append(_table(unit.tree_key, list_tree(unit)))
        except CannotRead as error:
            refused.append(_refusal(unit, error.reason, error.value))
            continue
        trees.append((unit.tree_key, unit.directory_id, len(rows[-1])))
    return _write(Store(Path(store)), segment, rows, trees) | {"refused": refused}


def ingest(
    store: str,
    segment: str,
    units: list[Unit],
    source: ArchiveSource | FolderSource | PackageSource | ParquetSource,
) -> dict[str, Any]:
    """Task: lists units whose bytes come as a stream, and keeps the bytes in a pack of the same name."""
    place = Store(Path(store))
    rows: list[pa.Table] = []
    trees: list[tuple[str, str | None, int]] = []
    refused: list[Refusal] = []
    with PackWriter(place.packs / f"{segment}.pack") as pack:
        for unit in units:
            try:
                entries = _packed(stream(unit, source), pack)
            except (FileNotFoundError, PermissionError) as error:
                refused.append(_refusal(unit, "unreadable", error.strerror or ""))
                continue
            rows.append(_table(unit.tree_key, entries))
            trees.append((unit.tree_key, root_directory_id(entries), len(entries)))
    return _write(place, segment, rows, trees) | {"refused": refused}


def _packed(files: Iterable[tuple[Entry, bytes | None]], pack: PackWriter) -> list[Entry]:
    entries: list[Entry] = []
    for entry, data in files:
        entries.append(entry)
        if data is not None and entry.content_id is not None:
            pack.add(entry.content_id, data)
    return entries


def _refusal(unit: Unit, reason: str, value: str) -> Refusal:
    return Refusal(origin=unit.origin, repo_name=unit.repo_name, reason=reason, value=value)


def _table(tree_key: str, entries: Iterable[Entry]) -> pa.Table:
    listed = sorted(entries, key=lambda entry: entry.path)
    paths = [entry.path for entry in listed]
    vendored, test, documentation = path_flags.flags_of(paths)
    columns: list[Any] = [
        [tree_key] * len(listed),
        paths,
        [entry.path_raw for entry in listed],
        [path.rpartition("/")[2] for path in paths],
        [entry.mode for entry in listed],
        [entry.content_id for entry in listed],
        [entry.size for entry in listed],
        [entry.refused for entry in listed],
        [entry.refused_value for entry in listed],
        vendored,
        test,
        documentation,
    ]
    return pa.table(columns, schema=SCHEMA)


def _write(
    store: Store, segment: str, rows: list[pa.Table], trees: list[tuple[str, str | None, int]]
) -> dict[str, Any]:
    table = pa.concat_tables(rows) if rows else SCHEMA.empty_table()
    with whole_file(folder(store) / f"{segment}.parquet") as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=1)
    # The trees file is the commit: a listing without it was cut short.
    with whole_file(folder(store) / f"{segment}.trees") as temporary:
        pq.write_table(
            pa.table(
                [list(column) for column in zip(*trees, strict=True)] or [[], [], []], schema=TREES_SCHEMA
            ),
            temporary,
        )
    return {"files": len(table), "bytes": int(pc.sum(table["size"]).as_py() or 0)}
