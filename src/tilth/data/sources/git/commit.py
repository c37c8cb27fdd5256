"""What a commit object says: its tree, its parents and its two clocks."""

from dataclasses import dataclass
from datetime import UTC, datetime

_FIRST = int(datetime(1971, 1, 1, tzinfo=UTC).timestamp())
_END = int(datetime(2106, 1, 1, tzinfo=UTC).timestamp())


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
    """A commit's clock as a date, UTC.

    None for what is no number, and for 1970 and from 2106 on: a clock that was never set, and one that
    overflowed 32 bits.
    """
    try:
        number = int(seconds)
    except ValueError:
        return None
    return datetime.fromtimestamp(number, UTC) if _FIRST <= number < _END else None


def _date_of(headers: list[bytes], key: bytes) -> datetime | None:
    for line in headers:
        if line.startswith(key):
            # After the last `>`: names may hold anything, numbers included.
            words = line.rpartition(b">")[2].split()
            return moment(words[0]) if words else None
    return None
