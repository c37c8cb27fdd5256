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
    try:
        note: dict[str, Any] = json.loads((shards / f"{key}.json").read_bytes())
    except FileNotFoundError:
        return None
    is_moved = False
    for ending, file in files_of(shards, key, inline).items():
        # Notes of before files were watched have none.
        known = note.get("files", {}).get(ending)
        mtime_ns = _clock(file, known) if known else None
        if mtime_ns is None:
            return None
        is_moved |= mtime_ns != known["mtime_ns"]
        known["mtime_ns"] = mtime_ns
    if is_moved:
        _write(shards, key, note)
    return _told(note)


def _clock(path: Path, known: dict[str, Any]) -> int | None:
    """The clock of a file that is what is known of it, by its size and clock or else by its hash; None for another."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if status.st_size != known["bytes"]:
        return None
    is_same = status.st_mtime_ns == known["mtime_ns"] or sha256_of(path) == known["sha256"]
    return status.st_mtime_ns if is_same else None


def _told(note: dict[str, Any]) -> dict[str, Any]:
    hashes = {end: {name: file[name] for name in ("sha256", "bytes")} for end, file in note["files"].items()}
    counts = {name: note[name] for name in ("rows", "text_bytes")}
    return hashes.pop("") | counts | ({"beside": hashes} if hashes else {})


def _write(shards: Path, key: str, note: dict[str, Any]) -> None:
    write_text(shards / f"{key}.json", json.dumps(note))
