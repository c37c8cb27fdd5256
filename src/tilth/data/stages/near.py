"""The tasks of near-duplicates: files that may be alike are brought together, and some pairs compared."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.contents import PLACE_FIELDS, read_places
from tilth.data.facts import minhash
from tilth.data.facts.encoding import decode
from tilth.store.atomic import check_room, whole_file
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader

PLACES_SCHEMA = pa.schema([("content_id", pa.string()), *PLACE_FIELDS])
"""What a task reads."""
PAIRS_SCHEMA = pa.schema([("first", pa.int32()), ("second", pa.int32())])
"""Pairs to compare, as numbers of rows of the lot of places with the same number."""
SIMILARITIES_SCHEMA = pa.schema(
    [("first_id", pa.string()), ("second_id", pa.string()), ("similarity", pa.float64())]
)
"""Jaccard similarity of two contents, the lesser id first; 0 where it is below the threshold."""


def similarities_folder(store: Store, threshold: float) -> Path:
    """Where the similarities lie that were looked for with a threshold."""
    return store.similarities / f"{minhash.VERSION}-{threshold!r}"


def _raw(rows: pa.Table, packs: PackReader) -> list[bytes]:
    return read_places(packs, *(rows[name].to_pylist() for name in PLACES_SCHEMA.names[1:]))


def shuffle(folder: str, threshold: float, step: str, turn: int) -> dict[str, Any]:
    """Task: one turn of a step by which files that may be alike are brought together in the build's folder."""
    from tilth.data.dedup.near.shuffle import Shuffle

    check_room(Path(folder))
    Shuffle(Path(folder), threshold).take(step, turn)
    return {}


def compare(store: str, segment: str, places: str, pairs: str, lot: int, threshold: float) -> dict[str, Any]:
    """Task: writes how alike the pairs of one lot are."""
    from tilth.data.dedup.near.similarity import compared

    place = Store(Path(store))
    check_room(place.root)
    rows, met = read_lot(places, lot), read_lot(pairs, lot)
    with PackReader(place.packs) as packs:
        texts = [decode(raw)[1] for raw in _raw(rows, packs)]
    columns = [met[name].to_numpy() for name in PAIRS_SCHEMA.names]
    alike = compared(texts, np.stack(columns, axis=1).astype(np.int64), threshold)
    ids = np.array(rows["content_id"].to_pylist())
    one, other = (ids[column] for column in columns)
    swapped = one > other
    table = pa.table(
        [np.where(swapped, other, one), np.where(swapped, one, other), alike], schema=SIMILARITIES_SCHEMA
    )
    with whole_file(similarities_folder(place, threshold) / f"{segment}.parquet") as temporary:
        pq.write_table(table, temporary, compression="zstd", compression_level=1)
    return {"pairs": len(table)}
