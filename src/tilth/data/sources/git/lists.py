"""Which repositories a recipe names: patterns, and a list file with what its columns say of each."""

import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from tilth.config.sources import GitSource
from tilth.errors import UserError

LOCATION_COLUMNS = ("url", "path", "origin", "repository")
"""Columns that may hold a repository's place; the first that stands is read."""
_TEXT_COLUMNS = ("repo_name", "branch", "tag", "commit", "gha_license_id")
_COUNT_COLUMNS = ("star_events_count", "fork_events_count")
_COLUMNS = (*LOCATION_COLUMNS, *_TEXT_COLUMNS, *_COUNT_COLUMNS, "date")
_POINTS = ("branch", "tag", "commit")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = re.compile(r"(?:[^/:@\s]+@)?([^/:@\s]{2,}):(?!//|:)(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One repository to read, and at which point."""

    location: str
    """Path or URL."""
    repo_name: str | None = None
    branch: str | None = None
    tag: str | None = None
    commit: str | None = None
    until: date | None = None
    """Day, UTC, at whose end the branch is read."""
    star_events_count: int | None = None
    fork_events_count: int | None = None
    gha_license_id: str | None = None

    @property
    def is_url(self) -> bool:
        """Whether it has to be mirrored before it can be read."""
        return is_url(self.location)


def targets(source: GitSource) -> Iterator[Target]:
    """Yield every repository that a source names, each (repository, point) once, in the order written.

    A point in the list file goes before the source's own. Relative paths are relative to the current folder.

    Raises:
        UserError: A pattern that matches nothing; a list file that is missing, unreadable or lacks a column.
    """
    seen: set[tuple[object, ...]] = set()
    for target in _all_targets(source):
        key = (_identity(target.location), target.branch, target.tag, target.commit, target.until)
        if key not in seen:
            seen.add(key)
            yield target


def is_url(location: str) -> bool:
    """Whether a location is a URL (`https://…`) or what ssh takes for one (`git@host:path`)."""
    return bool(_SCHEME.match(location)) or (bool(_SCP.match(location)) and not os.path.exists(location))


def path_of(url: str) -> str:
    """The path in a URL, without slashes around it and without `.git`."""
    scp = None if _SCHEME.match(url) else _SCP.match(url)
    path = scp[2] if scp else urlsplit(url).path
    return path.strip("/").removesuffix(".git").strip("/")


def without_secrets(url: str) -> str:
    """A URL without user name and password (ssh keeps the user name: there it is part of the address)."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*://)([^/@]*)@(.*)", url, re.DOTALL)
    if match is None:
        return url
    scheme, user, rest = match.groups()
    keep = user.partition(":")[0] + "@" if "ssh" in scheme else ""
    return scheme + keep + rest


def _all_targets(source: GitSource) -> Iterator[Target]:
    own = {"branch": source.branch, "tag": source.tag, "commit": source.commit, "until": source.date}
    for pattern in source.repositories:
        for location in _matches(pattern):
            yield Target(location=location, **own)  # type: ignore[arg-type]
    if source.list is None:
        return
    for number, row in enumerate(_rows(source.list), start=1):
        yield _target(row, own, f"{source.list}, row {number}")


def _matches(pattern: str) -> Iterable[str]:
    path = os.path.expanduser(pattern)
    if is_url(pattern) or os.path.exists(path) or not glob.has_magic(path):
        return [pattern if is_url(pattern) else path]
    found = sorted(glob.glob(path, recursive=True))
    if not found:
        raise UserError(f"no path matches {pattern!r}", hint="relative patterns start at the current folder")
    return found


def _identity(location: str) -> str:
    if not is_url(location):
        return os.path.realpath(location).removesuffix("/.git")
    head, slashes, rest = location.rpartition("://")
    host, slash, path = rest.partition("/")
    return head.lower() + slashes + host.lower() + slash + path.rstrip("/").removesuffix(".git")


def _rows(name: str) -> Iterable[Mapping[str, Any]]:
    path = os.path.expanduser(name)
    if not os.path.isfile(path):
        raise UserError(
            "the list of repositories does not exist", where=name, hint="check `list` in the recipe"
        )
    readers = {".csv": _read_csv, ".jsonl": _read_jsonl, ".ndjson": _read_jsonl, ".parquet": _read_parquet}
    reader = readers.get(os.path.splitext(path)[1].lower(), _read_text)
    try:
        return reader(path)
    except (OSError, ValueError) as error:  # pyarrow's errors and those of decoding are kinds of ValueError
        raise UserError(f"the list cannot be read: {str(error).splitlines()[0]}", where=name) from error


def _read_text(path: str) -> list[dict[str, Any]]:
    with open(path, encoding="utf-8-sig") as file:
        lines = [line.strip() for line in file]
    return [{"url": line} for line in lines if line and not line.startswith("#")]


def _read_csv(path: str) -> list[dict[str, Any]]:
    from pyarrow import csv, string

    # As text: a commit's prefix may look like a number, and a date is checked here.
    options = csv.ConvertOptions(column_types=dict.fromkeys(_COLUMNS, string()), strings_can_be_null=True)
    table = csv.read_csv(path, convert_options=options)
    _need_location(table.column_names, path)
    rows: list[dict[str, Any]] = table.select([n for n in table.column_names if n in _COLUMNS]).to_pylist()
    return rows


def _read_parquet(path: str) -> list[dict[str, Any]]:
    from pyarrow import parquet

    names = parquet.read_schema(path).names
    _need_location(names, path)
    table = parquet.read_table(path, columns=[name for name in names if name in _COLUMNS])
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _read_jsonl(path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row, dict):
                raise UserError(f"line {number} is not an object", where=path)
            _need_location(row, f"{path}, line {number}")
            rows.append(row)
    return rows


def _need_location(names: Iterable[str], where: str) -> None:
    known = list(names)
    if not any(column in known for column in LOCATION_COLUMNS):
        raise UserError(
            f"the list has none of the columns {', '.join(LOCATION_COLUMNS)}",
            where=where,
            hint=f"its columns are: {', '.join(known)}",
        )


def _target(row: Mapping[str, Any], own: Mapping[str, Any], where: str) -> Target:
    location = next((str(row[column]) for column in LOCATION_COLUMNS if row.get(column)), None)
    if location is None:
        raise UserError("the row names no repository", where=where)
    said: dict[str, Any] = {name: str(row[name]) for name in _TEXT_COLUMNS if row.get(name)}
    counts = {
        name: _count(row[name], name, where) for name in _COUNT_COLUMNS if row.get(name) not in (None, "")
    }
    if row.get("date"):
        said["until"] = _date(row["date"], where)
    points = [name for name in _POINTS if name in said]
    if len(points) > 1 or ("until" in said and points not in ([], ["branch"])):
        raise UserError(
            "the row names more than one point",
            where=where,
            hint="one of branch, tag, commit; or branch and date",
        )
    chosen = {} if points or "until" in said else own
    path = location if is_url(location) else os.path.expanduser(location)
    return Target(**{**chosen, **said, **counts, "location": path})


def _count(value: Any, name: str, where: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise UserError(f"`{name}` is not a whole number: {value!r}", where=where) from error


def _date(value: Any, where: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise UserError(f"`date` is not a date such as 2024-05-31: {value!r}", where=where) from error
