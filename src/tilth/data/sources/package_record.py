"""What is known about one version of one package, kept beside its files so that it need not be asked twice."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tilth.records import Unit
from tilth.store import remote
from tilth.store.atomic import write_text

_UNSAFE_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9._+~-]")


@dataclass(frozen=True, slots=True)
class Record:
    """A version of a package and its downloaded files."""

    kind: str
    """Type of the package URL: pypi, npm or deb."""
    name: str
    version: str
    files: dict[str, str]
    """sha256 of each file by its name; the first is the one that the unit is keyed by."""
    uploaded: str | None = None
    """Time of the upload, ISO 8601."""


def folder_of(cache: Path, kind: str, name: str, version: str) -> Path:
    """Where the files of a version lie; no name can lead out of `cache`."""
    parts = (_UNSAFE_IN_FILE_NAMES.sub("_", part).lstrip(".") or "_" for part in (kind, name, version))
    return cache.joinpath("packages", *parts)


def load(folder: Path) -> Record | None:
    """The record in a folder, if it is there and its files are, whole."""
    try:
        record = Record(**json.loads((folder / "record.json").read_text("utf-8")))
        is_whole = all(remote.sha256_of(folder / name) == sha256 for name, sha256 in record.files.items())
    except (OSError, ValueError, TypeError):
        return None
    return record if is_whole and record.files else None


def save(folder: Path, record: Record) -> None:
    """Writes the record; the last step of a download."""
    write_text(folder / "record.json", json.dumps(asdict(record), indent=1))


def unit_of(record: Record, folder: Path) -> Unit:
    """The unit of a downloaded version."""
    first, sha256 = next(iter(record.files.items()))
    name = "/".join(quote(part, safe="") for part in record.name.split("/"))
    group = "deb/debian" if record.kind == "deb" else record.kind
    return Unit(
        source="package",
        origin=f"pkg:{group}/{name}@{quote(record.version, safe='')}",
        repo_name=f"{'debian' if record.kind == 'deb' else record.kind}/{record.name}",
        tree_key=f"archive:{sha256}",
        location=str(folder / first),
        branch_name=record.version,
        revision_date=_moment(record.uploaded),
        history_id=f"pkg:{group}/{name}",
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
