"""Writes the part of a release that matches a selection, reading no more than that part."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.data.release.languages import folder_of
from tilth.data.release.sealed import read_manifest
from tilth.data.stages.writing import PARQUET
from tilth.errors import UserError
from tilth.store.atomic import whole_file, write_text
from tilth.store.hashes import sha256_of
from tilth.store.sql import Sql, parquet

FILE_BYTES = 2**27
"""Bytes of text after which the next file begins."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to take: empty means all. Conditions of different kinds must all hold."""

    languages: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    path: str | None = None
    """Pattern with `*`, `?` and `[…]` over the whole path."""


def export(release: Path, into: Path, wanted: Selection, *, dry_run: bool = False) -> dict[str, Any]:
    """Writes the matching rows to `into/data/LANGUAGE/…parquet`, with a note of where they come from.

    Returns:
        Rows and bytes of text that match, and the files read and left alone.

    Raises:
        UserError: Not a release; a language that it does not have; `into` is not empty.
    """
    manifest = read_manifest(release)
    if into.exists() and any(into.iterdir()):
        raise UserError(f"`{into}` is not empty", hint="export into a new folder")
    languages = _languages(manifest, wanted)
    rows = total = files = 0
    for language in languages:
        folder = folder_of(None if language == "unknown" else language)
        paths = sorted((release / "data" / folder).glob("*.parquet"))
        files += len(paths)
        if dry_run:
            counted = _count(paths, wanted)
            rows, total = rows + counted[0], total + counted[1]
            continue
        for number, part in enumerate(_parts(paths, wanted)):
            with whole_file(into / "data" / folder / f"part-{number:05d}.parquet") as temporary:
                pq.write_table(part, temporary, row_group_size=20_000, **PARQUET)
            rows, total = rows + len(part), total + int(pc.sum(part["length_bytes"]).as_py())
    num_data = sum(1 for file in manifest["files"] if file["path"].startswith("data/"))
    summary = {"rows": rows, "bytes": total, "files_read": files, "files_left_alone": num_data - files}
    if not dry_run:
        note = {
            "release": f"{manifest['name']} {manifest['version']}",
            "manifest_sha256": sha256_of(release / "manifest.json"),
            "selection": asdict(wanted),
        }
        write_text(into / "export.json", json.dumps(note | summary, indent=1) + "\n")
    return summary


def _languages(manifest: dict[str, Any], wanted: Selection) -> list[str]:
    there = list(manifest["languages"])
    for language in wanted.languages:
        if language not in there:
            raise UserError(f"the release has no {language}", hint=f"it has: {', '.join(there)}")
    return [language for language in there if not wanted.languages or language in wanted.languages]


def _query(paths: list[Path], wanted: Selection, columns: str) -> tuple[str, list[Any]]:
    conditions, values = ["true"], []
    for column, allowed in (("license_expression", wanted.licences), ("repo_name", wanted.repositories)):
        if allowed:
            conditions.append(f"{column} IN ({', '.join('?' * len(allowed))})")
            values += list(allowed)
    if wanted.path:
        conditions.append("path GLOB ?")
        values.append(wanted.path)
    return f"SELECT {columns} FROM {parquet(paths)} WHERE {' AND '.join(conditions)}", values


def _count(paths: list[Path], wanted: Selection) -> tuple[int, int]:
    query, values = _query(paths, wanted, "count(*), coalesce(sum(length_bytes), 0)")
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        rows, total = sql.rows(query, values)[0]
    return int(rows), int(total)


def _parts(paths: list[Path], wanted: Selection) -> Iterator[pa.Table]:
    """The matching rows, in the release's order, in parts of bounded size."""
    query, values = _query(paths, wanted, "*")
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        held: list[pa.RecordBatch] = []
        size = 0
        for batch in sql.batches(query, 2000, values):
            held.append(batch)
            size += int(pc.sum(batch["length_bytes"]).as_py() or 0)
            if size >= FILE_BYTES:
                yield pa.Table.from_batches(held)
                held, size = [], 0
        if sum(batch.num_rows for batch in held):
            yield pa.Table.from_batches(held)
