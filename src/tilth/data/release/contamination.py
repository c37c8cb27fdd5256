"""Looks for the text of benchmarks in a finished release: its own texts are read, nothing else is needed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.contamination.index import Index
from tilth.data.facts.encoding import decode
from tilth.data.release.sealed import read_manifest
from tilth.report.progress import Progress
from tilth.store.packs import PackReader

_ROWS = 1000
_COLUMNS = ("content_id", "repo_name", "path")
LINE_CHARACTERS = 100
"""Longest piece of a line that is shown."""
Row = dict[str, Any]


def contamination(release: Path, index: Index, progress: Progress, *, threads: int = 1) -> list[Row]:
    """Every text of a benchmark that a file of a release has, in the order of the benchmarks.

    Args:
        release: Folder of the release.
        index: The benchmarks.
        progress: Where to tell how it goes.
        threads: Data files that are read at the same time.

    Returns:
        For each benchmark, item, field, method, share, repo_name, path, content_id, first_line, last_line, and the
        first of these lines.

    Raises:
        UserError: There is no release.
    """
    read_manifest(release)
    files = sorted(release.glob("data/*/*.parquet"))
    found: list[tuple[int, Row]] = []
    with (
        progress.stage("look", total=len(files), unit="files") as stage,
        ThreadPoolExecutor(threads) as pool,
    ):
        for rows in pool.map(lambda path: list(_in_file(path, index, release)), files):
            found += rows
            stage.advance(1)
    return [
        row
        for _, row in sorted(found, key=lambda pair: (pair[0], pair[1]["repo_name"] or "", pair[1]["path"]))
    ]


def _in_file(path: Path, index: Index, release: Path) -> Iterator[tuple[int, Row]]:
    file = pq.ParquetFile(path)
    inline = "content" in file.schema_arrow.names
    for batch in file.iter_batches(_ROWS, columns=[*_COLUMNS, *["content"] * inline]):
        texts = batch["content"].cast(pa.binary()).to_pylist() if inline else _packed(batch, path, release)
        for match in index.find(texts):
            item, text = index.items[match.item], texts[match.document]
            told = {name: batch[name][match.document].as_py() for name in _COLUMNS}
            yield (
                match.item,
                {
                    "benchmark": item.benchmark,
                    "item": item.item,
                    "field": item.field,
                    "method": match.method,
                    "share": round(match.share, 4),
                    "repo_name": told["repo_name"],
                    "path": told["path"],
                    "first_line": text.count(b"\n", 0, match.begin) + 1,
                    "last_line": text.count(b"\n", 0, match.end) + 1,
                    "line": _line(text, match.begin),
                    "content_id": told["content_id"],
                },
            )


def _line(text: bytes, at: int) -> str:
    begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
    line = text[begin : len(text) if end < 0 else end].decode().strip()
    return line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}…"


def _packed(batch: pa.RecordBatch, path: Path, release: Path) -> list[bytes]:
    """The texts of rows whose contents lie beside them."""
    index = release / "contents" / path.relative_to(release / "data")
    places = {row["content_id"]: row for row in pq.read_table(index).to_pylist()}
    with PackReader(index.parent) as packs:
        rows = [places[content_id] for content_id in batch["content_id"].to_pylist()]
        raw = [
            packs.read(index.stem, row["offset"], row["packed_bytes"], row["length_bytes"]) for row in rows
        ]
    return [decode(one)[1] for one in raw]
