"""Commit to edit: a file before a commit and its message, and the file after it.

The marks are those of OctoPack's format (Muennighoff et al. 2023, arXiv:2308.07124).
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field

from tilth.config.strict import Strict
from tilth.tasks.builder import Builder, Found
from tilth.tasks.languages import LANGUAGES
from tilth.tasks.release import Change, Release
from tilth.tasks.task import Part, Rejected, Task

Whole = Annotated[int, Field(strict=True, ge=1)]
MARKS: Final = ("<commit_before>", "<commit_msg>", "<commit_after>")


class Options(Strict):
    """Which changes make a task."""

    message_chars_min: Whole = 8
    """Least characters of a message."""
    message_chars_max: Whole = 2000
    """Most characters of a message."""
    file_chars_max: Whole = 20_000
    """Most characters of the file, before or after."""
    changed_lines_max: Whole = 200
    """Most lines that are added or taken away."""


COLUMNS = pa.schema(
    [
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("message", pa.string()),
        ("path", pa.string()),
        ("changed_lines", pa.int32()),
    ]
)


def find(release: Release, languages: Sequence[str], options: Options) -> Iterator[Found]:
    """A task of every change whose message could tell what to do."""
    for change in release.changes(languages):
        before, after = Part.changed(change)
        message = change.message.strip()
        if reason := _unfit(change, message, options):
            yield Rejected(reason[0], after, reason[1])
            continue
        changed = changed_lines(change.old_content, change.new_content)
        if not 0 < changed <= options.changed_lines_max:
            yield Rejected("large_change" if changed else "no_change", after, str(changed))
            continue
        values = {
            "prompt": f"{MARKS[0]}{change.old_content}{MARKS[1]}{message}{MARKS[2]}",
            "completion": change.new_content,
            "message": message,
            "path": change.path,
            "changed_lines": changed,
        }
        yield Task("edit", change.language, (before, after), values)


def _unfit(change: Change, message: str, options: Options) -> tuple[str, str] | None:
    size = max(len(change.old_content), len(change.new_content))
    if size > options.file_chars_max:
        return "long_file", str(size)
    if message.lower().startswith(("merge branch", "merge pull request", "merge remote")):
        return "merge", ""
    if not options.message_chars_min <= len(message) <= options.message_chars_max:
        return "message_length", str(len(message))
    if any(mark in text for mark in MARKS for text in (message, change.old_content, change.new_content)):
        return "holds_mark", ""
    return None


def changed_lines(before: str, after: str) -> int:
    """Lines that differ, on both sides together."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return sum(1 for line in list(lines)[2:] if line[:1] in "+-")


def holds(task: Task) -> str:
    """The answer is another text than the one to change."""
    before = task.values["prompt"].removeprefix(MARKS[0]).split(MARKS[1])[0]
    return "no_change" if before == task.values["completion"] else ""


EDIT = Builder(
    kind="edit",
    says="Change a file as a commit's message says.",
    columns=COLUMNS,
    languages=LANGUAGES,
    options=Options,
    find=find,
    holds=holds,
    reasons=("long_file", "merge", "message_length", "holds_mark", "large_change", "no_change"),
)
