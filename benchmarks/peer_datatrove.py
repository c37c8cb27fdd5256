"""datatrove's local executor with its nearest equal steps: read rows, quality rules, exact duplicates, zstd parquet.

datatrove has no code filters, no language, no licence and no encoding step; the quality rules of the StarCoder2 paper
are given to its LambdaFilter in plain Python, as its users write them.

    python benchmarks/peer_datatrove.py ROWS_FOLDER WORK_FOLDER
"""

import re
import sys
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.exact_dedup import (
    ExactDedupConfig,
    ExactDedupFilter,
    ExactDedupSignature,
    ExactFindDedups,
)
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter

ENCODED = [
    re.compile(r"[a-zA-Z0-9+/\n=]{64,}"),
    re.compile(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}"),
    re.compile(r"(?:\\u[0-9a-fA-F]{4}){8,}"),
]


def text_of(document: Document) -> str:
    """What is hashed."""
    return document.text


def is_good(document: Document) -> bool:
    """The rules on lines, letters and encoded data."""
    text = document.text
    lines = text.splitlines()
    if len(lines) > 100_000 or not text:
        return False
    lengths = [len(line) for line in lines] or [0]
    if max(lengths) > 1000 or sum(lengths) / len(lengths) > 100:
        return False
    if sum(map(str.isalpha, text)) < 0.25 * len(text):
        return False
    for pattern in ENCODED:
        found = [len(match.group()) for match in pattern.finditer(text)]
        if found and (max(found) > 1024 or sum(found) > 0.5 * len(text)):
            return False
    return True


def main(rows: str, work: str) -> None:
    """Three executors, one task and one worker each."""
    config = ExactDedupConfig(content_getter=text_of)
    folder = Path(work)

    def reader() -> ParquetReader:
        return ParquetReader(rows, text_key="content", id_key="content_id", read_metadata=True)

    stages = [
        [reader(), ExactDedupSignature(str(folder / "signatures"), config)],
        [ExactFindDedups(str(folder / "signatures"), str(folder / "duplicates"), config)],
        [
            reader(),
            ExactDedupFilter(str(folder / "duplicates"), config),
            LambdaFilter(is_good),
            ParquetWriter(str(folder / "out"), compression="zstd"),
        ],
    ]
    for number, stage in enumerate(stages):
        LocalPipelineExecutor(stage, tasks=1, workers=1, logging_dir=str(folder / f"log{number}")).run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
