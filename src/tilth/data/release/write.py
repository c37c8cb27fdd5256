"""The last part of a build: decisions in, a release on disk, under its own name only when it is whole."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.config.recipe import Recipe
from tilth.data.policy.findings import asked, least_of
from tilth.data.release.columns import CONTAMINATION_SCHEMA, MALWARE_SCHEMA, NEAR_SCHEMA, REPEATED_SCHEMA
from tilth.data.release.finished import files_of, note_of
from tilth.data.release.shards import Shard, shards_of, write_lots
from tilth.data.release.tables import Table, commits, fact_versions, kept, places, unit_counts
from tilth.data.stages.writing import PARQUET
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.atomic import whole_file
from tilth.store.layout import Store
from tilth.store.sql import Sql

DATA_BYTES = (2**21, 2**27)
"""Least and most bytes of text that the data files have on average, where the recipe does not say."""
TABLE_ROWS = (2**14, 2**20)
"""Least and most rows that the files of the occurrences and the drops have on average."""
FILES = 512
"""How many files a table has, between these bounds: the more, the less a rebuild writes anew."""
BYTES_PER_TABLE_ROW = 100
"""What a row of them weighs against a byte of text, for progress."""
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
        with sql.alone():
            plan = self._plan_all(sql)
        self._run(plan)
        self._units(sql)
        if self.recipe.malware.clamav is not None or self.recipe.malware.yara:
            self._streamed(sql, "malware", "malware", MALWARE_SCHEMA)
        if self.recipe.contamination.against:
            self._streamed(sql, "contamination", "contamination", CONTAMINATION_SCHEMA)
        if self.recipe.duplicates.near == "keep_one":
            self._streamed(sql, "near_duplicates", "near_duplicates", NEAR_SCHEMA)
        if self.recipe.duplicates.repeated != "keep":
            self._streamed(sql, "repeated_spans", "repeated_text", REPEATED_SCHEMA)
        return sorted(self.written, key=lambda file: file.path)

    def _plan_all(self, sql: Sql) -> list[tuple[Task, Shard]]:
        """Tasks for every file of the release that the store lacks."""
        inline = self.recipe.release.contents == "inline"
        cut = self.recipe.duplicates.repeated == "cut"
        data = kept(sql, self.store, findings=asked(self.recipe.findings), cut=cut)
        given = self.recipe.release.shard_bytes
        aim = given if isinstance(given, int) else _aim(_weight(sql, "kept"), *DATA_BYTES)
        plan = self._plan(sql, data, aim, inline)
        if sql.rows("SELECT 1 FROM heads LIMIT 1"):
            plan += self._plan(sql, commits(sql), aim, True)
        for name in ("occurrences", "drops"):
            table = places(sql, name)
            plan += self._plan(sql, table, _aim(_weight(sql, name), *TABLE_ROWS), True)
        return plan

    def _plan(self, sql: Sql, table: Table, aim: int, inline: bool) -> list[tuple[Task, Shard]]:
        """Links the files of a table that the store has; gives the tasks for the others."""
        settings = {
            "row_group_bytes": self.recipe.release.row_group_bytes,
            "texts": table.texts,
            "inline": inline,
            "findings": self._findings(table),
        }
        versions = fact_versions(asked(self.recipe.findings))
        written_as = json.dumps([pa.__version__, PARQUET, versions, table.schema.names, settings, FORMAT])
        path = self.folder.parent / f"plan-{table.name}.lots"
        new: dict[str, Shard] = {}
        waiting: list[Shard] = []
        for shard in shards_of(sql, table, aim=aim, written_as=written_as):
            if note := note_of(self.store.shards, shard.key, inline=inline):
                self._link(shard, note, inline)
                self.reused += 1
            else:
                new.setdefault(shard.key, shard)
                waiting.append(shard)
        if new:
            write_lots(sql, table, list(new.values()), path)
        lots = {key: lot for lot, key in enumerate(new)}
        tasks = []
        for shard in waiting:
            arguments = {
                "store": str(self.store.root),
                "plan": str(path),
                "lot": lots[shard.key],
                "key": shard.key,
            }
            weight = shard.weight if table.texts else shard.weight * BYTES_PER_TABLE_ROW
            tasks.append((Task("tilth.data.stages.writing:write_shard", arguments | settings, weight), shard))
        return tasks

    def _findings(self, table: Table) -> dict[str, Any] | None:
        """What is replaced in a table's texts; None where nothing is."""
        said = self.recipe.findings
        # A change cannot be left out without breaking the next one, so under `drop` it is redacted.
        takes = ("redact", "drop") if table.name == "commits" else ("redact",)
        groups = [group for group in asked(said) if getattr(said, group) in takes]
        if not groups or not table.texts:
            return None
        return {
            "groups": groups,
            "least": least_of(said),
            "keeps_holders": said.copyright_holders == "keep" or "personal_data" not in groups,
            "stand_ins": said.stand_ins,
            "model": said.model,
        }

    def _run(self, plan: list[tuple[Task, Shard]]) -> None:
        """Writes what is not linked, each key once."""
        waiting: dict[str, list[Shard]] = {}
        tasks: dict[str, Task] = {}
        for task, shard in plan:
            waiting.setdefault(shard.key, []).append(shard)
            tasks.setdefault(shard.key, task)
        total = sum(task.weight for task in tasks.values())
        with self.progress.stage("write", total=total, unit="bytes") as stage:
            for task, note in self.engine.run(list(tasks.values())):
                stage.advance(task.weight)
                for shard in waiting[task.arguments["key"]]:
                    self._link(shard, note, task.arguments["inline"])

    def _link(self, shard: Shard, note: dict[str, Any], inline: bool) -> None:
        """Puts a shard of the store into the release."""
        own = {name: said for name, said in note.items() if name != "beside"}
        stem = f"{shard.folder}/{shard.stem}-{note['sha256'][:8]}"
        for ending, source in files_of(self.store.shards, shard.key, inline).items():
            if ending:
                path, known = f"{stem.replace('data/', 'contents/', 1)}.{ending}", note["beside"][ending]
            else:
                path, known = f"{stem}.parquet", own
            link(source, self.folder / path)
            self.written.append(Written(path, known))

    def _units(self, sql: Sql) -> None:
        """The units and the refusals: small tables, written whole."""
        units = unit_counts(sql)
        refusals = sql.table("SELECT * FROM refusals ORDER BY ALL")
        for name, table in (("units", units), ("refusals", refusals)):
            path = f"metadata/{name}.parquet"
            with whole_file(self.folder / path) as temporary:
                pq.write_table(table, temporary, compression="zstd", write_page_index=True)
            self.written.append(Written(path, {"rows": len(table)}))

    def _streamed(self, sql: Sql, table: str, name: str, schema: pa.Schema) -> None:
        """A table of the session in the order of its columns, as one file."""
        path = f"metadata/{name}.parquet"
        rows = 0
        with (
            whole_file(self.folder / path) as temporary,
            pq.ParquetWriter(temporary, schema, **PARQUET) as file,
        ):
            for batch in sql.batches(f"SELECT {', '.join(schema.names)} FROM {table} ORDER BY ALL"):
                file.write_batch(batch)
                rows += batch.num_rows
        self.written.append(Written(path, {"rows": rows}))


def link(source: Path, target: Path) -> None:
    """Makes `target` the same file as `source` where the disk can, a copy where it cannot."""
    with suppress(OSError):
        return os.link(source, target)
    # The folder may be what was missing.
    with whole_file(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def _weight(sql: Sql, table: str) -> int:
    return int(sql.rows(f"SELECT coalesce(sum(weight), 0) FROM {table}")[0][0])


def _aim(total: int, least: int, most: int) -> int:
    """Size of a file: a power of two, so that a table that grows a little keeps its cuts."""
    return min(max(1 << max(total // FILES, 1).bit_length(), least), most)
