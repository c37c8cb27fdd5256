"""datatrove's n-gram decontamination, at its defaults: which of some texts have a run of a benchmark's words.

    python ask_datatrove_contamination.py ITEMS.jsonl TEXTS.parquet OUT.json

Its own indexer needs lighteval and the network; what it does with an item's question and answer is done here with the
filter's own words, runs and hashes.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontFilter, NGramsDecontIndexer


def main() -> None:
    items, texts, out = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        asked = NGramsDecontFilter(folder)
        hashes: set[int] = set()
        for row in map(json.loads, items.read_text().splitlines()):
            hashes |= set(NGramsDecontIndexer.compute_hashes(asked, row["canonical_solution"], row["prompt"]))
        np.array(sorted(hashes), asked.config.hash_config.np_descr).tofile(Path(folder, "items.index.hashes"))
        asked.load_index_hashes()
        rows = pq.read_table(texts)["content"].to_pylist()
        asked.filter(Document(text="warm", id="0"))
        start = time.process_time()
        found = [asked.filter(Document(text=text, id="0")) is not True for text in rows]
        seconds = time.process_time() - start
    out.write_text(json.dumps({"found": found, "cpu_seconds": seconds}))


if __name__ == "__main__":
    main()
