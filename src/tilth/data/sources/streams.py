"""The sources whose bytes come as a stream, behind one pair of functions."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tilth.config.sources import ArchiveSource, FolderSource, PackageSource, ParquetSource
from tilth.records import Entry, Refusal, Unit

StreamSource = ArchiveSource | FolderSource | PackageSource | ParquetSource


def _module(source: StreamSource) -> ModuleType:
    return importlib.import_module(f"tilth.data.sources.{source.kind}")


def resolve(source: StreamSource, cache: Path) -> Iterator[Unit | Refusal]:
    """The units of a source; packages are downloaded into `cache`."""
    yield from _module(source).resolve(source, cache)


def stream(unit: Unit, source: StreamSource) -> Iterator[tuple[Entry, bytes | None]]:
    """Every path of the unit once, with its bytes; None where the entry says why there are none."""
    yield from _module(source).stream(unit, source)
