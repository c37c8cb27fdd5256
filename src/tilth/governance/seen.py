"""A release as requests see it: its units by address, and every place where a content was seen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.store.addresses import address_of
from tilth.store.sql import Sql, parquet

_PLACE = ("content_id", "origin", "revision_id", "path", "size", "stage")
_NEAR = ("kept_content_id", "kept_origin", "kept_path", "content_id", "origin", "path", "similarity")
_OWN = ("content_id", "origin", "path", "is_vendor", "is_generated")


def manifest_of(release: Path) -> dict[str, Any]:
    """What a release says of itself.

    Raises:
        UserError: There is no release.
    """
    try:
        manifest: dict[str, Any] = json.loads((release / "manifest.json").read_text())
        manifest["files"], manifest["name"], manifest["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"`{release}` is not a release: {error}", hint="name the folder that `tilth data build` wrote"
        ) from error
    return manifest


@contextmanager
def seen(release: Path, *, threads: int = 2) -> Iterator[Sql]:
    """A session with what a release saw.

    Tables `units` (unit, origin, address, revision_id, history_id, directory_id, num_files, and `fame`: stars, and of
    as many, forks; null where none are known), `places` (every path of every unit) and `flags` (whether a place's file
    is vendored or generated), view `near` (pairs that are alike).

    Raises:
        UserError: There is no release.
    """
    manifest_of(release)
    with TemporaryDirectory() as spill, Sql(Path(spill), threads=threads) as sql:
        units = pq.read_table(release / "metadata" / "units.parquet")
        units = units.append_column("unit", pa.array(range(len(units)), pa.int32()))
        addresses = [address_of(origin) for origin in units["origin"].to_pylist()]
        sql.add("all_units", units.append_column("address", pa.array(addresses, pa.string())))
        sql.run(
            """CREATE TEMP TABLE units AS SELECT unit, origin, address, revision_id, history_id, directory_id,
              nullif(coalesce(star_events_count, 0) * 1048576 + least(coalesce(fork_events_count, 0), 1048575), 0)
                AS fame,
              num_files FROM all_units"""
        )
        _view(sql, "occurrences", _PLACE, release.glob("metadata/occurrences/*.parquet"))
        _view(sql, "near", _NEAR, release.glob("metadata/near_duplicates.parquet"))
        _view(sql, "own_rows", _OWN, release.glob("data/*/*.parquet"))
        _view(sql, "own_drops", _OWN, release.glob("metadata/drops/*.parquet"))
        sql.run(
            """CREATE TEMP TABLE places AS SELECT unit, address, fame, history_id, o.* FROM occurrences AS o
              JOIN units AS u ON u.origin = o.origin AND u.revision_id IS NOT DISTINCT FROM o.revision_id"""
        )
        sql.run("CREATE TEMP TABLE flags AS SELECT * FROM own_rows UNION ALL SELECT * FROM own_drops")
        yield sql


def _view(sql: Sql, name: str, columns: tuple[str, ...], files: Iterator[Path]) -> None:
    there = sorted(files)
    if there:
        sql.run(f"CREATE TEMP VIEW {name} AS SELECT {', '.join(columns)} FROM {parquet(there)}")
    else:
        typed = {"size": "BIGINT", "similarity": "DOUBLE", "is_vendor": "BOOLEAN", "is_generated": "BOOLEAN"}
        none = ", ".join(f"NULL::{typed.get(column, 'VARCHAR')} AS {column}" for column in columns)
        sql.run(f"CREATE TEMP VIEW {name} AS SELECT {none} WHERE false")
