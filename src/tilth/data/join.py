"""Lays listings, facts and the licences of folders side by side: one row for every path of a tree, kept in the store.

A row depends on its tree and on the versions of the detectors alone, so a tree is joined once, and a later build with
another policy or more repositories reads what is there. A tree of which something could not be read is joined anew in
every build, because the next one may find it.
"""

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.facts import groups as fact_groups
from tilth.data.policy import licence
from tilth.data.stages import listing
from tilth.store.atomic import whole_file, write_text
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.packs import index_files
from tilth.store.sql import Sql

VERSION = 3
SEGMENT_ROWS = 200_000
EXTENSION = "lower(regexp_extract(name, '[^.]\\.([^.]+)$', 1))"

_ADDED = pa.schema(
    [
        ("extension", pa.string()),
        ("near_licence", pa.string()),
        ("near_source", pa.string()),
        ("near_path", pa.string()),
        ("near_claims", licence.SIDES),
        ("near_said", pa.string()),
        ("near_is_root", pa.bool_()),
    ]
)

# A listing may be from another repository with the same tree than the one that is read.
_SIZE = """CASE WHEN refused IS NOT NULL THEN size WHEN content_id IN (FROM absent) THEN -1
  WHEN size < 0 THEN coalesce(length_bytes, size) ELSE size END"""

GENERATED = """is_generated OR is_generated_place AS is_generated,
  CASE WHEN is_generated IS NOT TRUE AND is_generated_place THEN 'place' ELSE generated_how END AS generated_how"""
"""SQL for a replacement: a file is generated where its bytes or its name say so, or the folder that it lies in."""
_BESIDE = {
    "licence": "beside",
    "source": "beside_source",
    "path": "beside_path",
    "claims": "[{'source': beside_source, 'path': beside_path, 'expression': beside}]",
    "said": "beside_source || '=' || beside",
    "is_root": "false",
}
"""What speaks for a path where a file says something of it alone, whatever its folder says."""


def _schema() -> pa.Schema:
    facts = [field for group in fact_groups.groups() for field in group.SCHEMA]
    # A path whose bytes could not be read has no facts.
    return pa.schema([field.with_nullable(True) for field in (*listing.SCHEMA, *facts, *_ADDED)])


@dataclass(frozen=True, slots=True)
class Joined:
    """Where this version's rows lie."""

    store: Store
    building: Path

    @property
    def folder(self) -> Path:
        """Folder of the segments; its name holds every version that a row depends on."""
        versions = [
            listing.VERSION,
            VERSION,
            *(fact_groups.folder_of(group) for group in fact_groups.groups()),
        ]
        return self.store.joined / hashlib.sha256(repr(versions).encode()).hexdigest()[:16]

    @property
    def incomplete(self) -> Path:
        """The rows of trees of which something is missing, for this build only."""
        return self.building / "incomplete.parquet"


def view_joined(sql: Sql, store: Store, building: Path) -> None:
    """Makes view `joined_trees`: the trees that the store has joined, all of whose contents it still has."""
    place = Joined(store, building)
    known = place.folder / "packs"
    if known.exists() and not set(known.read_text().split()) <= set(_packs(store)):
        shutil.rmtree(place.folder)
    place.incomplete.unlink(missing_ok=True)
    sql.run("CREATE OR REPLACE TEMP TABLE broken_trees (tree_key VARCHAR)")
    _view(sql, place)


def _packs(store: Store) -> list[str]:
    return [path.stem for path in index_files(store.packs)]


def join_trees(sql: Sql, store: Store, building: Path) -> None:
    """Makes view `joined` over every path of every tree of the build.

    The session must hold `build_trees` and the views that reading leaves.
    """
    place = Joined(store, building)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE new_trees AS
        SELECT DISTINCT tree_key FROM build_trees ANTI JOIN joined_trees USING (tree_key)"""
    )
    if sql.rows("SELECT 1 FROM new_trees LIMIT 1"):
        _join(sql, place)
        _view(sql, place)


def _view(sql: Sql, place: Joined) -> None:
    trees = sorted(place.folder.glob("*.trees"))
    sql.view("trees_joined", trees, pa.schema([("tree_key", pa.string())]))
    sql.run(
        "CREATE OR REPLACE VIEW joined_trees AS FROM trees_joined ANTI JOIN broken_trees USING (tree_key)"
    )
    files = [file for path in trees for file in sorted(place.folder.glob(f"{path.stem}-*.parquet"))]
    incomplete = [place.incomplete] if place.incomplete.exists() else []
    sql.view("joined", [*files, *incomplete], _schema())
    if sql.rows("SELECT 1 FROM broken_trees LIMIT 1"):
        sql.view("joined_whole", files, _schema())
        sql.view("joined_incomplete", incomplete, _schema())
        sql.run(
            """CREATE OR REPLACE VIEW joined AS FROM joined_whole ANTI JOIN broken_trees USING (tree_key)
            UNION ALL BY NAME FROM joined_incomplete"""
        )


def _join(sql: Sql, place: Joined) -> None:
    """Writes the rows of the trees that are new, whole trees to the store."""
    view_joining(sql)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE incomplete_trees AS
        SELECT DISTINCT tree_key FROM new_trees JOIN listings USING (tree_key) SEMI JOIN lacking USING (content_id)
        UNION SELECT tree_key FROM new_trees SEMI JOIN broken_trees USING (tree_key)"""
    )
    whole = sql.table(
        "SELECT tree_key FROM new_trees ANTI JOIN incomplete_trees USING (tree_key) ORDER BY ALL"
    )
    name = segment_name(*whole["tree_key"].to_pylist())
    any_broken = bool(sql.rows("SELECT 1 FROM incomplete_trees LIMIT 1"))
    unbroken = "ANTI JOIN incomplete_trees USING (tree_key)" if any_broken else ""
    rows = sql.batches(f"SELECT * FROM joining {unbroken}")
    _write_all(_segments(rows), place.folder, name)
    # The trees file is the commit: segments without one are as good as not there.
    _write(place.folder / f"{name}.trees", whole)
    write_text(place.folder / "packs", "\n".join(_packs(place.store)))
    if any_broken:
        broken = sql.table("SELECT * FROM joining SEMI JOIN incomplete_trees USING (tree_key)")
        _write(place.incomplete, broken.cast(_schema()))


def view_joining(sql: Sql) -> None:
    """Makes view `joining` over every path of `new_trees`.

    The session must hold views `listings`, `absent` and one of facts for each group.
    """
    licence.licences_of_folders(sql)
    names = ", ".join(f'"{name}"' for name in _schema().names)
    joins = " ".join(
        f"LEFT JOIN facts_{group.NAME} USING (content_id, name)" for group in fact_groups.groups()
    )
    beside = ", ".join(
        f"CASE WHEN beside IS NULL THEN near_{name} ELSE {of_it} END AS near_{name}"
        for name, of_it in _BESIDE.items()
    )
    sql.run(
        f"""CREATE OR REPLACE TEMP VIEW joining AS
        SELECT {names} FROM (
          SELECT * REPLACE ({_SIZE} AS size, {GENERATED}, {beside}), {EXTENSION} AS extension
          FROM (SELECT *, {licence.FOLDER} AS dir FROM new_trees JOIN listings USING (tree_key))
            {joins} LEFT JOIN near USING (tree_key, dir) LEFT JOIN beside USING (tree_key, path))"""
    )


def _segments(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows in tables of bounded size."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(part.num_rows for part in held) >= SEGMENT_ROWS:
            yield pa.Table.from_batches(held).cast(_schema())
            held = []
    if held:
        yield pa.Table.from_batches(held).cast(_schema())


def _write_all(tables: Iterator[pa.Table], folder: Path, name: str) -> None:
    """Writes tables under numbered names, each while the next one is made."""
    last: Future[None] | None = None
    with ThreadPoolExecutor(1) as behind:
        for number, table in enumerate(tables):
            if last:
                last.result()
            last = behind.submit(_write, folder / f"{name}-{number:05d}.parquet", table)
        if last:
            last.result()


def _write(path: Path, table: pa.Table) -> None:
    with whole_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=1, row_group_size=50_000)
