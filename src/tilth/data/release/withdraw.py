"""Withdraws a release: writes the notice that readers heed, at once or from a later day on."""

import datetime
from pathlib import Path

from tilth.data.release.sealed import read_manifest
from tilth.errors import UserError
from tilth.store.hashes import sha256_of
from tilth.store.notice import NOTICE, Notice, notice_of, today, write_notice
from tilth.store.upload import put_file

REASON_MAX = 2000
"""Characters of a reason."""


def withdraw(
    release: Path, reason: str, *, date: str | None = None, replaced_by: str | None = None
) -> Notice:
    """Writes the notice into the folder of the release; the release itself is not changed.

    Args:
        release: Its folder.
        reason: Why, in one line.
        date: First day on which it may not be used, today by default; a later one deprecates it until then.
        replaced_by: What to use instead: a folder, an address, or a name with a version.

    Raises:
        UserError: Not a release, no reason, no day, or it was withdrawn already.
    """
    manifest = read_manifest(release, withdrawn=True)
    words = reason.strip()
    if not words or len(words) > REASON_MAX or not words.isprintable():
        raise UserError(f"a reason is one line of at most {REASON_MAX} characters", hint="`--reason WORDS`")
    before = notice_of(release)
    if before and before.is_in_force():
        raise UserError(before.words(), hint=f"`{release / NOTICE}` has the notice")
    day = _day(date) if date else today()
    told = f"{manifest['name']} {manifest['version']}"
    notice = Notice(told, sha256_of(release / "manifest.json"), words, day, replaced_by)
    write_notice(release, notice)
    return notice


def publish_notice(release: Path, url: str) -> None:
    """Copies the notice to where the release was published."""
    put_file(release / NOTICE, f"{url.rstrip('/')}/{NOTICE}")


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UserError(f"`{text}` is no day", hint="such as `--date 2026-12-31`") from error
