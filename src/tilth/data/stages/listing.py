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

VERSION = f"2-{path_flags.VERSION}"
"""Changes when a listing of the same tree would."""

ENTRIES_AT_ONCE = 20_000
_BROKEN = "z-"
"""Before the name of a segment with one tree that is not whole; behind all others, so that a whole one comes first."""
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
        *((name, pa.bool_()) for name in path_flags.COLUMNS),
    ]
)
TREES_SCHEMA = pa.schema(
    [("tree_key", pa.string()), ("directory_id", pa.string()), ("num_entries", pa.int64())]
)
"""One row for each tree of a segment: that it was listed, even where it is empty."""


def folder(store: Store) -> Path:
    """Where this version's listings lie."""
    return store.listings / VERSION


def broken_trees(store: Store) -> set[str]:
    """Keys of trees of which the repositories that were listed lacked something: a later build lists them anew."""
    files = sorted(folder(store).glob(f"{_BROKEN}*.trees"))
    return {key for path in files for key in pq.read_table(path)["tree_key"].to_pylist()}


def list_git(store: str, segment: str, units: list[list[Unit]]) -> dict[str, Any]:
    """Task: lists trees of git repositories into one segment, those that are not whole each into one of its own.

    Args:
        store: Folder of the store.
        segment: Name of the segment.
        units: For each tree, the units that have it, the first of which decides where none is whole.
    """
    place = Store(Path(store))
    rows: list[pa.Table] = []
    trees: list[tuple[str, str | None, int]] = []
    refused: list[Refusal] = []
    broken: list[tuple[pa.Table, tuple[str, str | None, int]]] = []
    for same in units:
        entries, problems = _listed(same)
        refused += problems
        if entries is None:
            continue
        table = table_of(same[0].tree_key, entries)
        tree = (same[0].tree_key, same[0].directory_id, len(entries))
        if _is_whole(entries):
            rows.append(table)
            trees.append(tree)
        else:
            broken.append((table, tree))
    done = _write(place, segment, rows, trees)
    for table, tree in broken:
        more = _write(place, _own_segment(tree[0]), [table], [tree])
        done = {name: done[name] + more[name] for name in done}
    for key, *_ in trees:
        for ending in ("trees", "parquet"):
            (folder(place) / f"{_own_segment(key)}.{ending}").unlink(missing_ok=True)
    return done | {"refused": refused}


def _own_segment(tree_key: str) -> str:
    return _BROKEN + tree_key.removeprefix("git:")


def _listed(same: list[Unit]) -> tuple[list[Entry] | None, list[Refusal]]:
    """Entries of a tree from the first unit that has all of it, else from the first that has any; and the refusals."""
    from tilth.data.sources.git.layout import CannotRead
    from tilth.data.sources.git.tree import list_tree

    first: list[Entry] | None = None
    refused: list[Refusal] = []
    for unit in same:
        try:
            entries = list_tree(unit)
        except CannotRead as error:
            refused.append(_refusal(unit, error.reason, error.value))
            continue
        if _is_whole(entries):
            return entries, refused
        first = entries if first is None else first
    return first, refused


def _is_whole(entries: list[Entry]) -> bool:
    """Whether the repository had every folder, and knew every file's size."""
    return all(
        entry.size >= 0 if entry.refused is None else entry.refused != "missing_object" for entry in entries
    )


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
            tables.append(table_of(tree_key, entries))
            entries.clear()
    return pa.concat_tables([*tables, table_of(tree_key, entries)]), root.directory_id()


def _refusal(unit: Unit, reason: str, value: str) -> Refusal:
    return Refusal(origin=unit.origin, repo_name=unit.repo_name, reason=reason, value=value)


def table_of(tree_key: str, listed: list[Entry]) -> pa.Table:
    """The listing of a tree: its entries with what their paths show."""
    paths = [entry.path for entry in listed]
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
        *path_flags.flags_of(paths).values(),
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
