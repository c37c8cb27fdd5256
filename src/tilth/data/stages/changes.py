"""Lists what each commit changed, stored by the commit that the listing ends with."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.facts import path_flags
from tilth.records import Change, Refusal, Unit
from tilth.store.atomic import whole_file, write_text
from tilth.store.hashes import sha256_of
from tilth.store.layout import Store

VERSION = f"2-{path_flags.VERSION}"
_TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("head_id", pa.string()),
        ("position", pa.int64()),
        ("revision_id", pa.string()),
        ("parent_id", pa.string()),
        ("message", pa.string()),
        ("revision_date", _TIME),
        ("committer_date", _TIME),
        ("status", pa.string()),
        ("path", pa.string()),
        ("name", pa.string()),
        *((name, pa.bool_()) for name in path_flags.COLUMNS),
        ("old_content_id", pa.string()),
        ("new_content_id", pa.string()),
    ]
)
_FROM_CHANGE = ("revision_id", "parent_id", "message", "revision_date", "committer_date", "status", "path")


def file_of(store: Store, unit: Unit) -> Path:
    """Where the changes up to a unit's commit lie; those of a shallow clone apart from those of a whole one."""
    return store.changes / VERSION / f"{unit.revision_id}{_cut_off(unit)}.parquet"


def _cut_off(unit: Unit) -> str:
    from tilth.data.sources.git.layout import CannotRead, find

    try:
        shallow = find(unit.location).shallow_file
    except CannotRead:
        return ""
    return f"-{sha256_of(Path(shallow))[:16]}" if shallow else ""


def is_whole(store: Store, unit: Unit) -> bool:
    """Whether the changes of a unit were listed to their end."""
    path = file_of(store, unit)
    return path.exists() and not path.with_suffix(".broken").exists()


def refusals_of(store: Store, unit: Unit) -> list[Refusal]:
    """Where the history of a unit that was listed breaks off, if it does."""
    path = file_of(store, unit).with_suffix(".broken")
    if not path.exists():
        return []
    told = json.loads(path.read_text())
    return [Refusal(origin=unit.origin, repo_name=unit.repo_name, reason=told["reason"], value=told["value"])]


def list_changes(store: str, unit: Unit) -> dict[str, Any]:
    """Task: lists the changes of every commit up to the unit's, oldest first."""
    from tilth.data.sources.git.history import changes
    from tilth.data.sources.git.layout import CannotRead

    found: list[Change] = []
    place = file_of(Store(Path(store)), unit)
    try:
        found += changes(unit)
        place.with_suffix(".broken").unlink(missing_ok=True)
    except CannotRead as error:
        # What came before the break is right, and is kept; the break itself is told.
        told = {"reason": error.reason, "value": error.value or "history"}
        write_text(place.with_suffix(".broken"), json.dumps(told))
    paths = [change.path for change in found]
    columns: dict[str, Any] = {name: [getattr(change, name) for change in found] for name in _FROM_CHANGE}
    columns |= {
        "old_content_id": [c.old_content_id for c in found],
        "new_content_id": [c.new_content_id for c in found],
    }
    columns |= {"head_id": [unit.revision_id] * len(found), "position": list(range(len(found)))}
    columns |= {"name": [path.rpartition("/")[2] for path in paths]}
    columns |= path_flags.flags_of(paths)
    with whole_file(place) as temporary:
        pq.write_table(pa.table(columns, schema=SCHEMA), temporary, compression="zstd", compression_level=1)
    return {"changes": len(found)}
