"""Software Heritage identifiers: what git, and git's objects under Software Heritage's names, hash to.

Source: ISO/IEC 18670 (SWHID specification 1.2), sections 5 (core identifiers) and 6 (qualified identifiers).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

Kind = Literal["cnt", "dir", "rev", "rel", "snp"]
BranchType = Literal["content", "directory", "revision", "release", "snapshot", "alias"]

KIND_OF_GIT_TYPE: dict[str, BranchType] = {
    "blob": "content",
    "tree": "directory",
    "commit": "revision",
    "tag": "release",
}
"""Software Heritage's word for each type of git object."""

QUALIFIERS = ("origin", "visit", "anchor", "path", "lines")
"""Qualifiers in the order in which the specification writes them."""

_CORE = re.compile(r"swh:1:(cnt|dir|rev|rel|snp):([0-9a-f]{40})")
_LINES = re.compile(r"[1-9][0-9]*(?:-[1-9][0-9]*)?")
_DIRECTORY = 0o40000


@dataclass(frozen=True, slots=True)
class Swhid:
    """An identifier taken apart."""

    kind: Kind
    object_id: str
    """40 hex digits."""
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    """Decoded values; an absent qualifier has no key."""

    def __str__(self) -> str:
        return swhid(self.kind, self.object_id, **self.qualifiers)


def content_id(data: bytes | memoryview) -> str:
    """Content id of bytes: 40 hex digits, equal to git's blob id."""
    return _object_id(b"blob", data)


def directory_id(entries: Iterable[tuple[int, bytes, str]]) -> str:
    """Directory id of (mode, name, object id) entries: equal to git's tree id.

    Raises:
        ValueError: A name is empty, holds `/` or NUL, or stands twice.
    """
    rows = sorted(entries, key=_sort_name)
    names = {name for _, name, _ in rows}
    if len(names) != len(rows):
        raise ValueError("a directory cannot hold one name twice")
    for name in names:
        if not name or b"/" in name or b"\0" in name:
            raise ValueError(f"not the name of a directory entry: {name!r}")
    body = b"".join(b"%o %s\0" % (mode, name) + bytes.fromhex(target) for mode, name, target in rows)
    return _object_id(b"tree", body)


def revision_id(raw_commit: bytes) -> str:
    """Revision id of a commit object's own bytes: equal to git's commit id."""
    return _object_id(b"commit", raw_commit)


def release_id(raw_tag: bytes) -> str:
    """Release id of an annotated tag object's own bytes: equal to git's tag id."""
    return _object_id(b"tag", raw_tag)


def snapshot_id(branches: Mapping[bytes, tuple[BranchType, str | bytes] | None]) -> str:
    """Snapshot id of branches: 40 hex digits.

    Args:
        branches: Name to (type, target). The target is 40 hex digits, for an alias the other branch's name as
            bytes. None for a branch whose target is not known (dangling).
    """
    lines: list[bytes] = []
    for name, aim in sorted(branches.items()):
        kind, target = ("dangling", b"") if aim is None else (aim[0], _target_bytes(aim[1]))
        lines += [kind.encode(), b" ", name, b"\0%d:" % len(target), target]
    return _object_id(b"snapshot", b"".join(lines))


def swhid(kind: Kind, object_id: str, **qualifiers: str) -> str:
    """Write an identifier, qualifiers in the specification's order.

    Raises:
        ValueError: The kind, the id or a qualifier is not one that the specification knows.
    """
    core = f"swh:1:{kind}:{object_id}"
    if not _CORE.fullmatch(core):
        raise ValueError(f"not a Software Heritage identifier: {core!r}")
    _check_qualifiers(qualifiers)
    parts = [f"{name}={_escape(qualifiers[name])}" for name in QUALIFIERS if name in qualifiers]
    return ";".join([core, *parts])


def parse(text: str) -> Swhid:
    """Take an identifier apart.

    Raises:
        ValueError: The text is not an identifier, or a qualifier is unknown, malformed or stands twice.
    """
    core, *parts = text.split(";")
    match = _CORE.fullmatch(core)
    if match is None:
        raise ValueError(f"not a Software Heritage identifier: {text!r}")
    qualifiers: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or name in qualifiers:
            raise ValueError(f"malformed or repeated qualifier {part!r} in {text!r}")
        qualifiers[name] = unquote(value)
    _check_qualifiers(qualifiers)
    return Swhid(match[1], match[2], qualifiers)  # type: ignore[arg-type]  # the pattern admits only the five kinds


def _object_id(kind: bytes, body: bytes | memoryview) -> str:
    # Git's ids are SHA-1 by definition: an address here, never a protection.
    digest = hashlib.sha1(b"%s %d\0" % (kind, len(body)), usedforsecurity=False)
    digest.update(body)
    return digest.hexdigest()


def _sort_name(entry: tuple[int, bytes, str]) -> bytes:
    mode, name, _ = entry
    return name + b"/" if mode == _DIRECTORY else name


def _target_bytes(target: str | bytes) -> bytes:
    return target if isinstance(target, bytes) else bytes.fromhex(target)


def _escape(value: str) -> str:
    # Only what would break the syntax: the specification asks for `;` and `%`; a line end breaks a list.
    for char in "%;\n\r":
        value = value.replace(char, f"%{ord(char):02X}")
    return value


def _check_qualifiers(qualifiers: Mapping[str, str]) -> None:
    for name, value in qualifiers.items():
        if name not in QUALIFIERS:
            raise ValueError(f"unknown qualifier {name!r}; known: {', '.join(QUALIFIERS)}")
        core = value.split(";")[0]
        if name == "lines" and not _LINES.fullmatch(value):
            raise ValueError(f"qualifier `lines` is a number or a range such as 9-15, not {value!r}")
        if name == "visit" and not core.startswith("swh:1:snp:"):
            raise ValueError(f"qualifier `visit` names a snapshot, not {value!r}")
        if name in ("visit", "anchor") and not _CORE.fullmatch(core):
            raise ValueError(f"qualifier `{name}` is not an identifier: {value!r}")
