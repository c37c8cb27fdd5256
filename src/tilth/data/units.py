"""The units of a build: what the sources resolved to, pinned on disk so that a resumed build reads the same."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.config.recipe import Recipe
from tilth.config.sources import GitSource
from tilth.data.sources import streams
from tilth.records import Refusal, Unit
from tilth.store.atomic import whole_file
from tilth.store.layout import Store

_TYPES = {
    "revision_date": pa.timestamp("us", tz="UTC"),
    "committer_date": pa.timestamp("us", tz="UTC"),
    "star_events_count": pa.int64(),
    "fork_events_count": pa.int64(),
}
SCHEMA = pa.schema(
    [("unit_ix", pa.int32()), ("source_ix", pa.int32())]
    + [(field.name, _TYPES.get(field.name, pa.string())) for field in fields(Unit)]
)
REFUSAL_SCHEMA = pa.schema([(field.name, pa.string()) for field in fields(Refusal)])


def resolve(recipe: Recipe, store: Store) -> Iterator[tuple[int, Unit | Refusal]]:
    """What every source of the recipe names, with the number of the source, in the recipe's order."""
    for index, source in enumerate(recipe.sources):
        if isinstance(source, GitSource):
            from tilth.data.sources.git.resolve import resolve as resolve_git

            found: Iterator[Unit | Refusal] = resolve_git(source, store.mirrors)
        else:
            found = streams.resolve(source, store.downloads)
        for unit in found:
            yield index, unit


def pin(resolved: Iterable[tuple[int, Unit | Refusal]], folder: Path) -> None:
    """Writes the units and the refusals of a build; the same unit named twice counts once."""
    units: dict[tuple[str, str, str | None, str | None], tuple[int, Unit]] = {}
    refusals: list[Refusal] = []
    for source_ix, found in resolved:
        if isinstance(found, Refusal):
            refusals.append(found)
        else:
            key = (found.origin, found.tree_key, found.revision_id, found.branch_name)
            units.setdefault(key, (source_ix, found))
    # The origin decides the order, so that the order of a list does not show in the release.
    ordered = sorted(units.values(), key=lambda pair: _order(pair[1]))
    columns: list[list[object]] = [list(range(len(ordered))), [source_ix for source_ix, _ in ordered]]
    columns += [[getattr(unit, field.name) for _, unit in ordered] for field in fields(Unit)]
    refusals.sort(key=lambda refusal: (refusal.origin, refusal.reason, refusal.value))
    refused = [[getattr(refusal, name) for refusal in refusals] for name in REFUSAL_SCHEMA.names]
    with whole_file(folder / "refusals.parquet") as temporary:
        pq.write_table(pa.table(refused, schema=REFUSAL_SCHEMA), temporary)
    with whole_file(folder / "units.parquet") as temporary:
        pq.write_table(pa.table(columns, schema=SCHEMA), temporary)


def _order(unit: Unit) -> tuple[str, str, str, str]:
    return unit.origin, unit.branch_name or "", unit.revision_id or "", unit.tree_key


def is_there(folder: Path) -> bool:
    """Whether units are pinned, and the downloads that some of them stand for are still where they were."""
    if not (folder / "units.parquet").exists():
        return False
    return all(
        os.path.exists(unit.location)
        for _, unit in load(folder)
        if unit.source == "package" or "://" in unit.origin
    )


def load(folder: Path) -> list[tuple[int, Unit]]:
    """The pinned units, each with the number of its source."""
    rows = pq.read_table(folder / "units.parquet").to_pylist()
    names = [field.name for field in fields(Unit)]
    return [(row["source_ix"], Unit(**{name: row[name] for name in names})) for row in rows]


def fingerprint(folder: Path, beside: Mapping[str, str]) -> str:
    """Hash of the pinned inputs, and of the versions `beside` them: equal where a build would find the same."""
    digest = hashlib.sha256()
    for name in ("units.parquet", "refusals.parquet"):
        table = pq.read_table(folder / name)
        if name == "units.parquet":
            table = table.drop_columns(["location"])
        digest.update(repr(table.to_pylist()).encode())
    if beside:
        digest.update(repr(sorted(beside.items())).encode())
    return digest.hexdigest()
