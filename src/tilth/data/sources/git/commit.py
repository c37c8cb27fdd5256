"""What a commit object says: its tree, its parents and its two clocks."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_SECONDS = re.compile("[0-9]{1,20}")
_END = int(datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()) + 1


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that was read."""

    revision_id: str
    tree_id: str
    author_date: datetime | None
    committer_date: datetime | None
    parent_ids: tuple[str, ...]


def read_commit(revision_id: str, raw: bytes) -> Commit | None:
    """Read a commit object's bytes; None where it names no tree."""
    headers = raw.partition(b"\n\n")[0].split(b"\n")
    if not headers[0].startswith(b"tree ") or len(headers[0]) != 45:
        return None
    return Commit(
        revision_id=revision_id,
        tree_id=headers[0][5:].decode("ascii", "replace"),
        author_date=_date_of(headers, b"author "),
        committer_date=_date_of(headers, b"committer "),
        parent_ids=tuple(
            line[7:].decode("ascii", "replace") for line in headers if line.startswith(b"parent ")
        ),
    )


def moment(seconds: str | bytes) -> datetime | None:
    """A commit's clock as a date, UTC: 1970 to 9999, which is what git writes and a release can hold.

    None for anything but digits (git has no times before 1970), and for what lies after the year 9999. A clock that was
    never set says 1970, and is told as it stands.
    """
    text = seconds.decode("ascii", "replace") if isinstance(seconds, bytes) else seconds
    if not _SECONDS.fullmatch(text):
        return None
    number = int(text)
    return datetime.fromtimestamp(number, UTC) if number < _END else None


def _date_of(headers: list[bytes], key: bytes) -> datetime | None:
    for line in headers:
        if line.startswith(key):
            # After the last `>`: names may hold anything, numbers included.
            words = line.rpartition(b">")[2].split()
            return moment(words[0]) if words else None
    return None
