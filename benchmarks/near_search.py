"""How long a search takes in a release of a million files, those beyond the real ones made up: an index on disk.

    python benchmarks/near_search.py ROWS COUNT FOLDER OUT

Every question is a file of the release or forty lines of one; answers are checked: the file itself comes first, or is
what holds the snippet. The made-up rows have signatures of their own, and lie where a real text lies, so that one that
is chosen is read too.
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from near_build import build

from tilth.data.search import BATCH_ROWS, FILES, Index
from tilth.engine.local import InProcess
from tilth.report.progress import Progress
from tilth.store.layout import Store

QUESTIONS = 100
LINES = 40
LONG = 400
"""Lines of the files that are asked for, at the most: a snippet is found where it is a twentieth of its file."""


def index_of(rows: Path, count: int, folder: Path) -> Index:
    """The index of a release of the rows, with made-up ones up to `count`."""
    work = folder / "search"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    release = build(work, rows, "keep_all")
    with Progress.open("none") as progress:
        index = Index.of(release, Store(work / "store"), InProcess(), progress)
    real = np.load(index.folder / "signatures.npy")
    with pa.OSFile(str(index.folder / FILES)) as source:
        table = pa.ipc.open_file(source).read_all()
    random = np.random.default_rng(1)
    made = random.integers(0, 256, (count - len(real), real.shape[1]), np.uint8)
    np.save(index.folder / "signatures.npy", np.concatenate([real, made]))
    whole = pa.concat_tables([table, table.take(random.integers(0, len(table), len(made)))])
    with (
        pa.OSFile(str(index.folder / FILES), "wb") as sink,
        pa.ipc.new_file(sink, whole.schema) as out,
    ):
        out.write_table(whole.combine_chunks(), BATCH_ROWS)
    return index


def questions(rows: Path) -> list[tuple[str, bytes]]:
    """Ids of contents, and the whole text or a snippet of each."""
    table = pq.read_table(rows, columns=["content_id", "content"]).to_pylist()
    random = np.random.default_rng(2)
    asked = []
    for at in random.permutation(len(table)):
        lines = table[at]["content"].split("\n")
        if 3 * LINES < len(lines) <= LONG and len(asked) < QUESTIONS:
            lines = lines[LINES : 2 * LINES] if len(asked) % 2 else lines
            asked.append((table[at]["content_id"], "\n".join(lines).encode()))
    return asked


def measured(index: Index, asked: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Milliseconds of the answers, and for how many the file is the first one, or among the first ten."""
    index.nearest(asked[0][1])
    taken, first, among = [], 0, 0
    for content_id, text in asked:
        start = time.perf_counter()
        answer = index.nearest(text)
        taken.append(1000 * (time.perf_counter() - start))
        ids = [row["content_id"] for row in answer]
        first += ids[:1] == [content_id]
        among += content_id in ids
    return {
        "milliseconds_median": float(np.median(taken)),
        "milliseconds_95th": float(np.percentile(taken, 95)),
        "milliseconds_most": max(taken),
        "questions": len(asked),
        "first": first,
        "among_ten": among,
    }


def main() -> None:
    """Makes the index and asks."""
    rows, count, folder, out = sys.argv[1:]
    index = index_of(Path(rows), int(count), Path(folder))
    Path(out).write_text(json.dumps(measured(index, questions(Path(rows)))))


if __name__ == "__main__":
    main()
