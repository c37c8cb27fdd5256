"""Files stored as rows of parquet files, in the layout of code sets on the hub."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.config.sources import ParquetSource
from tilth.data.sources import parquet_columns, parquet_rows
from tilth.data.sources.archive import second_copy
from tilth.data.sources.archive_member import PLACE
from tilth.data.sources.limits import READ_MAX_BYTES
from tilth.data.sources.parquet_columns import Columns
from tilth.data.sources.unsafe_paths import check
from tilth.errors import WorkFailed
from tilth.records import Entry, Refusal, Unit
from tilth.store import remote
from tilth.store.notice import NOTICE, Notice, notice_from, notice_of
from tilth.store.swhid import content_id

FOLDERS_ABOVE = 3
"""Above a data file, where the notice of its release may lie."""
_HEX40 = re.compile(r"[0-9a-f]{40}")


def resolve(source: ParquetSource, cache: Path) -> Iterator[Unit | Refusal]:
    """One unit for each repository (and revision) of each file, or for each file without such a column.

    Reads every column but the content; a file whose repositories lie scattered is copied in their order into `cache`.

    Raises:
        UserError: A path names nothing, or a file has no column for the content.
    """
    notices: dict[str, str | None] = {}
    for url in remote.found(source.paths):
        origin = remote.as_url(url)
        name = _bare_name(origin)
        if notice := None if source.withdrawn else _withdrawn(url, notices):
            yield Refusal(origin=origin, repo_name=name, reason="withdrawn", value=notice)
            continue
        try:
            path = remote.local(url, cache / "parquet")
            with pq.ParquetFile(path) as file:
                columns = parquet_columns.find(file.schema_arrow, source.columns, origin)
        except (OSError, pa.ArrowInvalid) as error:
            reason = "unreadable" if not isinstance(error, pa.ArrowInvalid) else "not_parquet"
            yield Refusal(origin=origin, repo_name=name, reason=reason, value=str(error))
            continue
        yield from _units(path, origin, columns, cache)


def _withdrawn(url: str, seen: dict[str, str | None]) -> str | None:
    """What the notice of the release says that a file lies in, where it is in force; each folder is asked once."""
    if remote.is_url(url):
        host, _, path = url.partition("?")[0].partition("://")[2].partition("/")
        head = url[: len(url.partition("://")[0]) + 3] + host
        parts = path.split("/")[:-1]
        folders = ["/".join([head, *parts[:count]]) for count in range(len(parts), -1, -1)]
    else:
        folders = [str(folder) for folder in Path(remote.local(url, Path())).parents]
    for folder in folders[:FOLDERS_ABOVE]:
        if folder not in seen:
            notice = _remote_notice(folder) if remote.is_url(url) else notice_of(Path(folder))
            seen[folder] = notice.words() if notice and notice.is_in_force() else None
        if words := seen[folder]:
            return words
    return None


def _remote_notice(folder: str) -> Notice | None:
    """The notice in a folder elsewhere. Some servers answer with a page of words where there is none."""
    try:
        body = remote.page(f"{folder}/{NOTICE}").body
    except (FileNotFoundError, WorkFailed):
        return None
    return notice_from(body, remote.as_url(f"{folder}/{NOTICE}")) if body.lstrip().startswith(b"{") else None


def stream(unit: Unit, source: ParquetSource) -> Iterator[tuple[Entry, bytes | None]]:
    """Every row of a unit once, with its bytes; a row without a path is named by its number in the unit."""
    path = Path(unit.location)
    with pq.ParquetFile(path) as file:
        columns = parquet_columns.find(file.schema_arrow, source.columns, unit.origin)
    names = tuple(sorted(columns.names.items()))
    reader, runs = parquet_rows.opened(str(path), path.stat().st_mtime_ns, names, _bare_name(unit.origin))
    seen: set[str] = set()
    number = 0
    for start, stop in runs[unit.tree_key.split(":", 2)[2]]:
        for data, raw in reader.rows(start, stop):
            entry = _entry(data, raw, number, has_paths=columns.path is not None)
            if entry.path in seen:
                entry = second_copy(entry)
            seen.add(entry.path)
            yield entry, None if entry.refused else data
            number += 1


def _units(path: Path, origin: str, columns: Columns, cache: Path) -> Iterator[Unit]:
    default = _bare_name(origin)
    found = parquet_rows.groups(path, columns, default)
    sha256 = remote.sha256_of(path)
    location = path
    if parquet_rows.is_scattered(found):
        location = cache / "parquet" / f"{sha256}.parquet"
        parquet_rows.in_order(path, columns, found, default, location)
    for key, group in found.items():
        first = group.first
        yield Unit(
            source="parquet",
            origin=origin,
            repo_name=key[0],
            tree_key=f"parquet:{sha256}:{parquet_rows.label(key)}",
            location=str(location),
            snapshot_id=_snapshot(first.get("snapshot_id")),
            revision_id=_hex40(first.get("revision_id")),
            directory_id=_hex40(first.get("directory_id")),
            branch_name=_text(first.get("branch_name")),
            revision_date=_moment(first.get("revision_date")),
            committer_date=_moment(first.get("committer_date")),
            star_events_count=_count(first.get("star_events_count")),
            fork_events_count=_count(first.get("fork_events_count")),
            gha_license_id=_text(first.get("gha_license_id")),
        )


def _entry(data: bytes | None, raw: bytes | None, number: int, *, has_paths: bool) -> Entry:
    refused, value = None, ""
    if raw is None:
        path, path_raw = (PLACE if has_paths else b"row-").decode() + f"{number:09d}", None
        if has_paths:
            refused, value = "bad_row", "no path"
    else:
        # The Stack v2 writes paths from the repository's root: `/src/a.py`.
        checked = check(raw.removeprefix(b"/"))
        path, path_raw = checked.path, checked.raw
        if checked.unsafe:
            refused, value = "unsafe_path", checked.unsafe
    if data is None:
        return Entry(path=path, path_raw=path_raw, refused="missing_content", refused_value=value)
    size = len(data)
    if refused is None and size > READ_MAX_BYTES:
        refused, value = "too_large_to_read", str(size)
    return Entry(
        path=path,
        path_raw=path_raw,
        content_id=content_id(data),
        size=size,
        refused=refused,
        refused_value=value,
    )


def _bare_name(origin: str) -> str:
    return origin.rpartition("/")[2].removesuffix(".parquet")


def _hex40(value: Any) -> str | None:
    return value if isinstance(value, str) and _HEX40.fullmatch(value) else None


def _snapshot(value: Any) -> str | None:
    """The Stack writes the 40 digits alone."""
    digits = _hex40(value.removeprefix("swh:1:snp:")) if isinstance(value, str) else None
    return f"swh:1:snp:{digits}" if digits else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and value == value else None


def _moment(value: Any) -> datetime | None:
    """A time stamp or ISO 8601 text; one without a zone is UTC, as in The Stack."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
