"""Which items of benchmarks a text has: a group of facts for one index of benchmarks."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tilth.data.contamination.index import METHODS, Index
from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch

VERSION: Final = "1"
MATCHES = pa.list_(
    pa.struct(
        [
            ("item", pa.int32()),
            ("method", pa.string()),
            ("share", pa.float64()),
            ("first_line", pa.int32()),
            ("last_line", pa.int32()),
        ]
    )
)
"""Items by their number in the index, the surest first; lines from 1."""


class Group:
    """The facts of texts against one index."""

    NAME = "contamination"
    SCHEMA = pa.schema([pa.field("contamination", MATCHES, nullable=False)])

    def __init__(self, path: Path) -> None:
        unicode = f"unicode{unicodedata.unidata_version}"
        self.VERSION = f"{VERSION}-{unicode}-encoding{encoding.VERSION}-{path.stem}"
        self.index = Index.load(path)

    def compute(self, batch: Batch) -> dict[str, Any]:
        """The matches of each document; a file without text has none."""
        found: list[list[dict[str, Any]]] = [[] for _ in range(len(batch))]
        for match in self.index.find(batch.utf8):
            text = batch.utf8[match.document]
            lines = [text.count(b"\n", 0, at) + 1 for at in (match.begin, match.end)]
            told = {"item": match.item, "method": match.method, "share": match.share}
            found[match.document].append(told | dict(zip(("first_line", "last_line"), lines, strict=True)))
        for matches in found:
            matches.sort(key=lambda one: (METHODS.index(one["method"]), -one["share"], one["item"]))
        return {"contamination": found}


@cache
def group(path: str) -> Group:
    """The group for the index in a file."""
    return Group(Path(path))
