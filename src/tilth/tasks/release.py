"""A release as builders read it: files with their texts, repository by repository or as they lie, and changes."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.store.hashes import sha256_of
from tilth.store.notice import refuse_withdrawn
from tilth.store.sql import Sql, parquet

_BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class File:
    """A file that a release keeps."""

    content_id: str
    origin: str
    repo_name: str
    revision_id: str | None
    path: str
    language: str
    license_expression: str
    is_test: bool
    content: str
    """The text as the release has it: what was redacted or cut out is not in it."""


_COLUMNS = [one.name for one in fields(File)]


@dataclass(frozen=True, slots=True)
class Change:
    """A file that a commit changed."""

    revision_id: str
    message: str
    origin: str
    repo_name: str
    path: str
    language: str
    license_expression: str
    old_content_id: str
    new_content_id: str
    old_content: str
    new_content: str


_CHANGE_COLUMNS = [one.name for one in fields(Change)]


@dataclass(frozen=True)
class Release:
    """A release on disk."""

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> "Release":
        """The release in a folder.

        Raises:
            UserError: There is none, it was withdrawn, or its texts do not lie in its rows.
        """
        refuse_withdrawn(path)
        try:
            manifest = json.loads((path / "manifest.json").read_text("utf-8"))
            manifest["name"], manifest["version"], manifest["languages"], manifest["files"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"`{path}` is not a release: {error}", hint="name the folder that `tilth data build` wrote"
            ) from error
        return cls(path, manifest)

    @cached_property
    def sha256(self) -> str:
        """Hash of the manifest, which stands for all of the release."""
        return sha256_of(self.path / "manifest.json")

    @property
    def languages(self) -> list[str]:
        """Languages that have rows."""
        return list(self.manifest["languages"])

    def files(self, languages: Iterable[str]) -> Iterator[File]:
        """Files of some languages, as they lie."""
        for path in self._data(languages):
            for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS, columns=_COLUMNS):
                yield from map(_file, batch.to_pylist())

    def repositories(self, languages: Iterable[str]) -> Iterator[list[File]]:
        """The same, those of one repository at one commit together, by path."""
        paths = self._data(languages)
        if not paths:
            return
        with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
            query = f"SELECT {', '.join(_COLUMNS)} FROM {parquet(paths)} ORDER BY origin, revision_id, path, content_id"
            rows = (row for batch in sql.batches(query, _BATCH_ROWS) for row in batch.to_pylist())
            for _, group in groupby(map(_file, rows), lambda file: (file.origin, file.revision_id)):
                yield list(group)

    def changes(self, languages: Iterable[str]) -> Iterator[Change]:
        """Changes with a text before and one after, of some languages.

        Raises:
            UserError: The release has no history.
        """
        paths = sorted((self.path / "commits").glob("*.parquet"))
        if not paths:
            raise UserError(
                f"`{self.path}` has no commits", hint="build it with `history: true` at a git source"
            )
        wanted = set(languages)
        for path in paths:
            for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS, columns=[*_CHANGE_COLUMNS, "status"]):
                for row in batch.to_pylist():
                    is_whole = row.pop("status") == "M" and row["old_content"] and row["new_content"]
                    if is_whole and row["language"] in wanted:
                        yield Change(**row | {"license_expression": row["license_expression"] or NO_LICENCE})

    def _data(self, languages: Iterable[str]) -> list[Path]:
        folders = [_folder(self.manifest["languages"][language]) for language in languages]
        paths = [path for name in folders for path in sorted((self.path / "data" / name).glob("*.parquet"))]
        if paths and "content" not in pq.read_schema(paths[0]).names:
            raise UserError(
                f"the release `{self.path}` has its texts in packs beside the rows",
                hint="build it with `release.contents: inline`",
            )
        return paths


NO_LICENCE = "NONE"
"""SPDX's word for no licence."""


def _file(row: dict[str, Any]) -> File:
    row["license_expression"] = row["license_expression"] or NO_LICENCE
    row["repo_name"] = row["repo_name"] or row["origin"]
    return File(**row)


def _folder(said: Any) -> str:
    return str(said["folder"] if isinstance(said, Mapping) else said)


def chosen(release: Release, asked: Sequence[str], known: Sequence[str]) -> list[str]:
    """The languages to build from: those that are asked for, or all that are there and known.

    Raises:
        UserError: One is not known to the builder, or the release has none of them.
    """
    if strange := [name for name in asked if name not in known]:
        raise UserError(f"no tasks are made of `{strange[0]}`", hint=f"of {', '.join(known)}")
    found = [name for name in release.languages if name in (asked or known)]
    if not found:
        raise UserError(
            f"`{release.path}` has nothing in {', '.join(asked or known)}",
            hint=f"it has {', '.join(release.languages)}",
        )
    return found
