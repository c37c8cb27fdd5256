"""Lists units: one row for every path, stored by the tree's address, so that a tree is listed once."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.config.sources import ArchiveSource, FolderSource, PackageSource, ParquetSource
from tilth.data.facts import path_flags
from tilth.data.sources.root import RootTree
from tilth.data.sources.streams import stream
from tilth.records import Entry, Refusal, Unit
from tilth.store.atomic import whole_file
from tilth.store.layout import Store
from tilth.store.packs import PackWriter

VERSION = f"1-{path_flags.VERSION}"
"""Changes when a listing of the same tree would."""

ENTRIES_AT_ONCE = 20_000
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
                table, directory_id = _taken_in(unit.tree_key, stream(unit, source), pack)
            except (FileNotFoundError, PermissionError) as error:
                refused.append(_refusal(unit, "unreadable", error.strerror or ""))
                continue
            rows.append(table)
            trees.append((unit.tree_key, directory_id, len(table)))
    return _write(place, segment, rows, trees) | {"refused": refused}


def _taken_in(
    tree_key: str, files: Iterable[tuple[Entry, bytes | None]], pack: PackWriter
) -> tuple[pa.Table, str | None]:
    """Puts the bytes of a stream into a pack, and gives its listing and root tree; a million paths fit in memory."""
    tables: list[pa.Table] = []
    entries: list[Entry] = []
    root = RootTree()
    for entry, data in files:
        entries.append(entry)
        root.add(entry)
        if data is not None and entry.content_id is not None:
            pack.add(entry.content_id, data)
        if len(entries) == ENTRIES_AT_ONCE:
            tables.append(_table(tree_key, entries))
            entries.clear()
    return pa.concat_tables([*tables, _table(tree_key, entries)]), root.directory_id()


def _refusal(unit: Unit, reason: str, value: str) -> Refusal:
    return Refusal(origin=unit.origin, repo_name=unit.repo_name, reason=reason, value=value)


def _table(tree_key: str, listed: list[Entry]) -> pa.Table:
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
        columns = [[tree[at] for tree in trees] for at in range(3)]
        pq.write_table(pa.table(columns, schema=TREES_SCHEMA), temporary)
    return {"files": len(table), "bytes": int(pc.sum(table["size"]).as_py() or 0)}
