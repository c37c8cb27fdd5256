"""BigCode's near-deduplication as it was published for The Stack v2, restated: its steps and parameters, no line of it.

Word 5-grams by its definition, each hashed to 32 bits (xxh3), 256 permutations `(a h + b) mod p` in 32-bit NumPy
arithmetic, 25 bands of 10, and components of all that meet in a band. A text of fewer than five words has no shingle.
"""

from collections.abc import Iterator

import numpy as np
from near_driver import BANDS, PERMUTATIONS, ROWS, drive, from_bands, shingles
from xxhash import xxh3_64_intdigest

PRIME = np.uint32(2**32 - 5)
HIGHEST = 2**32 - 1

random = np.random.default_rng(42)
FACTORS = random.integers(1, int(PRIME), PERMUTATIONS, np.uint32)
TERMS = random.integers(0, int(PRIME), PERMUTATIONS, np.uint32)


def bands(texts: list[str]) -> Iterator[tuple[int, list[bytes]]]:
    for number, text in enumerate(texts):
        hashes = [xxh3_64_intdigest(shingle.encode()) & HIGHEST for shingle in shingles(text)]
        if hashes:
            values = np.array(hashes, dtype=np.uint32)[:, None]
            least = ((values * FACTORS + TERMS) % PRIME).min(axis=0)
            yield number, [least[at : at + ROWS].tobytes() for at in range(0, BANDS * ROWS, ROWS)]


if __name__ == "__main__":
    drive(lambda texts: from_bands(bands(texts), len(texts)))
