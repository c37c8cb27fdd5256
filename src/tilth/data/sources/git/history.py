"""Commits of a unit -> what each changed, before and after."""

from collections.abc import Iterator
from typing import IO

from tilth.data.sources.git import command
from tilth.data.sources.git.commit import moment
from tilth.data.sources.git.layout import CannotRead, Layout, find
from tilth.data.sources.limits import CHUNK_BYTES
from tilth.records import Change, Unit

_FIELDS = 6
_FORMAT = "tformat:%H%x00%P%x00%at%x00%ct%x00%e%x00%B%x00"
_ORDER = (
    *(
        "log",
        "--raw",
        "-z",
        "--no-renames",
        "--no-abbrev",
        "--reverse",
        "--root",
        "--diff-merges=first-parent",
    ),
    *(
        "--encoding=UTF-8",
        "--no-color",
        "--no-notes",
        "--no-mailmap",
        "--no-show-signature",
        f"--format={_FORMAT}",
    ),
)
_FILES = (b"100644", b"100755", b"100664")


def changes(unit: Unit) -> Iterator[Change]:
    """Yield each file that each commit up to the unit's changed, oldest commit first.

    A merge is compared with its first parent. A renamed file is one deletion and one addition. Links and
    submodules have no content id, nor has the missing side of an addition or deletion. Where a shallow clone
    cuts the history off, the oldest commits are left out: what they changed cannot be known.

    Raises:
        CannotRead: `corrupt_repository` where the history ends early; what was yielded before is right.
        ValueError: The unit has no revision id.
    """
    if unit.revision_id is None:
        raise ValueError("a unit without a revision has no history")
    layout = find(unit.location)
    cut_off = _cut_off(layout)
    with command.objects_only(layout) as (folder, environment):
        order = command.local(folder, *_ORDER, unit.revision_id, "--")
        with command.stream(order, environment) as (output, process):
            yield from _parse(_words(output), cut_off)
            if code := process.wait():
                raise CannotRead("corrupt_repository", f"git log ended with {code}")


def _cut_off(layout: Layout) -> frozenset[str]:
    if layout.shallow_file is None:
        return frozenset()
    with open(layout.shallow_file, encoding="ascii", errors="replace") as file:
        return frozenset(file.read().split())


def _words(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK_BYTES):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole


def _parse(words: Iterator[bytes], cut_off: frozenset[str]) -> Iterator[Change]:
    commit: list[bytes] = []
    for word in words:
        word = word.lstrip(b"\n")
        if not word:
            continue
        if not word.startswith(b":"):
            commit = [word, *(next(words, b"") for _ in range(_FIELDS - 1))]
            continue
        path = next(words, b"")
        revision = commit[0].decode()
        if revision not in cut_off:
            yield _change(revision, commit, word, path)


def _change(revision: str, commit: list[bytes], word: bytes, path: bytes) -> Change:
    _, parents, authored, committed, encoding, message = commit
    old_mode, new_mode, old_id, new_id, status = word[1:].split(b" ")
    return Change(
        revision_id=revision,
        parent_id=parents.split()[0].decode() if parents else None,
        message=_text(message, encoding),
        revision_date=moment(authored),
        committer_date=moment(committed),
        status=status[:1].decode(),
        path=path.decode("utf-8", "backslashreplace"),
        old_content_id=old_id.decode() if old_mode in _FILES else None,
        new_content_id=new_id.decode() if new_mode in _FILES else None,
    )


def _text(message: bytes, encoding: bytes) -> str:
    """A message that git has made UTF-8 where it could, else in the commit's own encoding, else in Latin-1."""
    for name in ("utf-8", encoding.decode("ascii", "replace") or "latin-1"):
        try:
            return message.decode(name)
        except (LookupError, ValueError):
            continue
    return message.decode("latin-1")
