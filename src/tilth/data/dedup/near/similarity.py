"""The exact similarity of pairs: Jaccard of their sets of shingles, none left to an estimate."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from tilth.data.dedup.near.bands import Indices, Sizes
from tilth.data.facts.kernels import Bytes, Counts, kernel, part
from tilth.data.facts.shingles import Hashes, Points, distinct, laid, shingles_into, word_characters

SHINGLES_AT_ONCE = 1 << 22
"""Shingles that are held at a time: 32 MiB."""

# Bytes that may end a word: part of a longer character, or nothing of a word.
_ENDS = np.array([not (chr(byte).isalnum() or chr(byte) == "_") or byte > 127 for byte in range(256)])

Texts = Callable[[Indices], Sequence[bytes]]
"""Gives the texts of some files in UTF-8."""


def similarities(
    pairs: Indices,
    sizes: Sizes,
    texts: Texts,
    threshold: float,
    *,
    threads: int = 1,
    held: int = SHINGLES_AT_ONCE,
) -> npt.NDArray[np.float64]:
    """Jaccard similarity of each pair; 0 for one below the threshold, which is not counted to its end.

    Args:
        pairs: [m, 2] Numbers of files.
        sizes: [n] Number of distinct shingles of each file.
        texts: Where the texts are; asked by several threads.
        threshold: The least similarity that matters.
        threads: Threads that compute at the same time.
        held: Shingles that all of them hold at a time, where one pair does not need more.
    """
    found = np.zeros(len(pairs))

    def compare(chosen: Indices) -> None:
        files, at = np.unique(pairs[chosen], return_inverse=True)
        found[chosen] = compared(texts(files), at.reshape(-1, 2), threshold)

    component = components([pairs], len(sizes))
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(compare, parts(pairs, component, sizes, held // threads)):
            pass
    return found


def compared(texts: Sequence[bytes], pairs: Indices, threshold: float) -> npt.NDArray[np.float64]:
    """Jaccard similarity of pairs of some texts in UTF-8; 0 for one below the threshold.

    Args:
        texts: [n]
        pairs: [m, 2] Numbers of texts, fastest with those of the same first text side by side.
        threshold: The least similarity that matters.
    """
    return compared_sets(*sets_of(texts), pairs, threshold)


def sets_of(texts: Sequence[bytes]) -> tuple[Hashes, Counts]:
    """The sets of shingles of texts in UTF-8, back to back, and where each begins; last, where the last one ends."""
    return _sets(*laid(texts), word_characters())


def compared_sets(sets: Hashes, begins: Counts, pairs: Indices, threshold: float) -> npt.NDArray[np.float64]:
    """Jaccard similarity of pairs of sets of numbers, none of them 0; 0 for one below the threshold.

    Args:
        sets: The sets, each of distinct numbers, back to back.
        begins: [n + 1] Where each begins, and where the last one ends.
        pairs: [m, 2] Numbers of sets.
        threshold: The least similarity that matters.
    """
    return _compare(np.ascontiguousarray(pairs, np.int64), begins, sets, threshold)


def parts(pairs: Indices, component: Indices, sizes: Sizes, held: int) -> Iterator[Indices]:
    """Cuts pairs so that the files of each part have no more shingles than `held`, files that meet side by side.

    Args:
        pairs: [m, 2] Numbers of files.
        component: [n] See `components`.
        sizes: [n] Number of distinct shingles of each file.
        held: The most that one part may hold, where one pair does not need more.

    Yields:
        [k] Numbers of pairs, those with the same first file together.
    """
    order = np.lexsort((pairs[:, 1], pairs[:, 0], component[pairs[:, 0]]))
    ends = _cuts(pairs[order], sizes, held)
    yield from (part for part in np.split(order, ends) if len(part))


def components(pairs: Iterable[Indices], count: int) -> Indices:
    """[count] For each file the least number of those that pairs join it with, directly or not."""
    leader = np.arange(count)
    for each in pairs:
        _join(each, leader)
    _lead(leader)
    return leader


@kernel("(Array(int64, 2, 'A', readonly=True), int64[::1])")
def _join(pairs: Indices, leader: Indices) -> None:
    for at in range(len(pairs)):
        first, second = pairs[at, 0], pairs[at, 1]
        while leader[first] != first:
            leader[first] = leader[leader[first]]
            first = leader[first]
        while leader[second] != second:
            leader[second] = leader[leader[second]]
            second = leader[second]
        leader[max(first, second)] = min(first, second)


@kernel("(int64[::1],)")
def _lead(leader: Indices) -> None:
    for at in range(len(leader)):
        leader[at] = leader[leader[at]]


@kernel("int64[::1](int64[:, ::1], Array(int32, 1, 'C', readonly=True), int64)")
def _cuts(pairs: Indices, sizes: Sizes, held: int) -> Indices:
    """Where new parts begin."""
    cuts = np.empty(len(pairs), np.int64)
    last = np.full(len(sizes), -1)
    count = weight = 0
    for at in range(len(pairs)):
        more = 0
        for file in pairs[at]:
            more += 0 if last[file] == count else sizes[file]
        if weight and weight + more > held:
            cuts[count] = at
            count += 1
            weight = 0
            more = sizes[pairs[at, 0]] + sizes[pairs[at, 1]]
        weight += more
        last[pairs[at, 0]] = last[pairs[at, 1]] = count
    return cuts[:count].copy()


@kernel(
    "Tuple((uint64[::1], int64[::1]))(Array(uint8, 1, 'C', readonly=True), "
    "Array(int64, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True))"
)
def _sets(data: Bytes, starts: Counts, wide: Points) -> tuple[Hashes, Counts]:
    """The sets of shingles of texts, back to back, and where each begins."""
    # Every character that ends a word begins a shingle at the most, and so does the end of a text.
    most = words = 0
    for text in range(len(starts) - 1):
        ends = 1
        for at in range(starts[text], starts[text + 1]):
            ends += _ENDS[data[at]]
        most = max(most, ends)
        words += ends
    hashes = np.empty(most, np.uint64)
    table = np.empty(4 * most + 64, np.uint64)
    sets = np.empty(words, np.uint64)
    begins = np.zeros(len(starts), np.int64)
    for text in range(len(starts) - 1):
        count = shingles_into(data, starts[text], starts[text + 1], wide, hashes)
        count = distinct(hashes, count, table)
        sets[begins[text] : begins[text] + count] = hashes[:count]
        begins[text + 1] = begins[text] + count
    return sets, begins


@part
def _place(table: Hashes, mask: np.uint64, value: np.uint64) -> np.uint64:
    """Where a value stands in a table, or would stand."""
    slot = (value >> np.uint64(1)) & mask
    while table[slot] != 0 and table[slot] != value:
        slot = (slot + np.uint64(1)) & mask
    return slot


@kernel("float64[::1](int64[:, ::1], int64[::1], uint64[::1], float64)")
def _compare(pairs: Indices, begins: Counts, sets: Hashes, threshold: float) -> npt.NDArray[np.float64]:
    found = np.empty(len(pairs))
    largest = 0
    for file in range(len(begins) - 1):
        largest = max(largest, begins[file + 1] - begins[file])
    table = np.empty(4 * largest + 64, np.uint64)
    mask = np.uint64(0)
    held = -1
    for at in range(len(pairs)):
        first, second = pairs[at, 0], pairs[at, 1]
        size, other = begins[first + 1] - begins[first], begins[second + 1] - begins[second]
        if first != held:
            slots = 64
            while slots < 2 * size:
                slots *= 2
            table[:slots] = 0
            mask = np.uint64(slots - 1)
            for each in range(begins[first], begins[first + 1]):
                table[_place(table, mask, sets[each])] = sets[each]
            held = first
        # J >= t where the intersection is at least t / (1 + t) of the two sizes together.
        misses_left = other - threshold / (1 + threshold) * (size + other) + 1e-9
        shared = 0
        for each in range(begins[second], begins[second + 1]):
            if table[_place(table, mask, sets[each])] == sets[each]:
                shared += 1
            elif each - begins[second] - shared + 1 > misses_left:
                shared = 0
                break
        found[at] = shared / (size + other - shared) if shared else 0.0
    return found
