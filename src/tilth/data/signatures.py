"""Signatures of contents: computed where the store lacks them, and laid out as one array for what looks at all."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.data.asked import ask
from tilth.data.facts.minhash import SLOTS
from tilth.engine.task import Engine
from tilth.report.progress import Progress
from tilth.store.layout import Store
from tilth.store.sql import Sql


def signatures_of(
    sql: Sql, wanted: str, store: Store, folder: Path, engine: Engine, progress: Progress
) -> None:
    """Makes view `facts_minhash`, with those of the contents that `wanted` gives; what the store lacks is computed.

    The session must have view `pack_index`; `folder` takes what the tasks need.
    """
    named = f"SELECT content_id, '' AS name FROM ({wanted})"
    ask(sql, "tilth.data.facts.minhash", named, store, folder, engine, progress)


def lay_out(sql: Sql, table: str, folder: Path) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Writes `signatures.npy` [n, 256] in the order of column `number` of a table with `content_id`.

    Returns:
        [n] Sizes of the sets of shingles, and [n] a hash of each.
    """
    count = sql.rows(f"SELECT count(*) FROM {table}")[0][0]
    sizes, ids = np.zeros(count, np.int32), np.zeros(count, np.int64)
    path = folder / "signatures.npy"
    matrix = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(count, SLOTS))
    query = f"SELECT number, num_shingles, shingles_id, minhash FROM {table} JOIN facts_minhash USING (content_id)"
    for batch in sql.batches(query):
        at = batch["number"].to_numpy()
        sizes[at], ids[at] = batch["num_shingles"].to_numpy(), batch["shingles_id"].to_numpy()
        slots = batch["minhash"].cast(pa.binary(SLOTS))
        matrix[at] = np.frombuffer(slots.buffers()[1], np.uint8).reshape(-1, SLOTS)[slots.offset :][: len(at)]
    matrix.flush()
    return sizes, ids
