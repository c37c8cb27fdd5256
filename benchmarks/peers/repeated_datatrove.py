"""datatrove: its three stages of sentence deduplication on lines, five in a row, one task and one worker each.

python repeated_datatrove.py ROWS OUT.parquet OUT.json
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    SentDedupConfig,
    SentenceDedupFilter,
    SentenceDedupSignature,
    SentenceFindDedups,
)

LINES = 5
OPTIONS = SentDedupConfig(n_sentences=LINES, split_sentences=False, min_doc_words=0, min_num_sentences=0)


class Collect(PipelineStep):
    """Writes the texts that come through, by their ids."""

    name, type = "collect", "collect"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def run(self, data, rank=0, world_size=1):  # type: ignore[no-untyped-def]
        texts = {int(document.id): document.text for document in data}
        pq.write_table(pa.table({"row": list(texts), "content": list(texts.values())}), self.path)
        yield from ()


def main() -> None:
    rows, texts_at, out = sys.argv[1:4]
    texts = pq.read_table(rows, columns=["content"], use_threads=False)["content"].to_pylist()
    documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    before = os.times()
    with tempfile.TemporaryDirectory() as name:
        signatures, found = (str(Path(name, part)) for part in ("signatures", "found"))
        stages = [
            [documents, SentenceDedupSignature(signatures, config=OPTIONS)],
            [SentenceFindDedups(signatures, found, config=OPTIONS)],
            [documents, SentenceDedupFilter(found, config=OPTIONS), Collect(texts_at)],
        ]
        for number, steps in enumerate(stages):
            log = str(Path(name, f"log{number}"))
            LocalPipelineExecutor(steps, tasks=1, workers=1, logging_dir=log, skip_completed=False).run()
    after = os.times()
    size = sum(len(text.encode()) for text in texts)
    Path(out).write_text(json.dumps({"cpu_seconds": sum(after[:4]) - sum(before[:4]), "bytes": size}))


if __name__ == "__main__":
    main()
