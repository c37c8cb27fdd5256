"""The task of facts that a build computes only where its recipe asks for them: texts from the store, facts into it."""

import importlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.contents import PLACE_FIELDS, read_places
from tilth.data.facts import groups as fact_groups
from tilth.data.facts.batch import Batch
from tilth.data.stages.reading import BATCH_BYTES, BATCH_DOCUMENTS
from tilth.store.atomic import check_room, whole_file
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader

PLACES_SCHEMA = pa.schema([*fact_groups.KEY, *PLACE_FIELDS])
"""What a task reads; `name` is what the fact is asked under beside the bytes."""


def group_of(module: str) -> fact_groups.Group:
    """The group of facts that a module is, or that `MODULE:GIVEN` makes of what is given (`group(given)`)."""
    name, _, given = module.partition(":")
    found = importlib.import_module(name)
    return cast(fact_groups.Group, found.group(given) if given else found)


def compute(store: str, segment: str, group: str, places: str, lot: int) -> dict[str, Any]:
    """Task: computes the facts of one group, for the contents of one lot, into one segment."""
    place = Store(Path(store))
    check_room(place.root)
    rows, facts = read_lot(places, lot), group_of(group)
    tables = []
    with PackReader(place.packs) as packs:
        for part in _batches(rows):
            columns = [part[name].to_pylist() for name in PLACES_SCHEMA.names]
            batch = Batch.of(columns[0], columns[1], read_places(packs, *columns[2:]))
            tables.append(fact_groups.compute(facts, batch))
    with whole_file(place.facts / fact_groups.folder_of(facts) / f"{segment}.parquet") as temporary:
        pq.write_table(pa.concat_tables(tables), temporary, compression="zstd", compression_level=1)
    return {"files": len(rows)}


def _batches(rows: pa.Table) -> Iterator[pa.Table]:
    turns = np.cumsum(rows["length_bytes"].to_numpy(), dtype=np.int64) // BATCH_BYTES
    turns = turns * len(rows) + np.arange(len(rows)) // BATCH_DOCUMENTS
    cuts = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(rows)]
    for begin, end in pairwise(cuts):
        yield rows.slice(begin, end - begin)
