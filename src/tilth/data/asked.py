"""Facts that a build needs only where its recipe asks: what the store lacks is computed from its texts."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from tilth.data.contents import PLACE, contents_at
from tilth.data.facts import groups as fact_groups
from tilth.data.stages import asked
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql

TASK_BYTES = 48 * 2**20
"""Bytes of text that one task reads."""


def ask(
    sql: Sql, module: str, wanted: str, store: Store, folder: Path, engine: Engine, progress: Progress
) -> None:
    """Makes view `facts_GROUP`, which has at least the facts that `wanted` asks for.

    The session must have view `pack_index`.

    Args:
        sql: The session.
        module: The group's module.
        wanted: SQL that gives `content_id` and `name`, each pair once.
        store: Where facts and texts are.
        folder: Takes what the tasks need.
        engine: What computes what is lacking.
        progress: Where to tell how it goes.
    """
    group = asked.group_of(module)
    _view(sql, group, store)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE asked AS
        SELECT content_id, name FROM ({wanted}) ANTI JOIN facts_{group.NAME} USING (content_id, name)"""
    )
    rows = sql.batches(
        f"""SELECT content_id, name, {PLACE} FROM asked
          JOIN ({contents_at("SELECT content_id FROM asked")}) USING (content_id) ORDER BY pack, "offset", name"""
    )
    path = folder / f"{group.NAME}.lots"
    tasks = []
    with LotWriter(path, asked.PLACES_SCHEMA) as lots:
        for part in _parts(rows):
            arguments = {
                "store": str(store.root),
                "segment": segment_name(*part["content_id"].to_pylist(), *part["name"].to_pylist()),
                "group": module,
                "places": str(path),
                "lot": lots.add(part),
            }
            weight = int(part["length_bytes"].to_numpy().sum())
            tasks.append(Task("tilth.data.stages.asked:compute", arguments, weight))
    run_stage(engine, progress, group.NAME, tasks, "bytes")
    _view(sql, group, store)


def run_stage(engine: Engine, progress: Progress, stage: str, tasks: list[Task], unit: str) -> None:
    """Runs tasks whose outcome lies on disk, as a stage of the build where there are any."""
    if tasks:
        with progress.stage(stage, total=sum(task.weight for task in tasks), unit=unit) as pulse:
            for task, _ in engine.run(tasks):
                pulse.advance(task.weight)


def _view(sql: Sql, group: fact_groups.Group, store: Store) -> None:
    schema = pa.schema([*fact_groups.KEY, *group.SCHEMA])
    files = sorted((store.facts / fact_groups.folder_of(group)).glob("*.parquet"))
    sql.view(f"facts_{group.NAME}", files, schema)


def _parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Places in tables of bounded size."""
    for batch in batches:
        table = pa.Table.from_batches([batch]).cast(asked.PLACES_SCHEMA)
        turns = np.cumsum(table["length_bytes"].to_numpy(), dtype=np.int64) // TASK_BYTES
        cuts = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(table)]
        yield from (table.slice(begin, end - begin) for begin, end in pairwise(cuts))
