"""gaoya: `MinHashStringIndex` with its own word analyser, bulk insertion and bulk query, components of what it gives.

Its words are its own: it splits at punctuation and has no empty words, and its query drops what it estimates to be
below the threshold. A text of fewer than five words is left out, as all such texts are one cluster to it.
"""

import re
from itertools import islice

from gaoya.minhash import MinHashStringIndex
from near_driver import BANDS, ROWS, WORDS, Groups, drive


def cluster(texts: list[str]) -> list[int]:
    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=0.7, num_bands=BANDS, band_size=ROWS, analyzer="word", lowercase=True,
        ngram_range=(WORDS, WORDS),
    )  # fmt: skip
    words = re.compile(r"\w+").finditer
    numbers = [number for number, text in enumerate(texts) if len(list(islice(words(text), WORDS))) == WORDS]
    index.par_bulk_insert_docs(numbers, [texts[number] for number in numbers])
    groups = Groups(len(texts))
    answers = index.par_bulk_query([texts[number] for number in numbers])
    for number, others in zip(numbers, answers, strict=True):
        for other in others:
            groups.join(number, other)
    return groups.labels()


if __name__ == "__main__":
    drive(cluster)
