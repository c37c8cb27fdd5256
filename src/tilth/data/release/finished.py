"""Finished files of releases in the store: each has a note beside it, and is reused only while it is what that says.

They are hard-linked into releases, so whoever writes into a release's file writes into the store. They are read-only
for that reason; where someone writes all the same, the file's clock tells, and its hash decides.
"""

import json
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import Any

from tilth.store.atomic import write_text
from tilth.store.hashes import sha256_of

BESIDE = ("pack", "parquet")
"""Endings of the two files of contents beside a file of rows without texts."""


def files_of(shards: Path, key: str, inline: bool) -> dict[str, Path]:
    """The files of a shard: its rows under `""`, its contents under their endings."""
    beside = () if inline else BESIDE
    return {"": shards / f"{key}.parquet"} | {end: shards / f"{key}-contents.{end}" for end in beside}


def finish(shards: Path, key: str, *, inline: bool, rows: int, text_bytes: int) -> dict[str, Any]:
    """Notes hashes and counts of a shard beside it; the note is what makes the shard exist."""
    note: dict[str, Any] = {"rows": rows, "text_bytes": text_bytes, "files": {}}
    for ending, path in files_of(shards, key, inline).items():
        with suppress(PermissionError):  # a disk without permissions
            path.chmod(S_IMODE(path.stat().st_mode) & ~0o222)
        status = path.stat()
        note["files"][ending] = {
            "sha256": sha256_of(path),
            "bytes": status.st_size,
            "mtime_ns": status.st_mtime_ns,
        }
    _write(shards, key, note)
    return _told(note)


def note_of(shards: Path, key: str, *, inline: bool) -> dict[str, Any] | None:
    """What is known of a shard that the store holds as it was written; else None.

    Returns:
        `sha256`, `bytes`, `rows` and `text_bytes` of its rows; `beside` has `sha256` and `bytes` of its contents.
    """
    path = shards / f"{key}.json"
    note: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    if not note.get("files"):  # not there, or noted before files were watched
        return None
    told = json.dumps(note)
    for ending, file in files_of(shards, key, inline).items():
        if not _is_whole(file, note["files"].get(ending)):
            return None
    if json.dumps(note) != told:
        _write(shards, key, note)
    return _told(note)


def _is_whole(path: Path, known: dict[str, Any] | None) -> bool:
    """Whether a file is what is known of it; a new clock on the same bytes is taken down."""
    if known is None or not path.exists():
        return False
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) == (known["bytes"], known["mtime_ns"]):
        return True
    if status.st_size != known["bytes"] or sha256_of(path) != known["sha256"]:
        return False
    known["mtime_ns"] = status.st_mtime_ns
    return True


def _told(note: dict[str, Any]) -> dict[str, Any]:
    hashes = {end: {name: file[name] for name in ("sha256", "bytes")} for end, file in note["files"].items()}
    counts = {name: note[name] for name in ("rows", "text_bytes")}
    return hashes.pop("") | counts | ({"beside": hashes} if hashes else {})


def _write(shards: Path, key: str, note: dict[str, Any]) -> None:
    write_text(shards / f"{key}.json", json.dumps(note))
