"""What a reader of one archive format hands on: one path as the archive states it, with its bytes."""

from dataclasses import dataclass


@dataclass(slots=True)
class Member:
    """One path of an archive, before its path is checked."""

    raw: bytes
    size: int = 0
    mode: int = 0o100644
    data: bytes | None = None
    content_id: str | None = None
    """Set by the reader only where it hashed bytes that it did not keep."""
    refused: str | None = None
    refused_value: str = ""


PLACE = b"./@"
"""How a path begins that stands for a place in an archive and no file; no real path starts with `./`."""


def place(offset: int) -> bytes:
    """The path of an entry about the bytes at an offset of an archive."""
    return PLACE + b"%d" % offset


def git_mode(permissions: int) -> int:
    """Git's mode of a regular file: it keeps only whether the owner may run it."""
    return 0o100755 if permissions & 0o100 else 0o100644
