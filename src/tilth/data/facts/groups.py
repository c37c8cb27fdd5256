"""The groups of facts: what each adds to a file, and where its answers lie in the store.

A group is a module with NAME, VERSION, SCHEMA and `compute(batch)`. Its answers are stored under its name and version,
so raising one group's version recomputes that group alone.
"""

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import pyarrow as pa

from tilth.data.facts.batch import Batch

MODULES = ("text", "language", "licence")
"""Modules under tilth.data.facts, one a group, in the order of their bit in a mask of groups."""

KEY = [pa.field("content_id", pa.string()), pa.field("name", pa.string())]
"""What a fact is stored under, beside its group's version: the bytes and the file's name."""


class Group(Protocol):
    """What a module of facts gives."""

    NAME: str
    VERSION: str
    SCHEMA: pa.Schema

    def compute(self, batch: Batch) -> dict[str, Any]:
        """One value per document and column, from its bytes and name alone."""
        ...


@cache
def groups() -> tuple[Group, ...]:
    """The groups, imported on first use."""
    return tuple(importlib.import_module(f"tilth.data.facts.{name}") for name in MODULES)


def folder_of(group: Group) -> str:
    """Name of the group's folder in the store."""
    return f"{group.NAME}-{group.VERSION}"


def compute(group: Group, batch: Batch, chosen: Sequence[int] | None = None) -> pa.Table:
    """The group's facts of a batch as a table with its key; only of the documents at `chosen`, where given."""
    columns = group.compute(batch)
    arrays = [pa.array(batch.content_ids, pa.string()), pa.array(batch.names, pa.string())]
    arrays += [pa.array(columns[field.name], field.type) for field in group.SCHEMA]
    table = pa.Table.from_arrays(arrays, schema=pa.schema([*KEY, *group.SCHEMA]))
    return table if chosen is None else table.take(pa.array(chosen, pa.int64()))
