"""The walks that find benchmarks in texts: whole items, and runs of words that items have.

Both look every window of a text up in one table of hashes, so the cost is that of one pass over the text, however many
items there are; only what meets the table is looked at closer.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.contamination.words import key_of, rolled, signs_into
from tilth.data.facts.kernels import Bytes, Counts, kernel, part
from tilth.data.facts.shingles import Hashes

Numbers = npt.NDArray[np.int32]

WINDOW_SIGNS: Final = 32
"""Signs (bytes without white space) by which whole items are looked for: an item has at least as many."""
SPREAD: Final = 2
"""A copy's runs of words lie within this many times the words of the item."""
_ONE = np.uint64(1)
_FIELDS: Final = 5


def table_of(keys: Hashes) -> tuple[Hashes, Numbers]:
    """A table in which `_found` finds the place of each of some keys, distinct and none of them 0."""
    slots = 64
    while slots < 4 * len(keys):
        slots *= 2
    return _filled(keys, slots)


@kernel("Tuple((uint64[::1], int32[::1]))(uint64[::1], int64)")
def _filled(keys: Hashes, slots: int) -> tuple[Hashes, Numbers]:
    table, places = np.zeros(slots, np.uint64), np.zeros(slots, np.int32)
    mask = np.uint64(slots - 1)
    for at in range(len(keys)):
        slot = (keys[at] >> _ONE) & mask
        while table[slot] != 0:
            slot = (slot + _ONE) & mask
        table[slot], places[slot] = keys[at], at
    return table, places


@part
def _found(table: Hashes, places: Numbers, key: np.uint64) -> int:
    """The place of a key, -1 where it is not there."""
    mask = np.uint64(len(table) - 1)
    slot = (key >> _ONE) & mask
    while table[slot] != 0:
        if table[slot] == key:
            return int(places[slot])
        slot = (slot + _ONE) & mask
    return -1


@part
def _room_for_one(rows: Counts, count: int) -> Counts:
    if count < len(rows):
        return rows
    more = np.empty((2 * len(rows), _FIELDS), np.int64)
    more[:count] = rows
    return more


@kernel(
    "int64[:, ::1](Array(uint8, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True), uint8[::1], int64[::1], "
    "int64[::1], uint64[::1], int32[::1], int64[::1], int32[::1], uint64)"
)
def whole_items(
    data: Bytes,
    starts: Counts,
    signs: Bytes,
    begins: Counts,
    windows: Counts,
    table: Hashes,
    places: Numbers,
    chains: Counts,
    chained: Numbers,
    leaving: np.uint64,
) -> Counts:
    """Items that stand in documents from end to end, white space and case aside.

    Args:
        data: UTF-8 documents back to back.
        starts: [n + 1] Where each begins, and where the last one ends.
        signs: The items' signs back to back; one window of each is in the table.
        begins: [i + 1] Where each item begins there.
        windows: [i] Where in the item its window begins.
        table: Hashes of these windows, with `places`: see `table_of`.
        places: Beside `table`.
        chains: [k + 1] For each window, which of `chained` are the items that have it.
        chained: Numbers of items.
        leaving: `power_of(WINDOW_SIGNS)`.

    Returns:
        [m, 5] Document, item, 0, and the first and last byte in `data` of the first place of each pair.
    """
    longest = 0
    for number in range(len(starts) - 1):
        longest = max(longest, starts[number + 1] - starts[number])
    text, stood = np.empty(longest, np.uint8), np.empty(longest, np.int32)
    last = np.full(len(begins), -1)
    rows, count = np.empty((64, _FIELDS), np.int64), 0
    for number in range(len(starts) - 1):
        length = signs_into(data, starts[number], starts[number + 1], text, stood)
        value = np.uint64(0)
        for at in range(length):
            leaves = np.uint64(text[at - WINDOW_SIGNS]) if at >= WINDOW_SIGNS else np.uint64(0)
            value = rolled(value, np.uint64(text[at]), leaves, leaving)
            if at < WINDOW_SIGNS - 1:
                continue
            place = _found(table, places, key_of(value))
            if place < 0:
                continue
            for each in range(chains[place], chains[place + 1]):
                item = chained[each]
                begin, size = begins[item], begins[item + 1] - begins[item]
                first = at + 1 - WINDOW_SIGNS - windows[item]
                if last[item] == number or first < 0 or first + size > length:
                    continue
                same = 0
                while same < size and text[first + same] == signs[begin + same]:
                    same += 1
                if same == size:
                    last[item] = number
                    rows = _room_for_one(rows, count)
                    rows[count, 0], rows[count, 1], rows[count, 2] = number, item, 0
                    rows[count, 3] = starts[number] + stood[first]
                    rows[count, 4] = starts[number] + stood[first + size - 1]
                    count += 1
    return rows[:count].copy()


@part
def _densest(
    grams: Numbers, ats: Numbers, count: int, own: Numbers, most: int, inside: Numbers, width: int
) -> tuple[int, int, int]:
    """Most distinct runs of an item's `own` within `width` words, and the first and last word of them.

    A document has `most` of them in all: once so many lie together, no other place has more.

    `inside` counts each run in the window, -1 for one that is not the item's; it is given back as it came.
    """
    for gram in own:
        inside[gram] = 0
    best = first = last = distinct = left = 0
    for right in range(count):
        if inside[grams[right]] < 0:
            continue
        inside[grams[right]] += 1
        distinct += inside[grams[right]] == 1
        while ats[right] - ats[left] > width or inside[grams[left]] < 0:
            if inside[grams[left]] >= 0:
                inside[grams[left]] -= 1
                distinct -= inside[grams[left]] == 0
            left += 1
        if distinct > best:
            best, first, last = distinct, ats[left], ats[right]
            if best == most:
                break
    for gram in own:
        inside[gram] = -1
    return best, first, last


@kernel(
    "int64[:, ::1](uint64[::1], int64[::1], int64, uint64, uint64[::1], int32[::1], int64[::1], int32[::1], "
    "int64[::1], int32[::1], int64[::1], int64[::1])"
)
def shared_runs(
    words: Hashes,
    documents: Counts,
    length: int,
    leaving: np.uint64,
    table: Hashes,
    places: Numbers,
    posts: Counts,
    posted: Numbers,
    owns: Counts,
    owned: Numbers,
    widths: Counts,
    needs: Counts,
) -> Counts:
    """Items of which documents have enough distinct runs of `length` words close together.

    Args:
        words: Hashes of the words of all documents.
        documents: [n + 1] Which words are each document's.
        length: Words of a run.
        leaving: `power_of(length)`.
        table: Hashes of the items' distinct runs, with `places`: see `table_of`.
        places: Beside `table`.
        posts: [g + 1] For each run, which of `posted` are the items that have it.
        posted: Numbers of items.
        owns: [i + 1] For each item, which of `owned` are its runs.
        owned: Numbers of runs.
        widths: [i] How many words apart they may lie.
        needs: [i] How many distinct ones are enough; 0 where the item is not looked for.

    Returns:
        [m, 5] Document, item, distinct runs, and the first word of the first and the last of them.
    """
    longest = 0
    for number in range(len(documents) - 1):
        longest = max(longest, documents[number + 1] - documents[number])
    grams, ats = np.empty(longest, np.int32), np.empty(longest, np.int32)
    seen, inside = np.full(len(posts), -1), np.full(len(posts), -1, np.int32)
    met, counts = np.full(len(owns), -1), np.zeros(len(owns), np.int64)
    touched = np.empty(len(owns), np.int32)
    rows, num_rows = np.empty((64, _FIELDS), np.int64), 0
    for number in range(len(documents) - 1):
        begin, end = documents[number], documents[number + 1]
        value, hits, num_touched = np.uint64(0), 0, 0
        for at in range(begin, end):
            leaves = words[at - length] if at - begin >= length else np.uint64(0)
            value = rolled(value, words[at], leaves, leaving)
            gram = _found(table, places, key_of(value)) if at - begin >= length - 1 else -1
            if gram < 0:
                continue
            grams[hits], ats[hits] = gram, at - begin
            hits += 1
            if seen[gram] == number:
                continue
            seen[gram] = number
            for each in range(posts[gram], posts[gram + 1]):
                item = posted[each]
                if met[item] != number:
                    met[item], counts[item] = number, 0
                    touched[num_touched] = item
                    num_touched += 1
                counts[item] += 1
        for item in touched[:num_touched]:
            if needs[item] == 0 or counts[item] < needs[item]:
                continue
            own = owned[owns[item] : owns[item + 1]]
            best, first, last = _densest(grams, ats, hits, own, counts[item], inside, widths[item])
            if best >= needs[item]:
                rows = _room_for_one(rows, num_rows)
                rows[num_rows, 0], rows[num_rows, 1], rows[num_rows, 2] = number, item, best
                rows[num_rows, 3], rows[num_rows, 4] = begin + first - (length - 1), begin + last
                num_rows += 1
    return rows[:num_rows].copy()
