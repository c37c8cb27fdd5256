"""The notice that a release may no longer be used: a file beside its manifest, which every reader heeds.

It is no part of what the release claims, so the release stays as it was sealed, and its hashes hold.
"""

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path

from tilth.errors import UserError
from tilth.store.atomic import write_text
from tilth.store.hashes import sha256_of

NOTICE = "WITHDRAWN.json"
NOTICE_VERSION = 1
_ASK = "the release has a notice; ask its makers"
_ALLOWED: ContextVar[bool] = ContextVar("reading_withdrawn", default=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Why and from when on a release may not be used."""

    release: str
    """Name and version."""
    manifest_sha256: str
    """Hash of the manifest that it is about."""
    reason: str
    date: str
    """First day, UTC, on which it may not be used: until then it is deprecated."""
    replaced_by: str | None = None
    """What to use instead."""
    notice_version: int = NOTICE_VERSION

    def is_in_force(self) -> bool:
        """Whether the day has come."""
        return self.date <= today()

    def words(self) -> str:
        """One sentence for people."""
        state = f"was withdrawn on {self.date}" if self.is_in_force() else f"is withdrawn from {self.date} on"
        return f"{self.release} {state}: {self.reason}"

    def advice(self) -> str:
        """What to do instead."""
        return f"use {self.replaced_by}" if self.replaced_by else "use a later release"


def today() -> str:
    """The day, UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def write_notice(release: Path, notice: Notice) -> Path:
    """Writes the notice into the release's folder."""
    write_text(release / NOTICE, json.dumps(asdict(notice), indent=1, ensure_ascii=False) + "\n")
    return release / NOTICE


def notice_of(release: Path) -> Notice | None:
    """The notice of a release, where it has one.

    Raises:
        UserError: There is one that cannot be understood, which is no leave to read on.
    """
    path = release / NOTICE
    if not path.exists():
        return None
    try:
        return notice_from(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"`{path}` cannot be read: {error}", hint=_ASK) from error


def notice_from(data: bytes, where: str) -> Notice:
    """The notice in a file.

    Raises:
        UserError: It cannot be understood, which is no leave to read on.
    """
    try:
        notice = Notice(**json.loads(data.decode("utf-8")))
        datetime.date.fromisoformat(notice.date)
        if notice.notice_version != NOTICE_VERSION or not all(
            isinstance(text, str) for text in (notice.release, notice.manifest_sha256, notice.reason)
        ):
            raise ValueError("it is of another form")
    except (ValueError, TypeError) as error:
        raise UserError(f"`{where}` cannot be understood: {error}", hint=_ASK) from error
    return notice


def is_about(notice: Notice, release: Path) -> bool:
    """Whether the notice names the manifest that lies beside it."""
    manifest = release / "manifest.json"
    return manifest.is_file() and notice.manifest_sha256 == sha256_of(manifest)


def refuse_withdrawn(release: Path) -> None:
    """Lets no reader pass where a notice is in force, unless `reading_withdrawn` holds.

    Raises:
        UserError: The release was withdrawn, or its notice cannot be understood.
    """
    if _ALLOWED.get():
        return
    notice = notice_of(release)
    if notice and notice.is_in_force():
        raise UserError(
            f"`{release}` may not be used: {notice.words()}",
            hint=f"{notice.advice()}; `--withdrawn` reads it all the same",
        )


@contextmanager
def reading_withdrawn(allowed: bool = True) -> Iterator[None]:
    """Readers within take releases that were withdrawn too."""
    before = _ALLOWED.set(allowed)
    try:
        yield
    finally:
        _ALLOWED.reset(before)
