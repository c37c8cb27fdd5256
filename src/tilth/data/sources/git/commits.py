"""Commits of one repository: what a reference, an id or a date leads to, and where its history begins."""

import re
from contextlib import ExitStack
from datetime import date
from typing import Self

from tilth.data.sources.git import command
from tilth.data.sources.git.commit import Commit, read_commit
from tilth.data.sources.git.first_commits import FirstCommits
from tilth.data.sources.git.layout import CannotRead, Layout
from tilth.data.sources.git.lists import Target
from tilth.data.sources.git.objects import read_object

_TAGS_DEPTH = 8
_TAGGED = re.compile(rb"object ([0-9a-f]{40})\n")


class CommitReader:
    """Reads commits of one repository; git is started only for what cannot be read without it."""

    def __init__(self, layout: Layout, known: FirstCommits) -> None:
        self._layout = layout
        self._known = known
        self._shallow = layout.shallow_file is not None
        self._open = ExitStack()
        self._borrowed: tuple[str, dict[str, str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def commit(self, wanted: str, target: Target) -> Commit:
        """The commit that an id, a prefix or a tag's id leads to, or the last one before a date.

        Raises:
            CannotRead: There is none, or it cannot be read.
        """
        if target.until is not None:
            wanted = self._last_before(wanted, target.until)
        elif target.commit is not None:
            wanted = self._expand(wanted)
        return self._read(wanted) or self._ask(wanted, target)

    def root(self, commit: Commit) -> str | None:
        """First commit of the history by first parents; None where the history is cut off or broken."""
        if self._shallow:
            return None
        if not commit.parent_ids:
            return commit.revision_id
        found = self._known.get(commit.revision_id)
        if found is None:
            order = ("rev-list", "--max-parents=0", "--first-parent", commit.revision_id)
            code, out, _ = self._run(*order)
            lines = out.decode("ascii", "replace").split()
            found = lines[-1] if code == 0 and lines else None
            if found is not None:
                self._known.add(commit.revision_id, found)
        return found

    def _read(self, object_id: str) -> Commit | None:
        """The commit that an id leads to through tags, read without git; None where that does not go."""
        for _ in range(_TAGS_DEPTH):
            found = read_object(self._layout, object_id)
            if found is None:
                return None
            kind, content = found
            if kind == b"commit":
                return read_commit(object_id, content)
            tagged = _TAGGED.match(content)
            if tagged is None:
                return None
            object_id = tagged[1].decode()
        return None

    def _ask(self, wanted: str, target: Target) -> Commit:
        _, out, messages = self._run("cat-file", "--batch", given=f"{wanted}^{{commit}}\n".encode())
        header, _, rest = out.partition(b"\n")
        found = re.fullmatch(rb"([0-9a-f]{40}) commit (\d+)", header)
        commit = read_commit(found[1].decode(), rest[: int(found[2])]) if found else None
        if commit is None:
            raise CannotRead(*self._why_no_commit(wanted, target, messages))
        return commit

    def _run(self, *arguments: str, given: bytes = b"") -> tuple[int, bytes, str]:
        if self._borrowed is None:
            self._borrowed = self._open.enter_context(command.objects_only(self._layout))
        folder, environment = self._borrowed
        return command.run(command.local(folder, *arguments), environment, given)

    def _expand(self, prefix: str) -> str:
        if not re.fullmatch(r"[0-9a-f]{4,40}", prefix):
            raise CannotRead("no_such_commit", prefix)
        if len(prefix) == 40:
            return prefix
        _, out, _ = self._run("rev-parse", f"--disambiguate={prefix}")
        asked = out.replace(b"\n", b"^{commit}\n")
        _, found, _ = self._run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked)
        commits = {line.split()[0].decode() for line in found.splitlines() if line.endswith(b" commit")}
        if len(commits) != 1:
            raise CannotRead("ambiguous_commit" if commits else "no_such_commit", prefix)
        return commits.pop()

    def _last_before(self, tip: str, day: date) -> str:
        code, out, messages = self._run("rev-list", "-1", f"--before={day.isoformat()}T23:59:59+0000", tip)
        if code:
            raise CannotRead("corrupt_repository", command.last_line(messages))
        if not out.strip():
            raise CannotRead("no_commit_before_date", day.isoformat())
        return out.decode("ascii", "replace").strip()

    def _why_no_commit(self, wanted: str, target: Target, messages: str) -> tuple[str, str]:
        if "Permission denied" in messages:
            return "unreadable", command.last_line(messages)
        if target.commit is not None:
            return "no_such_commit", target.commit
        # Git gives no reason: the type of the object itself tells a broken one from another kind.
        _, out, _ = self._run("cat-file", "--batch-check=%(objecttype)", given=f"{wanted}\n".encode())
        kind = out.decode("ascii", "replace").split()
        if kind and kind[-1] in ("tree", "blob"):
            return "not_a_commit", kind[-1]
        return "corrupt_repository", command.last_line(messages) or f"missing object {wanted}"
