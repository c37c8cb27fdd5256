"""The task of findings: one group's facts of contents that the store holds, into one segment."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.contents import read_places
from tilth.data.facts import groups as fact_groups
from tilth.data.facts.batch import Batch
from tilth.data.stages.reading import BATCH_BYTES, BATCH_DOCUMENTS
from tilth.store.atomic import check_room, whole_file
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader

PLACES_SCHEMA = pa.schema(
    [
        ("content_id", pa.string()),
        ("name", pa.string()),
        ("pack", pa.string()),
        ("offset", pa.int64()),
        ("packed_bytes", pa.int32()),
        ("length_bytes", pa.int32()),
    ]
)
"""What a task reads, and under which names."""


def find(store: str, segment: str, group: str, places: str, lot: int) -> dict[str, Any]:
    """Task: computes the group's facts of the contents of one lot."""
    place = Store(Path(store))
    check_room(place.root)
    chosen = fact_groups.finding_group(group)
    rows = read_lot(places, lot)
    turns = np.cumsum(rows["length_bytes"].to_numpy()) // BATCH_BYTES * len(rows)
    turns += np.arange(len(rows)) // BATCH_DOCUMENTS
    tables = []
    with PackReader(place.packs) as packs:
        for turn in np.unique(turns):
            part = rows.filter(pa.array(turns == turn))
            ids, names = part["content_id"].to_pylist(), part["name"].to_pylist()
            raw = read_places(packs, *(part[name].to_pylist() for name in PLACES_SCHEMA.names[2:]))
            tables.append(fact_groups.compute(chosen, Batch.of(ids, names, raw)))
    path = place.facts / fact_groups.folder_of(chosen) / f"{segment}.parquet"
    with whole_file(path) as temporary:
        pq.write_table(pa.concat_tables(tables), temporary, compression="zstd", compression_level=1)
    return {"files": len(rows)}
