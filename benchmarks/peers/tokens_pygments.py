"""Pygments: the tokens of texts without comments and white space, hashed; one process.

    python tokens_pygments.py ROWS OUT.json

ROWS has `lexer`, the name of one of Pygments' lexers, and `content`.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Whitespace


def main() -> None:
    rows, out = sys.argv[1:3]
    table = pq.read_table(rows, use_threads=False)
    lexers = {name: get_lexer_by_name(name) for name in set(table["lexer"].to_pylist())}
    pairs = list(zip(table["lexer"].to_pylist(), table["content"].to_pylist(), strict=True))
    start = time.process_time()
    for name, text in pairs:
        digest = hashlib.sha256()
        for kind, value in lexers[name].get_tokens(text):
            if kind not in Comment and kind not in Whitespace and value.strip():
                digest.update(value.encode())
        digest.digest()
    seconds = time.process_time() - start
    size = sum(len(text.encode()) for _, text in pairs)
    Path(out).write_text(json.dumps({"cpu_seconds": seconds, "bytes": size}))


if __name__ == "__main__":
    main()
