"""Path bytes as an archive or a folder states them -> a path that is safe to show, to join and to write."""

import re
from dataclasses import dataclass

# A single letter before a colon is a drive on Windows, with or without a separator behind it.
_DRIVE = re.compile(rb"[A-Za-z]:")
_SEPARATORS = re.compile(rb"[/\\]")
_SHOWN_BYTES = 4096


@dataclass(frozen=True, slots=True)
class CheckedPath:
    """A path as text, its bytes where they are not UTF-8, and why it is unsafe, if it is."""

    path: str
    raw: bytes | None
    unsafe: str | None = None


def as_text(raw: bytes) -> tuple[str, bytes | None]:
    """The path as text, bytes that are not UTF-8 escaped; and its bytes where the text does not say them."""
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), raw


def check(raw: bytes) -> CheckedPath:
    """Normalises `a/./b` and `a//b` to `a/b` and says why a path may not be used.

    A path is unsafe where some system would take it out of its folder: absolute, a part `..`, a drive
    letter, a NUL, or a backslash that Windows would read as one of these. An unsafe path is returned as it was stated.
    """
    reason = _why_unsafe(raw)
    if reason:
        return CheckedPath(*as_text(raw), unsafe=reason)
    if b"//" in raw or b"./" in raw or raw.endswith((b"/", b"/.")):
        raw = b"/".join(part for part in raw.split(b"/") if part not in (b"", b"."))
    if raw in (b"", b"."):
        return CheckedPath(*as_text(raw), unsafe="empty")
    return CheckedPath(*as_text(raw))


def shorten(text: str) -> str:
    """A value fit for a column: at most 4,096 characters, with a word where it was cut."""
    return text if len(text) <= _SHOWN_BYTES else text[:_SHOWN_BYTES] + "…"


def _why_unsafe(raw: bytes) -> str | None:
    if raw[:1] == b"/":
        return "absolute"
    if b"\0" in raw:
        return "NUL"
    if _DRIVE.match(raw):
        return "drive letter"
    if raw[:1] == b"\\":
        return "absolute with backslash"
    if b".." in raw and b".." in _SEPARATORS.split(raw):
        return "parent folder"
    return None
