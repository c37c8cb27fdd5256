"""Daft: its `minhash` expression over texts that Python has made plain, bands and components in Python.

Daft's expression splits at spaces, so lower case and a space for every other character give BigCode's words.
"""

import re
from collections.abc import Iterator

import daft
import numpy as np
from daft.functions import minhash
from near_driver import BANDS, PERMUTATIONS, ROWS, WORDS, drive, from_bands


def bands(texts: list[str]) -> Iterator[tuple[int, list[bytes]]]:
    replace = re.compile(r"\W").sub
    plain = [replace(" ", text.lower()) for text in texts]
    numbers = [number for number, text in enumerate(plain) if text.count(" ") >= WORDS - 1]
    frame = daft.from_pydict({"text": [plain[number] for number in numbers]})
    sketches = minhash(frame["text"], num_hashes=PERMUTATIONS, ngram_size=WORDS, hash_function="xxhash3_64")
    column = frame.select(sketches.alias("sketch")).to_arrow()["sketch"].combine_chunks()
    table = column.flatten().to_numpy().reshape(-1, PERMUTATIONS).astype(np.uint32)
    for number, row in zip(numbers, table, strict=True):
        yield number, [row[at : at + ROWS].tobytes() for at in range(0, BANDS * ROWS, ROWS)]


if __name__ == "__main__":
    drive(lambda texts: from_bands(bands(texts), len(texts)))
