"""Where the store has contents, as SQL over the indexes of its packs, and what is there."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tilth.errors import WorkFailed
from tilth.store.layout import Store
from tilth.store.packs import INDEX_SCHEMA, PackReader, index_files
from tilth.store.sql import Sql

PLACE_FIELDS = [
    pa.field("pack", pa.string()),
    pa.field("offset", pa.int64()),
    pa.field("packed_bytes", pa.int32()),
    pa.field("length_bytes", pa.int32()),
]
"""The columns that say where a content lies."""
PLACE = ", ".join(f'place[{at}] AS "{field.name}"' for at, field in enumerate(PLACE_FIELDS, 1))
"""SQL: these columns from `place`."""


def view_packs(sql: Sql, store: Store) -> None:
    """Makes view `pack_index` over every pack of the store."""
    sql.view("pack_index", index_files(store.packs), INDEX_SCHEMA, filename=True)


def contents_at(wanted: str) -> str:
    """SQL for the contents that `wanted` gives: `content_id`, and `place`, its (pack, offset, packed bytes, bytes).

    The session must have view `pack_index`.
    """
    return f"""SELECT content_id, min((parse_filename(filename, true), "offset", packed_bytes, length_bytes)) AS place
      FROM pack_index WHERE content_id IN ({wanted}) GROUP BY content_id"""


def read_places(packs: PackReader, *columns: Sequence[Any]) -> list[bytes]:
    """The contents at some places, given as columns: pack, offset, packed bytes, bytes.

    Raises:
        WorkFailed: A pack is gone or damaged.
    """
    try:
        return [packs.read(*place) for place in zip(*columns, strict=True)]
    except OSError as error:
        raise WorkFailed(
            f"the store has a damaged pack: {error}", hint="delete that file, then run the same command again"
        ) from error
