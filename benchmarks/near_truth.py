r"""The truth about near-duplicates: every pair whose Jaccard similarity is at least 0.7, none left to an estimate.

The shingles are those of BigCode's near-deduplication: lower case, split at ``\W`` with the empty words kept, five in a
row. They are made here by Python's own `re`, apart from tilth's kernels, and joined by prefix filter (Chaudhuri, Ganti,
Kaushik, "A Primitive Operator for Similarity Joins in Data Cleaning", ICDE 2006; Bayardo, Ma, Srikant, WWW 2007): two
sets that are alike share one of the few rarest elements of each.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
from numba import njit

THRESHOLD = 0.7
WORDS = 5

Numbers = npt.NDArray[np.int64]


def truth(texts: Sequence[str], cache: Path) -> tuple[Numbers, npt.NDArray[np.float64]]:
    """Pairs of texts that are alike, the lower number first, and how alike; kept in a file once found."""
    if not cache.exists():
        sets, begins = shingle_sets(texts)
        pairs, alike = _join(*_by_rarity(sets, begins), THRESHOLD)
        np.savez(cache, pairs=pairs, alike=alike, texts=len(texts))
    with np.load(cache) as found:
        if found["texts"] != len(texts):
            raise SystemExit(f"{cache} is of other texts: delete it")
        return found["pairs"], found["alike"]


def shingle_sets(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint64], Numbers]:
    """The distinct shingles of each text back to back, sorted, and where each text's begin.

    Every word has five random numbers, one for each place in a shingle; their exclusive or stands for the shingle, and
    two shingles have the same one with probability 2^-64.
    """
    sets = [np.unique(hashes) for hashes in _shingles(texts)]
    begins = np.cumsum([0, *map(len, sets)], dtype=np.int64)
    return np.concatenate(sets), begins


def _shingles(texts: Sequence[str]) -> Iterator[npt.NDArray[np.uint64]]:
    split = re.compile(r"\W").split
    vocabulary: defaultdict[str, int] = defaultdict(count().__next__)
    random = np.random.default_rng(1)
    tables = random.integers(0, 2**64, (WORDS, 1 << 16), dtype=np.uint64)
    for text in texts:
        words = np.array([vocabulary[word] for word in split(text.lower())], dtype=np.int64)
        while len(vocabulary) > tables.shape[1]:
            more = random.integers(0, 2**64, tables.shape, dtype=np.uint64)
            tables = np.concatenate([tables, more], axis=1)
        num = max(len(words) - WORDS + 1, 0)
        hashes = np.zeros(num, np.uint64)
        for place in range(WORDS):
            hashes ^= tables[place, words[place : place + num]]
        yield hashes


def _by_rarity(sets: npt.NDArray[np.uint64], begins: Numbers) -> tuple[npt.NDArray[np.int32], Numbers]:
    """The same sets as numbers of shingles, the rarest of all texts first in each."""
    _, names, counts = np.unique(sets, return_inverse=True, return_counts=True)
    place = np.empty(len(counts), np.int32)
    place[np.argsort(counts, kind="stable")] = np.arange(len(counts), dtype=np.int32)
    ranked = place[names]
    text = np.repeat(np.arange(len(begins) - 1), np.diff(begins))
    return ranked[np.lexsort((ranked, text))], begins


def _join(
    sets: npt.NDArray[np.int32], begins: Numbers, threshold: float
) -> tuple[Numbers, npt.NDArray[np.float64]]:
    order = np.argsort(np.diff(begins), kind="stable")
    room = 1 << 20
    while True:
        pairs, alike = np.empty((room, 2), np.int64), np.empty(room)
        found = _alike(sets, begins, order, threshold, pairs, alike)
        if found <= room:
            pairs = np.sort(pairs[:found], axis=1)
            by_number = np.lexsort((pairs[:, 1], pairs[:, 0]))
            return pairs[by_number], alike[:found][by_number]
        room = found


@njit(cache=True)
def _alike(sets, begins, order, threshold, pairs, alike):  # type: ignore[no-untyped-def]
    """Pairs within the threshold, by an index of the rarest elements that grows from small sets to large ones."""
    num = len(begins) - 1
    heads = np.full(sets.max() + 1, -1)
    links, owners = np.empty(len(sets), np.int64), np.empty(len(sets), np.int64)
    entries = found = 0
    met = np.full(num, -1)
    for text in order:
        size = begins[text + 1] - begins[text]
        prefix = size - int(np.ceil(threshold * size - 1e-9)) + 1 if size else 0
        for at in range(begins[text], begins[text] + prefix):
            entry = heads[sets[at]]
            while entry >= 0:
                other = owners[entry]
                entry = links[entry]
                length = begins[other + 1] - begins[other]
                if met[other] == text or length < threshold * size - 1e-9:
                    continue
                met[other] = text
                shared = 0
                one, two = begins[text], begins[other]
                while one < begins[text + 1] and two < begins[other + 1]:
                    shared += sets[one] == sets[two]
                    first, second = sets[one], sets[two]
                    one += first <= second
                    two += second <= first
                if shared >= threshold * (size + length - shared) - 1e-9:
                    if found < len(pairs):
                        pairs[found, 0], pairs[found, 1] = text, other
                        alike[found] = shared / (size + length - shared)
                    found += 1
        for at in range(begins[text], begins[text] + prefix):
            owners[entries], links[entries] = text, heads[sets[at]]
            heads[sets[at]] = entries
            entries += 1
    return found
