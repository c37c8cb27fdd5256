"""A task set on disk: rows in parquet, what was rejected and why, and `tasks.json`, which says what it was made of."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tilth import __version__
from tilth.errors import UserError
from tilth.store.atomic import whole_file, write_text
from tilth.store.hashes import sha256_of
from tilth.tasks.task import COMMON, SCHEMA_VERSION, Rejected

MANIFEST: Final = "tasks.json"
_DATA, _REJECTED = "data", "metadata/rejected.parquet"
SHARD_BYTES: Final = 2**26
"""Bytes of text after which the next file begins."""
_ROWS: Final = 500
_REJECTIONS = pa.schema(
    [(name, pa.string()) for name in ("reason", "value", "content_id", "origin", "revision_id", "path")]
    + [(name, pa.int32()) for name in ("first_line", "last_line")]
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A release or a task set that another thing was made of."""

    kind: str
    """release or tasks."""
    name: str
    version: str
    sha256: str
    """Of its manifest."""
    path: str
    """Where it was when it was read."""


@dataclass(frozen=True)
class TaskSet:
    """A task set in a folder."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> "TaskSet":
        """The task set in a folder.

        Raises:
            UserError: There is none, or another version wrote it.
        """
        try:
            manifest = json.loads((path / MANIFEST).read_text("utf-8"))
            version = manifest["tasks_version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"`{path}` is not a task set: {error}", hint="name the folder that `tilth tasks build` wrote"
            ) from error
        if version != SCHEMA_VERSION:
            raise UserError(f"`{path}` has version {version}, this tilth reads {SCHEMA_VERSION}")
        return cls(path, manifest)

    @property
    def kind(self) -> str:
        """Which builder made it."""
        return str(self.manifest["kind"])

    @cached_property
    def sha256(self) -> str:
        """Hash of what it says of itself, which stands for all of it."""
        return sha256_of(self.path / MANIFEST)

    @property
    def files(self) -> list[Path]:
        """The files with its rows."""
        return sorted((self.path / _DATA).glob("*.parquet"))

    def rows(self, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Its tasks, in order."""
        for path in self.files:
            for batch in pq.ParquetFile(path).iter_batches(_ROWS, columns=columns):
                yield from batch.to_pylist()

    def rejected(self) -> list[dict[str, Any]]:
        """What was rejected."""
        rows: list[dict[str, Any]] = pq.read_table(self.path / _REJECTED).to_pylist()
        return rows

    def damaged(self) -> list[str]:
        """Files that are not what the manifest says."""
        return [
            one["path"]
            for one in self.manifest["files"]
            if not (self.path / one["path"]).is_file() or sha256_of(self.path / one["path"]) != one["sha256"]
        ]


class Writer:
    """Writes a task set, one shard in memory at a time; the manifest is last, so a set is whole or none.

    Args:
        folder: Where; must be empty or new.
        schema: The columns of its kind, beside those of every task.

    Raises:
        UserError: Something else is in the folder.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"`{folder}` is not empty", hint="name a new folder with `--into`")
        self.folder = folder
        self._schema = pa.unify_schemas([COMMON, schema])
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0
        self._rejected: list[dict[str, Any]] = []
        self._files: list[dict[str, Any]] = []
        self.kept: Counter[str] = Counter()
        """Tasks of each language."""
        self.reasons: Counter[str] = Counter()
        self.repositories: Counter[str] = Counter()
        """Tasks of each origin."""

    def keep(self, row: dict[str, Any]) -> None:
        """Add a task."""
        self.kept[row["language"]] += 1
        self.repositories.update({part["origin"] for part in row["files"]})
        self._rows.append(row)
        self._bytes += sum(len(value) for value in row.values() if isinstance(value, str))
        if self._bytes >= SHARD_BYTES:
            self._write()

    def reject(self, found: Rejected) -> None:
        """Count what is none."""
        row = asdict(found.part)
        self.reject_row(found.reason, found.value, row)

    def reject_row(self, reason: str, value: str, part: Mapping[str, Any]) -> None:
        """The same for a row of a task set."""
        self.reasons[reason] += 1
        self._rejected.append({"reason": reason, "value": value} | dict(part))

    def close(self, said: Mapping[str, Any], stands_on: Iterable[Reference]) -> TaskSet:
        """Write what is left, and the manifest.

        Args:
            said: Kind, name, options and whatever else is to stand in the manifest.
            stands_on: What it was made of.
        """
        if self._rows or not self._files:
            self._write()
        table = pa.Table.from_pylist(self._rejected, _REJECTIONS)
        self._put(_REJECTED, table)
        kept, rejected = sum(self.kept.values()), sum(self.reasons.values())
        manifest = {
            "tasks_version": SCHEMA_VERSION,
            **said,
            "stands_on": [asdict(one) for one in stands_on],
            "counts": {
                "candidates": kept + rejected,
                "kept": kept,
                "rejected": dict(sorted(self.reasons.items())),
                "languages": dict(sorted(self.kept.items())),
            },
            "repositories": dict(sorted(self.repositories.items())),
            "files": self._files,
            "tool": {"tilth": __version__},
        }
        write_text(self.folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        return TaskSet.open(self.folder)

    def _write(self) -> None:
        number = sum(1 for one in self._files if one["path"].startswith(_DATA))
        table = pa.Table.from_pylist(self._rows, self._schema)
        self._put(f"{_DATA}/tasks-{number:05d}.parquet", table)
        self._rows, self._bytes = [], 0

    def _put(self, name: str, table: pa.Table) -> None:
        path = self.folder / name
        with whole_file(path) as temporary:
            pq.write_table(table, temporary, compression="zstd")
        self._files.append({"path": name, "sha256": sha256_of(path), "rows": len(table)})


def references_of(said: Any) -> list[Reference]:
    """What a manifest says that it stands on.

    Raises:
        UserError: It says something else.
    """
    try:
        return [Reference(**one) for one in said]
    except TypeError as error:
        raise UserError(f"the list of what was used cannot be understood: {error}") from error
