"""How far a repository, a file or a commit went: the releases, task sets and models that it went into."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.governance.register import Artefact
from tilth.store.addresses import address_of, is_below
from tilth.store.notice import Notice, notice_of
from tilth.store.swhid import content_id

_UNIT_COLUMNS: Final = {"rev": "revision_id", "dir": "directory_id", "snp": "snapshot_id"}


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: a content, a state of a repository, or a repository or account by its address."""

    content: str = ""
    unit: tuple[str, str] | None = None
    """Column of the table of units, and its value."""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """An artefact that has it."""

    artefact: Artefact
    rows: int | None
    """Rows with it; not known where it is only known of what the artefact stands on."""
    through: str
    """own, where the artefact itself says so; else the name of what it stands on."""


def sought(what: str) -> Sought:
    """What a user means: a SWHID, a file on this machine, or a repository or account.

    Raises:
        UserError: It is a SWHID of a kind that releases do not have.
    """
    if what.startswith("swh:1:"):
        _, _, kind, object_id = what.split(";")[0].split(":", 3) if what.count(":") >= 3 else ("", "", "", "")
        if kind == "cnt" and object_id:
            return Sought(content=object_id)
        if kind in _UNIT_COLUMNS and object_id:
            value = f"swh:1:snp:{object_id}" if kind == "snp" else object_id
            return Sought(unit=(_UNIT_COLUMNS[kind], value))
        raise UserError(f"`{what}` is no SWHID that can be looked for", hint="cnt, rev, dir and snp can")
    path = Path(what)
    if path.is_file():
        return Sought(content=content_id(path.read_bytes()))
    return Sought(address=address_of(what))


def reach(artefacts: Sequence[Artefact], wanted: Sought) -> tuple[list[Hit], list[Artefact]]:
    """Where something went, and the artefacts that could not be looked into because their folder is gone or changed."""
    hits: dict[str, Hit] = {}
    unknown = []
    for one in artefacts:
        rows = _rows(one, wanted)
        if rows is None:
            unknown.append(one)
        elif rows:
            hits[one.sha256] = Hit(one, rows, "own")
    for one in artefacts:
        # A model that names its rows by repository says itself whether it has one.
        says_itself = bool(wanted.address and one.repositories)
        through = [hits[below].artefact for below in one.stands_on if below in hits]
        if one.sha256 not in hits and through and one.kind == "model" and not says_itself:
            nearest = min(through, key=lambda other: ("tasks", "model", "release").index(other.kind))
            hits[one.sha256] = Hit(one, None, f"{nearest.kind} {nearest.name} {nearest.version}".strip())
    order = {"release": 0, "tasks": 1, "model": 2}
    found = sorted(hits.values(), key=lambda hit: (order[hit.artefact.kind], hit.artefact.name))
    return found, [one for one in unknown if one.sha256 not in hits]


def _rows(one: Artefact, wanted: Sought) -> int | None:
    """Rows of an artefact with what is sought; none where it cannot be known."""
    if wanted.address:
        if not one.repositories and one.kind != "model":
            return None
        return sum(n for address, n in one.repositories.items() if is_below(address, wanted.address))
    if one.kind == "model":
        return 0
    files = _data(Path(one.path), one.kind)
    if files is None:
        return None
    if wanted.unit is not None:
        return _rows_of_units(one, *wanted.unit, files)
    return sum(_count(file, "content_id", {wanted.content}) for file in files)


def _data(folder: Path, kind: str) -> list[Path] | None:
    pattern = "data/*/*.parquet" if kind == "release" else "data/*.parquet"
    files = sorted(folder.glob(pattern))
    return files or None


def _rows_of_units(one: Artefact, column: str, value: str, files: Iterable[Path]) -> int:
    if column == "revision_id":
        return sum(_count(file, "revision_id", {value}) for file in files)
    units = Path(one.path) / "metadata" / "units.parquet"
    if one.kind != "release" or not units.is_file():
        return 0
    rows = pq.read_table(units, columns=[column, "origin"]).to_pylist()
    origins = {row["origin"] for row in rows if row[column] == value}
    return sum(_count(file, "origin", origins) for file in files) if origins else 0


def _count(file: Path, column: str, values: set[str]) -> int:
    """Rows of a file with one of some values; those of a task set have them in the list of their files."""
    import pyarrow as pa

    schema = pq.read_schema(file)
    if "files" not in schema.names:
        table = pq.read_table(file, columns=[column])
        return int(pc.sum(pc.is_in(table[column], pa.array(sorted(values)))).as_py() or 0)
    rows = pq.read_table(file, columns=["files"])["files"].to_pylist()
    return sum(any(part[column] in values for part in row) for row in rows)


def on_withdrawn(artefacts: Sequence[Artefact]) -> Iterator[tuple[Artefact, Artefact, Notice]]:
    """Models that stand on a release that was withdrawn, with the release and its notice."""
    by_hash = {one.sha256: one for one in artefacts}
    for model in artefacts:
        if model.kind != "model":
            continue
        for below in sorted(model.stands_on):
            release = by_hash.get(below)
            notice = _notice(release) if release is not None and release.kind == "release" else None
            if release is not None and notice is not None:
                yield model, release, notice


def _notice(release: Artefact) -> Notice | None:
    """A notice in force that is about this very release."""
    notice = notice_of(Path(release.path))
    is_about = notice is not None and notice.manifest_sha256 == release.sha256 and notice.is_in_force()
    return notice if is_about else None


def described(hit: Hit) -> dict[str, Any]:
    """A hit as a row."""
    one = hit.artefact
    return {
        "kind": one.kind,
        "name": one.name,
        "version": one.version,
        "rows": hit.rows,
        "through": hit.through,
        "path": one.path,
        "sha256": one.sha256,
    }
