"""datasketch: `MinHash.update_batch` with xxh32 and `MinHashLSH`, components of what its queries give."""

from datasketch import MinHash, MinHashLSH
from near_driver import BANDS, PERMUTATIONS, ROWS, Groups, drive, shingles
from xxhash import xxh32_intdigest


def cluster(texts: list[str]) -> list[int]:
    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    empty = MinHash(num_perm=PERMUTATIONS, hashfunc=xxh32_intdigest)
    groups = Groups(len(texts))
    for number, text in enumerate(texts):
        found = shingles(text)
        if not found:
            continue
        sketch = empty.copy()
        sketch.update_batch([shingle.encode() for shingle in found])
        for other in index.query(sketch):
            groups.join(number, other)
        index.insert(number, sketch, check_duplication=False)
    return groups.labels()


if __name__ == "__main__":
    drive(cluster)
