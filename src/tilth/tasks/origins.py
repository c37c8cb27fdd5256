"""Where the rows of a folder come from: which release or task set it is, and the repositories of each row."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tilth.store.hashes import sha256_of
from tilth.tasks.task_set import MANIFEST, Reference

_RELEASE: Final = "manifest.json"
_ROWS: Final = 2000


def reference_of(path: Path) -> Reference | None:
    """The release or task set in a folder; a part that `tilth data export` wrote counts as its release."""
    where = str(path.absolute())
    if (path / MANIFEST).is_file():
        said = json.loads((path / MANIFEST).read_text("utf-8"))
        return Reference("tasks", str(said["name"]), "", sha256_of(path / MANIFEST), where)
    if (path / _RELEASE).is_file():
        said = json.loads((path / _RELEASE).read_text("utf-8"))
        return Reference("release", said["name"], said["version"], sha256_of(path / _RELEASE), where)
    if (path / "export.json").is_file():
        said = json.loads((path / "export.json").read_text("utf-8"))
        name, _, version = said["release"].rpartition(" ")
        return Reference("release", name, version, said["manifest_sha256"], where)
    return None


def stands_on(path: Path) -> list[Reference]:
    """A folder's own reference, and those of what it was made of; the nearest first."""
    own = reference_of(path)
    if own is None:
        return []
    if own.kind == "release":
        return [own]
    said = json.loads((path / MANIFEST).read_text("utf-8"))
    return [own, *(Reference(**one) for one in said["stands_on"])]


def rows_by_origin(
    path: Path, *, language: str | None = None, used: Sequence[int] | None = None
) -> Counter[str]:
    """How many rows of a release or a task set have text of each origin.

    Args:
        path: Its folder.
        language: Folder of a release's language; all by default.
        used: Numbers of the rows that count, in the order of the files; all by default.
    """
    found: Counter[str] = Counter()
    wanted = None if used is None else Counter(used)
    for number, origins in enumerate(_origins(path, language)):
        times = 1 if wanted is None else wanted[number]
        for origin in origins:
            found[origin] += times
    return Counter({origin: number for origin, number in sorted(found.items()) if number})


def _origins(path: Path, language: str | None) -> Iterator[set[str]]:
    for file in sorted((path / "data").glob("*.parquet")) or sorted(
        (path / "data").glob(f"{language or '*'}/*.parquet")
    ):
        parquet = pq.ParquetFile(file)
        is_tasks = "files" in parquet.schema_arrow.names
        column = "files" if is_tasks else "origin"
        for batch in parquet.iter_batches(_ROWS, columns=[column]):
            for value in batch[column].to_pylist():
                yield {one["origin"] for one in value} if is_tasks else {value}
