"""datatrove: its four stages of MinHash deduplication at 25 bands of 10, one task and one worker each.

Its words are its own (spaCy's English tokeniser after its normalisation). The texts are given to it from memory.
"""

import struct
import tempfile
from pathlib import Path

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from near_driver import BANDS, ROWS, WORDS, drive


def cluster(texts: list[str]) -> list[int]:
    config = MinhashConfig(n_grams=WORDS, num_buckets=BANDS, hashes_per_bucket=ROWS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        signatures, pairs, groups = (str(folder / part) for part in ("signatures", "pairs", "groups"))
        documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
        stages = [
            (1, [documents, MinhashDedupSignature(signatures, config)]),
            (BANDS, [MinhashDedupBuckets(signatures, pairs, config=config)]),
            (1, [MinhashDedupCluster(pairs, groups, config=config, save_cluster_id=True)]),
            (1, [documents, MinhashDedupFilter(groups)]),
        ]
        for number, (tasks, steps) in enumerate(stages):
            log = str(folder / f"log{number}")
            LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=log, skip_completed=False).run()
        labels = list(range(len(texts)))
        for document, group in struct.iter_unpack(
            "<2I", (folder / "groups" / "000000.clusters").read_bytes()
        ):
            labels[document] = len(texts) + group
    return labels


if __name__ == "__main__":
    drive(cluster)
