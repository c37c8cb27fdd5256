"""The first half of a build: from pinned units to listings, contents and facts in the store.

Every step asks the store what is already there and makes tasks for the rest, so the same code starts a build, resumes
a killed one, and extends an old one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.data.absent import find_absent
from tilth.data.contents import contents_at, view_packs
from tilth.data.facts import groups as fact_groups
from tilth.data.history import view_changes, with_history
from tilth.data.policy.opt_outs import find_left_out
from tilth.data.stages import changes, listing, reading
from tilth.engine.task import Engine, Task
from tilth.records import Refusal, Unit
from tilth.report.progress import Progress
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql

UNITS_PER_LISTING = 4
TASK_BYTES = 48 * 2**20
TASK_FILES = 12_000
"""A task reads no more than this: the most work that a kill can cost one worker."""
GUESSED_BYTES = 10_000
"""Size of a content whose size no listing tells (one that only history has)."""


@dataclass(slots=True)
class Collector:
    """What the steps of one build share."""

    recipe: Recipe
    store: Store
    building: Path
    units: list[tuple[int, Unit]]
    engine: Engine
    progress: Progress
    missing: list[tuple[str, str, str]] = field(default_factory=list)
    """Contents that a location could not give: content_id, location, problem."""
    refused: list[Refusal] = field(default_factory=list)
    """Units that could not be listed after all."""
    unjoined: list[tuple[int, Unit]] = field(default_factory=list)
    """Units whose trees the store does not have joined."""

    def list_units(self, sql: Sql) -> None:
        """Lists what the store has not listed, and leaves the views over it in `sql`.

        A tree that view `joined_trees` has is complete: nothing of it is looked at.
        """
        self._list(sql)
        self._list_changes(sql)
        self._look_for_absent(sql)

    def _look_for_absent(self, sql: Sql) -> None:
        """Takes out of sight what the store has and this build's sources have not, and the trees joined with it."""
        broken = listing.broken_trees(self.store)
        broken |= find_absent(sql, self.units, self.store, broken)
        sql.add("broken_trees", pa.table([sorted(broken)], schema=pa.schema([("tree_key", pa.string())])))
        known = {id(unit) for _, unit in self.unjoined}
        self.unjoined += [
            pair for pair in self.units if pair[1].tree_key in broken and id(pair[1]) not in known
        ]

    def _list(self, sql: Sql) -> None:
        done = {key for (key,) in sql.rows("SELECT tree_key FROM joined_trees")}
        listed = {key for (key,) in sql.rows(f"SELECT tree_key FROM {_trees(sql, self.store)}")}
        listed -= listing.broken_trees(self.store)
        # Only its listing knows the root id of what is no repository.
        done = {
            unit.tree_key for _, unit in self.units if unit.source == "git" or unit.tree_key in listed
        } & done
        self.unjoined = [(source_ix, unit) for source_ix, unit in self.units if unit.tree_key not in done]
        new: dict[str, list[tuple[int, Unit]]] = {}
        for source_ix, unit in self.unjoined:
            if unit.tree_key not in listed or not self._has_contents(unit):
                new.setdefault(unit.tree_key, []).append((source_ix, unit))
        tasks = self._listing_tasks(new)
        with self.progress.stage("list", total=len(new), unit="units") as stage:
            for task, outcome in self.engine.run(tasks):
                stage.advance(len(task.arguments["units"]), num_bytes=outcome["bytes"])
                self.refused += outcome["refused"]
        _trees(sql, self.store)

    def _has_contents(self, unit: Unit) -> bool:
        """Whether what the unit was listed with is still there: a stream's contents came with its listing."""
        pack = self.store.packs / f"{segment_name(unit.tree_key)}.pack"
        return unit.source == "git" or (pack.exists() and pack.with_suffix(".parquet").exists())

    def _list_changes(self, sql: Sql) -> None:
        units = with_history(self.recipe, self.units)
        new = [unit for unit in units if not changes.is_whole(self.store, unit)]
        function, store = "tilth.data.stages.changes:list_changes", str(self.store.root)
        tasks = [Task(function, {"store": store, "unit": unit}) for unit in new]
        if tasks:
            with self.progress.stage("history", total=len(tasks), unit="units") as stage:
                for _ in self.engine.run(tasks):
                    stage.advance()
        self.refused += [refusal for unit in units for refusal in changes.refusals_of(self.store, unit)]
        view_changes(sql, self.store, units)

    def _listing_tasks(self, new: dict[str, list[tuple[int, Unit]]]) -> list[Task]:
        git = [[unit for _, unit in same] for same in new.values() if same[0][1].source == "git"]
        tasks = []
        for start in range(0, len(git), UNITS_PER_LISTING):
            part = git[start : start + UNITS_PER_LISTING]
            keys = (same[0].tree_key for same in part)
            arguments = {"store": str(self.store.root), "segment": segment_name(*keys), "units": part}
            tasks.append(Task("tilth.data.stages.listing:list_git", arguments, len(part)))
        for (source_ix, unit), *_ in new.values():
            if unit.source != "git":
                arguments = {"store": str(self.store.root), "segment": segment_name(unit.tree_key)}
                given = {**arguments, "units": [unit], "source": self.recipe.sources[source_ix]}
                tasks.append(Task("tilth.data.stages.listing:ingest", given))
        return tasks

    def read(self, sql: Sql) -> None:
        """Reads what lacks a fact; what one place cannot give is asked of the next that lists it.

        Leaves what no place could give in table `lacking`, and the facts in views `facts_GROUP`. The session must hold
        the tables of `opt_outs.match_units`: bytes that the store has lost and nobody may have are not read again.
        """
        self._candidates(sql)
        segments: list[str] = []
        for attempt in range(len(self.units) + 1):
            tasks = self._reading_tasks(sql, attempt)
            segments = [task.arguments["segment"] for task in tasks]
            if not tasks:
                break
            total = sum(task.weight for task in tasks)
            with self.progress.stage("read", total=total, unit="bytes") as stage:
                for task, outcome in self.engine.run(tasks):
                    stage.advance(task.weight)
                    where = task.arguments.get("location", "the store")
                    self.missing += [
                        (content_id, where, problem) for content_id, problem in outcome["missing"]
                    ]
            # Where something failed, now or before, the next round finds what is left.
            if not self.missing:
                sql.run("DELETE FROM lacking WHERE content_id NOT IN (FROM left_out)")
                break
        self._facts(sql, segments)

    def _candidates(self, sql: Sql) -> None:
        """Table `wanted`: the contents and names that the units list."""
        units = [(unit.tree_key, unit.location, unit.source == "git") for _, unit in self.unjoined]
        columns = [[unit[at] for unit in units] for at in range(3)]
        types = [("tree_key", pa.string()), ("location", pa.string()), ("is_git", pa.bool_())]
        sql.add("build_trees", pa.table(columns, schema=pa.schema(types)))
        sql.run(
            f"""CREATE OR REPLACE TEMP TABLE seen AS
            SELECT content_id, name, size, location, is_git FROM listings JOIN build_trees USING (tree_key)
            WHERE refused IS NULL AND content_id IS NOT NULL
            UNION ALL
            SELECT unnest([old_content_id, new_content_id]), name, {GUESSED_BYTES}, location, true FROM changes"""
        )
        sql.run(
            """CREATE OR REPLACE TEMP TABLE wanted AS
            SELECT content_id, name, max(size) AS size FROM seen WHERE content_id IS NOT NULL GROUP BY ALL"""
        )

    def _reading_tasks(self, sql: Sql, attempt: int) -> list[Task]:
        """Tasks for the facts that are lacking, each content given to one place that has it."""
        self._known(sql)
        bits, joins = [], []
        for bit, group in enumerate(fact_groups.groups()):
            known = f"(SELECT DISTINCT content_id, name, 0 AS lacks_{bit} FROM known_{group.NAME})"
            bits.append(f"coalesce(lacks_{bit}, {1 << bit})")
            joins.append(f"LEFT JOIN {known} USING (content_id, name)")
        self._packed(sql)
        # A text whose facts are known but whose bytes the store has lost is read again.
        bits.append(f"CASE WHEN is_lost THEN {1 << len(bits)} ELSE 0 END")
        joins.append(
            """LEFT JOIN (SELECT DISTINCT content_id, name, true AS is_lost FROM known_text
              ANTI JOIN packed USING (content_id) WHERE NOT is_binary) USING (content_id, name)"""
        )
        missing = pa.table(
            [[m[0] for m in self.missing], [m[1] for m in self.missing]],
            schema=pa.schema([("content_id", pa.string()), ("location", pa.string())]),
        )
        sql.add("missing_from", missing)
        sql.run(
            f"""CREATE OR REPLACE TEMP TABLE lacking AS
            SELECT content_id, name, size, {" + ".join(bits)} AS lacks FROM wanted {" ".join(joins)}
            WHERE {" + ".join(bits)} > 0"""
        )
        lost = f"SELECT content_id FROM lacking GROUP BY content_id HAVING bool_and(lacks = {1 << len(joins) - 1})"
        find_left_out(sql, lost)
        return self._tasks_from(sql, attempt) if sql.rows("SELECT 1 FROM lacking LIMIT 1") else []

    def _packed(self, sql: Sql) -> None:
        """Table `packed`: where the store has the wanted contents that it has."""
        view_packs(sql, self.store)
        sql.run(f"CREATE OR REPLACE TEMP TABLE packed AS {contents_at('SELECT content_id FROM wanted')}")

    def _known(self, sql: Sql) -> None:
        """For each group a table `known_GROUP`: which wanted facts the store has, and in which of its files."""
        none_wanted = not sql.rows("SELECT 1 FROM wanted LIMIT 1")
        first, *others = fact_groups.groups()
        there = [] if none_wanted else sorted(self._segments(first).glob("*.parquet"))
        sql.run(
            f"CREATE OR REPLACE TEMP TABLE known_{first.NAME} AS {_wanted_of(sql, first, there, ', is_binary')}"
        )
        names = {path.name for path in there}
        for group in others:
            files = [] if none_wanted else sorted(self._segments(group).glob("*.parquet"))
            # Where both have every row of a task their keys are the same, so one of them is read.
            same = [
                path.name for path in files if path.name in names and path.name.endswith(reading.EVERY_ROW)
            ]
            rest = [path for path in files if path.name not in set(same)]
            sql.add("same_files", pa.table([same], schema=pa.schema([("file", pa.string())])))
            folder = str(self._segments(group)).replace("'", "''")
            sql.run(
                f"""CREATE OR REPLACE TEMP TABLE known_{group.NAME} AS {_wanted_of(sql, group, rest)}
                UNION ALL SELECT content_id, name, '{folder}/' || parse_filename(filename) AS filename
                FROM known_{first.NAME} SEMI JOIN same_files ON parse_filename(filename) = file"""
            )

    def _segments(self, group: fact_groups.Group) -> Path:
        return self.store.facts / fact_groups.folder_of(group)

    def _facts(self, sql: Sql, segments: list[str]) -> None:
        """For each group a view `facts_GROUP`, with one row for each content and name that is wanted.

        Args:
            sql: The session.
            segments: Names of those that the last round wrote.
        """
        for group in fact_groups.groups():
            known = [Path(name) for (name,) in sql.rows(f"SELECT DISTINCT filename FROM known_{group.NAME}")]
            endings = (".parquet", reading.EVERY_ROW)
            own = [self._segments(group) / f"{name}{ending}" for name in segments for ending in endings]
            files = sorted({*known, *(path for path in own if path.exists())})
            sql.view(f"facts_{group.NAME}", files, _facts_schema(group))
            if sql.rows("SELECT 1 FROM absent LIMIT 1"):
                # A segment that is read for other contents has theirs too.
                sql.view(f"all_facts_{group.NAME}", files, _facts_schema(group))
                sql.run(
                    f"""CREATE OR REPLACE VIEW facts_{group.NAME} AS
                    SELECT * FROM all_facts_{group.NAME} ANTI JOIN absent USING (content_id)"""
                )
            # A task of a killed build may end on a cluster after the next has begun, and leave a fact a second time.
            twice = f"SELECT 1 FROM known_{group.NAME} GROUP BY content_id, name HAVING count(*) > 1 LIMIT 1"
            if sql.rows(twice):
                view = f"facts_{group.NAME}"
                sql.run(
                    f"""CREATE OR REPLACE TEMP TABLE once_{view} AS
                    SELECT DISTINCT ON (content_id, name) {view}.*
                    FROM {view} SEMI JOIN wanted USING (content_id, name)"""
                )
                sql.run(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM once_{view}")

    def _tasks_from(self, sql: Sql, attempt: int) -> list[Task]:
        sql.run(
            """CREATE OR REPLACE TEMP TABLE held AS
            SELECT content_id, place
            FROM packed SEMI JOIN lacking USING (content_id) ANTI JOIN absent USING (content_id)
              ANTI JOIN (SELECT * FROM missing_from WHERE location = 'the store') USING (content_id)"""
        )
        sql.run(
            """CREATE OR REPLACE TEMP TABLE given AS
            SELECT content_id, min(location) AS location
            FROM seen SEMI JOIN lacking USING (content_id)
              ANTI JOIN held USING (content_id)
              ANTI JOIN left_out USING (content_id)
              ANTI JOIN missing_from USING (content_id, location)
            WHERE is_git GROUP BY content_id"""
        )
        rows = sql.batches(
            """SELECT content_id, name, lacks, coalesce(place[4], size)::BIGINT AS size, place[1] AS pack,
                 place[2] AS "offset", place[3]::INTEGER AS packed_bytes, location
            FROM lacking LEFT JOIN held USING (content_id) LEFT JOIN given USING (content_id)
            WHERE place IS NOT NULL OR location IS NOT NULL
            -- git packs blobs of like names together, so parts cut in this order read it in its order
            ORDER BY location NULLS FIRST, pack, "offset",
              min(name) OVER (PARTITION BY location, content_id), content_id, name"""
        )
        return self._write_needs(rows, self.building / f"needs-{attempt}.lots")

    def _write_needs(self, rows: Iterable[pa.RecordBatch], path: Path) -> list[Task]:
        """One lot of the needs file for each task."""
        tasks: list[Task] = []
        with LotWriter(path, reading.NEEDS_SCHEMA) as lots:
            for part in _parts(rows):
                location = part["location"][0].as_py()
                asked = (part[name].to_pylist() for name in ("content_id", "name", "lacks"))
                arguments: dict[str, Any] = {
                    "store": str(self.store.root),
                    "segment": segment_name(
                        location or "", *(str(value) for column in asked for value in column)
                    ),
                    "needs": str(path),
                    "lot": lots.add(part.select(reading.NEEDS_SCHEMA.names).cast(reading.NEEDS_SCHEMA)),
                }
                weight = int(np.maximum(part["size"].to_numpy(), 1).sum())
                if location is None:
                    tasks.append(Task("tilth.data.stages.reading:read_packs", arguments, weight))
                else:
                    arguments["location"] = location
                    tasks.append(Task("tilth.data.stages.reading:read_git", arguments, weight))
        return tasks


def _parts(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Cuts rows, ordered by location, into parts of one location and bounded size; a content's names stay together."""
    held = pa.Table.from_batches([], pa.schema([*reading.NEEDS_SCHEMA, ("location", pa.string())]))
    for batch in batches:
        held = pa.concat_tables([held, pa.Table.from_batches([batch]).cast(held.schema)])
        *whole, last = _cut(held)
        yield from whole
        held = last
    if len(held):
        yield held


def _cut(rows: pa.Table) -> list[pa.Table]:
    """The parts of some rows; only the last of them may go on in the rows to come."""
    locations, ids = rows["location"].to_pylist(), rows["content_id"].to_pylist()
    sizes = rows["size"].to_pylist()
    begins, weight = [0], 0
    for at in range(1, len(ids)):
        weight += sizes[at - 1]
        full = weight >= TASK_BYTES or at - begins[-1] >= TASK_FILES
        if locations[at] != locations[at - 1] or (full and ids[at] != ids[at - 1]):
            begins.append(at)
            weight = 0
    return [
        rows.slice(begin, end - begin) for begin, end in zip(begins, [*begins[1:], len(ids)], strict=True)
    ]


def _facts_schema(group: fact_groups.Group) -> pa.Schema:
    return pa.schema([*fact_groups.KEY, *group.SCHEMA])


def _wanted_of(sql: Sql, group: fact_groups.Group, files: list[Path], more: str = "") -> str:
    """SQL for the wanted keys in some files of a group."""
    sql.view("facts_read", files, _facts_schema(group), filename=True)
    return f"""SELECT content_id, name, filename{more}
      FROM facts_read SEMI JOIN wanted USING (content_id, name) ANTI JOIN absent USING (content_id)"""


def _trees(sql: Sql, store: Store) -> str:
    """Views `listed_trees` and `listings` over the segments that are whole."""
    trees = sorted(listing.folder(store).glob("*.trees"))
    sql.view("trees_read", trees, listing.TREES_SCHEMA, filename=True)
    sql.view("listings_read", [path.with_suffix(".parquet") for path in trees], listing.SCHEMA, filename=True)
    once = ""
    # A task of a killed build may end on a cluster after the next build has begun, and list a tree a second time.
    if sql.rows("SELECT 1 FROM trees_read GROUP BY tree_key HAVING count(*) > 1 LIMIT 1"):
        sql.run(
            """CREATE OR REPLACE TEMP TABLE once_trees AS
            SELECT tree_key, min(parse_filename(filename, true)) AS segment FROM trees_read GROUP BY tree_key"""
        )
        once = (
            "WHERE (tree_key, parse_filename(filename, true)) IN (SELECT (tree_key, segment) FROM once_trees)"
        )
    for view in ("listed_trees", "listings"):
        read = "trees_read" if view == "listed_trees" else "listings_read"
        sql.run(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * EXCLUDE (filename) FROM {read} {once}")
    return "listed_trees"
