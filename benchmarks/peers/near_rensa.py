"""rensa: `RMinHash` from strings and `RMinHashLSH.query_all`, components of what it gives."""

from near_driver import BANDS, PERMUTATIONS, Groups, drive, shingles
from rensa import RMinHash, RMinHashLSH

# The index wants bands of equal length: 25 of 10 need 250 permutations of the 256.
USED = PERMUTATIONS // BANDS * BANDS


def cluster(texts: list[str]) -> list[int]:
    numbers, sketches = [], []
    for number, text in enumerate(texts):
        found = shingles(text)
        if found:
            sketch = RMinHash(num_perm=USED, seed=42)
            sketch.update(list(found))
            numbers.append(number)
            sketches.append(sketch)
    index = RMinHashLSH(threshold=0.7, num_perm=USED, num_bands=BANDS)
    index.insert_many(sketches)
    groups = Groups(len(texts))
    for number, others in zip(numbers, index.query_all(sketches), strict=True):
        for other in others:
            groups.join(number, numbers[other])
    return groups.labels()


if __name__ == "__main__":
    drive(cluster)
