"""What a build would read and need, told before anything is downloaded or written."""

import glob
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.config.recipe import Recipe
from tilth.config.sources import ArchiveSource, FolderSource, GitSource, PackageSource, ParquetSource
from tilth.errors import UserError
from tilth.records import Refusal
from tilth.report.numbers import count, duration, size
from tilth.store.layout import Store

TEXT_BYTES_PER_SECOND = 25e6
"""Measured on one core of a small server (benchmarks/build.py); a plan's time is an estimate, not a promise."""
STORE_FRACTION, RELEASE_FRACTION = 0.45, 0.25
"""Disk taken for each byte read: packs and facts, and the release."""
UNPACKED_FACTOR = 4
"""Bytes in a packed archive for each byte of it, for an estimate."""


@dataclass(slots=True)
class _Sum:
    units: int = 0
    files: int = 0
    num_bytes: int = 0
    to_fetch: int = 0
    refused: int = 0


def plan(recipe: Recipe, into: Path, store: Store) -> dict[str, Any]:
    """Units, files and bytes that are known without a download; what must be fetched first; disk and time needed.

    Raises:
        UserError: A source names what is not there.
    """
    found = _Sum()
    for source in recipe.sources:
        if isinstance(source, GitSource):
            _git(source, store, found)
        elif isinstance(source, PackageSource):
            found.to_fetch += len(source.packages) + _lines(source.list)
        elif isinstance(source, FolderSource):
            _folders(source, found)
        else:
            _files(source, found)
    needed = int(found.num_bytes * (STORE_FRACTION + RELEASE_FRACTION))
    free = shutil.disk_usage(_existing(store.root)).free
    cores = len(os.sched_getaffinity(0))
    return {
        "recipe": f"{recipe.name} {recipe.version}",
        "into": str(into),
        "store": str(store.root),
        "units": count(found.units),
        "to_fetch_first": count(found.to_fetch),
        "refused": count(found.refused),
        "files": count(found.files),
        "bytes": size(found.num_bytes),
        "disk_needed_at_most": size(needed),
        "disk_free": size(free),
        "fits": needed < free,
        "expected_time": f"about {duration(found.num_bytes / TEXT_BYTES_PER_SECOND / cores)} on {cores} cores",
    }


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path


def _lines(path: str | None) -> int:
    if not path:
        return 0
    try:
        text = Path(path).expanduser().read_bytes()
    except OSError as error:
        raise UserError(
            f"the list `{path}` cannot be read: {error.strerror}", hint="check the path"
        ) from error
    return sum(1 for line in text.splitlines() if line.strip())


def _git(source: GitSource, store: Store, found: _Sum) -> None:
    from tilth.data.sources.git.lists import is_url, targets
    from tilth.data.sources.git.resolve import resolve
    from tilth.data.sources.git.tree import list_tree

    named = [target.location for target in targets(source)]
    here = [location for location in named if not is_url(location)]
    found.to_fetch += len(named) - len(here)
    if not here:
        return
    # What the list says of single repositories does not matter for a count.
    local = source.model_copy(update={"repositories": tuple(dict.fromkeys(here)), "list": None})
    for unit in resolve(local, store.mirrors):
        if isinstance(unit, Refusal):
            found.refused += 1
            continue
        entries = [entry for entry in list_tree(unit) if entry.refused is None]
        found.units += 1
        found.files += len(entries)
        found.num_bytes += sum(max(entry.size, 0) for entry in entries)


def _folders(source: FolderSource, found: _Sum) -> None:
    for pattern in source.paths:
        for folder in _named(pattern, "folder"):
            found.units += 1
            for root, _, names in os.walk(folder):
                found.files += len(names)
                found.num_bytes += sum(os.lstat(os.path.join(root, name)).st_size for name in names)


def _named(pattern: str, what: str) -> list[str]:
    # A path that is there stands for itself, whatever signs are in its name.
    plain = os.path.expanduser(pattern.removeprefix("file://"))
    names = [plain] if os.path.exists(plain) else sorted(glob.glob(plain, recursive=True))
    if not names:
        raise UserError(f"`{pattern}` names no {what}", hint="check the path; a glob may use *, ? and **")
    return names


def _files(source: ArchiveSource | ParquetSource, found: _Sum) -> None:
    for pattern in source.paths:
        if "://" in pattern and not pattern.startswith("file://"):
            found.to_fetch += 1
            continue
        for path in _named(pattern, "file"):
            found.units += 1
            found.num_bytes += os.stat(path).st_size * UNPACKED_FACTOR
