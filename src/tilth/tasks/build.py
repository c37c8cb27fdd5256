"""Builds a task set: candidates of a builder, each checked, those that hold kept, the others counted by reason."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tilth.report.progress import Progress
from tilth.tasks.builder import Builder, Found
from tilth.tasks.release import Release, chosen
from tilth.tasks.task import Rejected, Task
from tilth.tasks.task_set import Reference, TaskSet, Writer

REASONS: Final = ("duplicate", "contaminated")
"""Reasons of `build` itself: the same task again, the text of a benchmark."""
_BATCH: Final = 256

Marks = Callable[[list[str]], list[str]]
"""Texts -> for each what it has of a benchmark, or nothing."""
Sieve = Callable[[Iterable[Found]], Iterator[Found]]
"""A further look at candidates, in their order: those that do not stand it become rejected."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to build."""

    builder: Builder
    options: Any
    languages: Sequence[str] = ()
    limit: int | None = None
    """Most tasks that are kept; what comes after them is not looked at."""


def build(
    release: Release,
    into: Path,
    wanted: Wanted,
    progress: Progress,
    *,
    name: str = "",
    sieve: Sieve | None = None,
    marks: Marks | None = None,
    said: dict[str, Any] | None = None,
) -> TaskSet:
    """Build a task set from a release.

    Args:
        release: The release.
        into: A new folder.
        wanted: Kind and options.
        progress: Where to tell how it goes.
        name: Of the task set; the folder's by default.
        sieve: Checks tasks that run.
        marks: Tells the text of benchmarks; tasks that have some are rejected.
        said: What else the manifest is to say.

    Raises:
        UserError: The folder is not empty, or the release has nothing to build from.
    """
    builder = wanted.builder
    languages = chosen(release, wanted.languages, builder.languages)
    writer = Writer(into, builder.columns)
    found: Iterator[Found] = builder.find(release, languages, wanted.options)
    found = (_held(builder, one) for one in found)
    if sieve is not None:
        found = sieve(found)
    with progress.stage("tasks", unit="candidates") as stage:
        for one in _distinct(_clean(found, marks)):
            if isinstance(one, Rejected):
                writer.reject(one)
            else:
                writer.keep(one.row(release.sha256))
            stage.advance(1)
            if wanted.limit is not None and sum(writer.kept.values()) >= wanted.limit:
                break
    manifest = release.manifest
    reference = Reference(
        "release", manifest["name"], manifest["version"], release.sha256, str(release.path.absolute())
    )
    head = {
        "name": name or into.name,
        "kind": builder.kind,
        "options": wanted.options.model_dump(mode="json"),
        "languages": languages,
        "limit": wanted.limit,
    }
    return writer.close(head | (said or {}), [reference])


def _held(builder: Builder, one: Found) -> Found:
    reason = builder.holds(one) if isinstance(one, Task) else ""
    return Rejected(reason, one.files[-1]) if reason and isinstance(one, Task) else one


def _clean(found: Iterator[Found], marks: Marks | None) -> Iterator[Found]:
    """Rejects tasks that have the text of a benchmark."""
    if marks is None:
        yield from found
        return
    while batch := list(islice(found, _BATCH)):
        told = marks([text_of(one.values) if isinstance(one, Task) else "" for one in batch])
        for one, what in zip(batch, told, strict=True):
            yield Rejected("contaminated", one.files[0], what) if what and isinstance(one, Task) else one


def _distinct(found: Iterator[Found]) -> Iterator[Found]:
    """Rejects tasks that say the same as one before them."""
    seen: set[bytes] = set()
    for one in found:
        if isinstance(one, Task):
            key = hashlib.sha256(text_of(one.values).encode()).digest()
            if key in seen:
                yield Rejected("duplicate", one.files[0])
                continue
            seen.add(key)
        yield one


def text_of(values: Any) -> str:
    """All that a model sees of a task and learns from it."""
    return "\n".join(
        str(values[name])
        for name in ("text", "prompt", "completion", "chosen", "rejected")
        if values.get(name)
    )
