"""Signatures of contents: computed where the store lacks them, and laid out as one array for what looks at all."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.data.contents import contents_at
from tilth.data.facts.minhash import SLOTS
from tilth.data.stages import near
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql

SKETCH_BYTES = 48 * 2**20
"""Bytes of text that one task reads."""
PLACE = ", ".join(f'place[{at}] AS "{name}"' for at, name in enumerate(near.PLACES_SCHEMA.names[1:], 1))
"""SQL: the columns that say where a content lies, from its `place`."""


def signatures_of(
    sql: Sql, wanted: str, store: Store, folder: Path, engine: Engine, progress: Progress
) -> None:
    """Makes view `signatures`, with those of the contents that `wanted` gives; what the store lacks is computed.

    The session must have view `pack_index`; `folder` takes what the tasks need.
    """
    _view(sql, store)
    lacking = f"SELECT content_id FROM ({wanted}) ANTI JOIN signatures USING (content_id)"
    rows = sql.batches(
        f"""SELECT content_id, {PLACE} FROM ({contents_at(lacking)}) ORDER BY pack, "offset" """
    )
    path = folder / "sketch.lots"
    tasks = []
    with LotWriter(path, near.PLACES_SCHEMA) as lots:
        for part in _parts(rows):
            arguments = {
                "store": str(store.root),
                "segment": segment_name(*part["content_id"].to_pylist()),
                "places": str(path),
                "lot": lots.add(part),
            }
            weight = int(part["length_bytes"].to_numpy().sum())
            tasks.append(Task("tilth.data.stages.near:sketch", arguments, weight))
    run_stage(engine, progress, "sketch", tasks, "bytes")
    _view(sql, store)


def run_stage(engine: Engine, progress: Progress, stage: str, tasks: list[Task], unit: str) -> None:
    """Runs tasks whose outcome lies on disk, as a stage of the build where there are any."""
    if tasks:
        with progress.stage(stage, total=sum(task.weight for task in tasks), unit=unit) as pulse:
            for task, _ in engine.run(tasks):
                pulse.advance(task.weight)


def lay_out(sql: Sql, table: str, folder: Path) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Writes `signatures.npy` [n, 256] in the order of column `number` of a table with `content_id`.

    Returns:
        [n] Sizes of the sets of shingles, and [n] a hash of each.
    """
    count = sql.rows(f"SELECT count(*) FROM {table}")[0][0]
    sizes, ids = np.zeros(count, np.int32), np.zeros(count, np.int64)
    path = folder / "signatures.npy"
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, SLOTS))
    query = (
        f"SELECT number, num_shingles, shingles_id, minhash FROM {table} JOIN signatures USING (content_id)"
    )
    for batch in sql.batches(query):
        at = batch["number"].to_numpy()
        sizes[at], ids[at] = batch["num_shingles"].to_numpy(), batch["shingles_id"].to_numpy()
        slots = batch["minhash"].cast(pa.binary(SLOTS))
        matrix[at] = np.frombuffer(slots.buffers()[1], np.uint8).reshape(-1, SLOTS)[slots.offset :][: len(at)]
    matrix.flush()
    return sizes, ids


def _view(sql: Sql, store: Store) -> None:
    sql.view("signatures", sorted(near.signatures_folder(store).glob("*.parquet")), near.SIGNATURES_SCHEMA)


def _parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Places in tables of bounded size."""
    for batch in batches:
        table = pa.Table.from_batches([batch]).cast(near.PLACES_SCHEMA)
        turns = np.cumsum(table["length_bytes"].to_numpy()) // SKETCH_BYTES
        cuts = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(table)]
        yield from (table.slice(begin, end - begin) for begin, end in pairwise(cuts))
