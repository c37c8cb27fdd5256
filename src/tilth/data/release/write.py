"""The last part of a build: decisions in, a release on disk, under its own name only when it is whole."""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tilth.config.recipe import Recipe
from tilth.data.policy.licence_classes import stack_license_type
from tilth.data.release import columns
from tilth.data.release.languages import folder_of
from tilth.data.release.shards import Shard, cut, group_by_folder, note_of
from tilth.data.stages.writing import PARQUET, finish_shard
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.atomic import whole_file
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.packs import INDEX_SCHEMA, index_files
from tilth.store.sql import Sql

ROWS_PER_TABLE_FILE = 100_000
"""Rows in a file of the occurrences or the drops, on average."""

FORMAT = 1
"""Raised when a file would be written otherwise from the same rows."""


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the release: its path in it, and what is known of it."""

    path: str
    note: dict[str, Any]


@dataclass(slots=True)
class ReleaseWriter:
    """Writes the files of one release into `folder`, reusing what the store has."""

    recipe: Recipe
    store: Store
    folder: Path
    engine: Engine
    progress: Progress
    reused: int = 0
    written: list[Written] = field(default_factory=list)

    def write(self, sql: Sql) -> list[Written]:
        """Writes the data files and the tables beside them."""
        self._data(sql)
        self._commits(sql)
        self._tables(sql)
        self._units(sql)
        return sorted(self.written, key=lambda file: file.path)

    def _data(self, sql: Sql) -> None:
        _rows(sql, self.store)
        total = int(sql.rows("SELECT coalesce(sum(length_bytes), 0) FROM kept")[0][0])
        schema = columns.plan_schema(columns.ROW_SCHEMA, ("content",))
        batches = sql.batches(f"SELECT {_names(schema)}, cut_id, stem FROM kept ORDER BY language, {_ORDER}")
        folders = group_by_folder(batches, "language", folder_of)
        runs = ((f"data/{folder}", pieces) for folder, pieces in folders)
        inline = self.recipe.release.contents == "inline"
        self._texts(runs, schema, ("content",), total, inline)

    def _commits(self, sql: Sql) -> None:
        if not sql.rows("SELECT 1 FROM heads LIMIT 1"):
            return
        _commit_rows(sql)
        texts = ("old_content", "new_content")
        schema = columns.plan_schema(columns.COMMIT_SCHEMA, texts)
        total = int(sql.rows(f"SELECT coalesce(sum({_BYTES_OF_COMMIT}), 0) FROM commits")[0][0])
        order = "stem, origin, head_id, position"
        batches = sql.batches(f"SELECT {_names(schema)}, cut_id, stem FROM commits ORDER BY {order}")
        self._texts([("commits", map(_as_table, batches))], schema, texts, total, True)

    def _texts(
        self,
        runs: Iterable[tuple[str, Iterable[pa.Table]]],
        schema: pa.Schema,
        texts: tuple[str, ...],
        total: int,
        inline: bool,
    ) -> None:
        """Writes the files of one kind of row with texts: linked where the store has them, else as tasks."""
        layout = self.recipe.release
        places = frozenset(name for text in texts for name in columns.place_columns(text))
        sizes = [columns.place_columns(text)[3] for text in texts]
        written_as = json.dumps([pa.__version__, PARQUET, layout.row_group_bytes, texts, inline, FORMAT])
        plan = self.folder.parent / f"plan-{texts[0]}.lots"
        waiting: dict[str, list[Shard]] = {}
        tasks: list[Task] = []
        reused_bytes = 0
        with LotWriter(plan, schema) as lots:
            for folder, pieces in runs:
                for shard in cut(
                    folder,
                    pieces,
                    aim=_aim(layout.shard_bytes, total),
                    sizes_of=lambda piece: _sum_of(piece, sizes),
                    schema=schema,
                    written_as=written_as,
                    places=places,
                ):
                    light = Shard(shard.folder, shard.stem, shard.key, shard.rows.slice(0, 0))
                    if note := note_of(self.store.shards, shard.key):
                        self._link(light, note, inline)
                        reused_bytes += note["text_bytes"]
                        continue
                    if shard.key not in waiting:
                        arguments = {"store": str(self.store.root), "plan": str(plan), "lot": lots.add(shard.rows)}
                        arguments |= {"key": shard.key, "row_group_bytes": layout.row_group_bytes}
                        arguments |= {"texts": list(texts), "inline": inline}
                        weight = int(_sum_of(shard.rows, sizes).sum())
                        tasks.append(Task("tilth.data.stages.writing:write_shard", arguments, weight))
                    waiting.setdefault(shard.key, []).append(light)
        with self.progress.stage("write", total=total, unit="bytes", already=reused_bytes) as stage:
            for task, note in self.engine.run(tasks):
                stage.advance(task.weight)
                for shard in waiting[task.arguments["key"]]:
                    self._link(shard, note, inline)
                    self.reused -= 1

    def _link(self, shard: Shard, note: dict[str, Any], inline: bool) -> None:
        """Puts a shard of the store into the release."""
        self.reused += 1
        path = f"{shard.folder}/{shard.stem}-{note['sha256'][:8]}.parquet"
        link(self.store.shards / f"{shard.key}.parquet", self.folder / path)
        self.written.append(Written(path, note))
        if not inline:
            for ending in (".pack", ".parquet"):
                beside = path.replace("data/", "contents/", 1).removesuffix(".parquet") + ending
                source = self.store.shards / f"{shard.key}-contents{ending}"
                link(source, self.folder / beside)
                self.written.append(Written(beside, {"bytes": source.stat().st_size}))

    def _tables(self, sql: Sql) -> None:
        _places(sql)
        schemas = {"occurrences": columns.OCCURRENCE_SCHEMA, "drops": columns.DROP_SCHEMA}
        for table, schema in schemas.items():
            pieces = map(_as_table, sql.batches(f"SELECT {_names(schema)}, cut_id, stem FROM {table}_view"))
            written_as = json.dumps([pa.__version__, PARQUET, table, FORMAT])
            with self.progress.stage(table, total=None, unit="rows") as stage:
                for shard in cut(
                    f"metadata/{table}",
                    pieces,
                    aim=ROWS_PER_TABLE_FILE,
                    sizes_of=lambda piece: np.ones(len(piece), dtype=np.int64),
                    schema=schema,
                    written_as=written_as,
                ):
                    stage.advance(len(shard.rows))
                    self._link(shard, self._table_file(shard), True)

    def _table_file(self, shard: Shard) -> dict[str, Any]:
        if note := note_of(self.store.shards, shard.key):
            return note
        self.reused -= 1
        path = self.store.shards / f"{shard.key}.parquet"
        settings = PARQUET | {"use_dictionary": True}
        with whole_file(path) as temporary:
            pq.write_table(shard.rows, temporary, row_group_size=len(shard.rows), **settings)
        return finish_shard(path, len(shard.rows), 0)

    def _units(self, sql: Sql) -> None:
        """The units and the refusals: small tables, written whole."""
        units = sql.table(f"SELECT {columns.UNIT_COLUMNS}, num_files, num_kept FROM unit_counts ORDER BY unit_ix")
        refusals = sql.table("SELECT * FROM refusals ORDER BY ALL")
        for name, table in (("units", units), ("refusals", refusals)):
            path = f"metadata/{name}.parquet"
            with whole_file(self.folder / path) as temporary:
                pq.write_table(table, temporary, compression="zstd", write_page_index=True)
            self.written.append(Written(path, {"rows": len(table)}))


def link(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source` where the disk can, a copy where it cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        with whole_file(target) as temporary:
            shutil.copyfile(source, temporary)


_ORDER = "stem, origin, coalesce(branch_name, ''), coalesce(revision_id, ''), path"


_BYTES_OF_COMMIT = "coalesce(old_content_bytes, 0) + coalesce(new_content_bytes, 0)"


def _names(schema: pa.Schema) -> str:
    return ", ".join(f'"{name}"' for name in schema.names)


def _as_table(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch])


def _sum_of(rows: pa.Table, sizes: list[str]) -> NDArray[np.int64]:
    total = np.zeros(len(rows), dtype=np.int64)
    for name in sizes:
        total += rows[name].fill_null(0).to_numpy()
    return total


def _aim(shard_bytes: int | str, total_bytes: int) -> int:
    """Bytes of text in a data file: what the recipe says, or a power of two near a 256th of the whole."""
    if isinstance(shard_bytes, int):
        return shard_bytes
    return min(max(1 << max(total_bytes // 256, 1).bit_length(), 2**23), 2**27)


def _rows(sql: Sql, store: Store) -> None:
    """Table `kept`: the rows of the release with the place of their contents, and what orders and cuts them."""
    _places_of_contents(sql, store)
    classes = [row[0] for row in sql.rows("SELECT DISTINCT licence_class FROM files")]
    types = pa.table(
        [classes, [stack_license_type(name) for name in classes]],
        schema=pa.schema([("licence_class", pa.string()), ("license_type", pa.string())]),
    )
    sql.add("license_types", types)
    taken = {"detected_licenses": "coalesce(b.licences, [])", "license_evidence": "e.licence_evidence"}
    own = [
        f'{taken.get(name, _source_of(column))} AS "{name}"' for name, _, column, _ in columns.COLUMNS
    ]
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE kept AS
        SELECT {", ".join(own)}, {_place("content", "p")},
          f.content_id AS cut_id, left(md5(u.origin), 8) AS stem
        FROM files AS f JOIN units AS u USING (unit_ix)
          JOIN licence_of_bytes AS b ON b.content_id = f.content_id
          JOIN license_types AS t ON t.licence_class = f.licence_class
          LEFT JOIN facts_licence AS e ON e.content_id = f.content_id AND e.name = f.name
          LEFT JOIN places AS p ON p.content_id = f.content_id
        WHERE f.stage IS NULL"""
    )


def _places_of_contents(sql: Sql, store: Store) -> None:
    """Table `places`: where the store has each content."""
    sql.view("pack_index", index_files(store.packs), INDEX_SCHEMA, filename=True)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE places AS SELECT content_id,
          min((parse_filename(filename, true), "offset", packed_bytes, length_bytes)) AS place
        FROM pack_index GROUP BY content_id"""
    )


def _place(text: str, table: str) -> str:
    """SQL for the columns of a plan that say where a text lies."""
    names = columns.place_columns(text)
    return ", ".join(f'{table}.place[{at}] AS "{name}"' for at, name in enumerate(names, 1))


def _commit_rows(sql: Sql) -> None:
    """Table `commits`: the changes that stay, with the places of both texts."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE commits AS
        SELECT c.*, licence AS license_expression, licence_class AS license_class,
          {_place("old_content", "o")}, {_place("new_content", "n")},
          md5(c.revision_id || c.path) AS cut_id, left(md5(c.origin), 8) AS stem
        FROM judged_changes AS c LEFT JOIN places AS o ON o.content_id = c.old_content_id
          LEFT JOIN places AS n ON n.content_id = c.new_content_id
        WHERE reason IS NULL"""
    )


_OF_UNIT = {
    "directory_id", "revision_id", "snapshot_id", "branch_name", "revision_date", "committer_date", "origin", "repo_name",
    "star_events_count", "fork_events_count", "gha_license_id",
}  # fmt: skip


def _source_of(column: str) -> str:
    if column == "license_type":
        return "t.license_type"
    return f"u.{column}" if column in _OF_UNIT else f"f.{column}"


def _places(sql: Sql) -> None:
    """Views over `files` with the columns of the occurrences and the drops, in their order, and counts for each unit."""
    facts = ", ".join(f"f.{name}" for name in columns.FACTS_OF_DROP)
    place = "f.content_id, u.origin, u.repo_name, u.revision_id, u.branch_name, f.path, f.path_raw, f.mode, f.size"
    licence = "f.licence AS license_expression, f.licence_class AS license_class"
    cut_by = "md5(u.origin || f.path) AS cut_id, left(md5(u.origin), 8) AS stem"
    for name, where, more in (
        ("occurrences", "true", "f.licence_source AS license_source, f.licence_path AS license_path"),
        ("drops", "f.stage IS NOT NULL", facts),
    ):
        sql.run(
            f"""CREATE OR REPLACE TEMP VIEW {name}_view AS
            SELECT f.stage, f.reason, f."value", {place}, {licence}, {more}, {cut_by}
            FROM files AS f JOIN units AS u USING (unit_ix) WHERE {where}
            ORDER BY stem, u.origin, coalesce(u.branch_name, ''), coalesce(u.revision_id, ''), f.path"""
        )
    sql.run(
        """CREATE OR REPLACE TEMP VIEW unit_counts AS
        SELECT units.*, coalesce(num_files, 0) AS num_files, coalesce(num_kept, 0) AS num_kept
        FROM units LEFT JOIN (SELECT unit_ix, count(*) AS num_files, count(*) FILTER (stage IS NULL) AS num_kept
          FROM files GROUP BY unit_ix) USING (unit_ix)"""
    )
