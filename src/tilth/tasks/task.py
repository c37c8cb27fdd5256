"""What a task is, whatever its kind: what it is made of, under which licence, and what a model is to learn from it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from tilth.store.hashes import segment_name
from tilth.tasks.release import NO_LICENCE, Change, File

SCHEMA_VERSION = 1

PART = pa.struct(
    [
        ("content_id", pa.string()),
        ("origin", pa.string()),
        ("repo_name", pa.string()),
        ("revision_id", pa.string()),
        ("path", pa.string()),
        ("license_expression", pa.string()),
        ("first_line", pa.int32()),
        ("last_line", pa.int32()),
    ]
)
COMMON = pa.schema(
    [
        ("task_id", pa.string()),
        ("kind", pa.string()),
        ("language", pa.string()),
        ("license_expression", pa.string()),
        ("release_sha256", pa.string()),
        ("files", pa.list_(PART)),
    ]
)
"""Columns of every task; a kind adds its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a file that a task has text of."""

    content_id: str
    origin: str
    repo_name: str
    revision_id: str | None
    path: str
    license_expression: str
    first_line: int
    last_line: int

    @classmethod
    def of(cls, file: File, begin: int = 0, end: int | None = None) -> "Part":
        """The lines of a file between two characters."""
        first = file.content.count("\n", 0, begin) + 1
        last = first + file.content.count("\n", begin, len(file.content) if end is None else end)
        return cls(
            file.content_id,
            file.origin,
            file.repo_name,
            file.revision_id,
            file.path,
            file.license_expression,
            first,
            last,
        )

    @classmethod
    def changed(cls, change: Change) -> tuple["Part", "Part"]:
        """A file before a commit and after it."""
        sides = ((change.old_content_id, change.old_content), (change.new_content_id, change.new_content))
        before, after = (
            cls(
                content_id,
                change.origin,
                change.repo_name,
                change.revision_id,
                change.path,
                change.license_expression,
                1,
                text.count("\n") + 1,
            )
            for content_id, text in sides
        )
        return before, after


@dataclass(frozen=True, slots=True)
class Task:
    """One task."""

    kind: str
    language: str
    files: tuple[Part, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    """What the columns of its kind hold."""

    @property
    def task_id(self) -> str:
        """A hash of what the task says, and of what it is made of."""
        ids = [part.content_id for part in self.files]
        return segment_name(self.kind, *ids, json.dumps(self.values, sort_keys=True, default=str))

    def row(self, release_sha256: str) -> dict[str, Any]:
        """As a row of a task set."""
        return {
            "task_id": self.task_id,
            "kind": self.kind,
            "language": self.language,
            "license_expression": all_of([part.license_expression for part in self.files]),
            "release_sha256": release_sha256,
            "files": [asdict(part) for part in self.files],
            **self.values,
        }


@dataclass(frozen=True, slots=True)
class Rejected:
    """What could have been a task and is none."""

    reason: str
    part: Part
    value: str = ""
    """What decided; never text of the file."""


def all_of(expressions: Sequence[str]) -> str:
    """The SPDX expression under which texts may be used together: all that hold for one of them."""
    distinct = sorted(set(expressions))
    if len(distinct) > 1:
        distinct = [one for one in distinct if one != NO_LICENCE] + [NO_LICENCE] * (NO_LICENCE in distinct)
        return " AND ".join(f"({one})" if " OR " in one or " WITH " in one else one for one in distinct)
    return distinct[0] if distinct else NO_LICENCE
