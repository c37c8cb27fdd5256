r"""Texts as words and as signs alone: what is compared once layout and case are taken away.

A word is a run of letters, digits and underscores, in lower case. White space, and its escapes in strings (``\n``,
``\r``, ``\t`` behind any number of backslashes), only part words, so that an item is found in a notebook or in JSON
lines too.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Bytes, Counts, kernel, part
from tilth.data.facts.shingles import Hashes, Points, mixed, word_part

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_ROLL: Final = np.uint64(0xD1342543DE82EF95)
_S29, _ONE = np.uint64(29), np.uint64(1)
_BACKSLASH, _N, _R, _T = 92, 110, 114, 116
_SPACE, _DROPPED = np.uint8(32), np.uint8(0)


def _signs() -> Bytes:
    """For each byte: 0 where it is white space or a backslash, else itself in lower case."""
    table = np.arange(256, dtype=np.uint8)
    table[ord("A") : ord("Z") + 1] += _SPACE
    table[list(b" \t\n\v\f\r\\")] = _DROPPED
    return table


_SIGNS = _signs()
# For each byte: 0 where it ends a word, `_WIDE` where it begins a longer character, else itself in lower case.
_WIDE = 128
_KINDS = np.array(
    [ord(chr(byte).lower()) if chr(byte).isalnum() or byte == ord("_") else 0 for byte in range(128)]
    + [_WIDE] * 128,
    np.uint8,
)


@part
def _after_escape(data: Bytes, at: int, stop: int) -> int:
    """Position behind the backslashes that stand at `at`, and behind the letter of white space that follows them."""
    while at < stop and data[at] == _BACKSLASH:
        at += 1
    return at + 1 if at < stop and (data[at] == _N or data[at] == _R or data[at] == _T) else at


@kernel(
    "Tuple((uint64[::1], int64[::1], int64[::1]))(Array(uint8, 1, 'C', readonly=True), "
    "Array(int64, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True))"
)
def words_of(data: Bytes, starts: Counts, wide: Points) -> tuple[Hashes, Counts, Counts]:
    """A hash of each word of UTF-8 documents, where it begins, and which words are each document's.

    Args:
        data: The documents back to back.
        starts: [n + 1] Where each begins, and where the last one ends.
        wide: `shingles.word_characters()`.

    Returns:
        [w], [w] bytes from the start of `data`, and [n + 1] numbers of words.
    """
    room = len(data) // 2 + len(starts)
    hashes, begins = np.empty(room, np.uint64), np.empty(room, np.int64)
    documents = np.zeros(len(starts), np.int64)
    count = 0
    for number in range(len(starts) - 1):
        at, stop = starts[number], starts[number + 1]
        while at < stop:
            begin, word = at, np.uint64(0)
            # Most words are ASCII, and a loop over these alone takes half the time.
            kind = _KINDS[data[at]]
            while 0 < kind < _WIDE:
                word = (word + np.uint64(kind)) * _MULTIPLIER
                word ^= word >> _S29
                at += 1
                if at == stop:
                    break
                kind = _KINDS[data[at]]
            while at < stop and _KINDS[data[at]] != 0:
                character, length = word_part(data, at, wide)
                if character == 0:
                    break
                word = (word + character) * _MULTIPLIER
                word ^= word >> _S29
                at += length
            if at > begin:
                hashes[count], begins[count] = word, begin
                count += 1
            elif data[at] == _BACKSLASH:
                at = _after_escape(data, at, stop)
            else:
                at += word_part(data, at, wide)[1]
        documents[number + 1] = count
    return hashes[:count].copy(), begins[:count].copy(), documents


@part
def rolled(value: np.uint64, enters: np.uint64, leaves: np.uint64, leaving: np.uint64) -> np.uint64:
    """The hash of a window one step on; `leaving` is `power_of` its length."""
    return (value + enters) * _ROLL - leaves * leaving


def power_of(length: int) -> np.uint64:
    """What a member has been multiplied by once it leaves a window of `length`."""
    return np.uint64(pow(int(_ROLL), length + 1, 2**64))


@part
def key_of(value: np.uint64) -> np.uint64:
    """The hash of a window as it stands in a table, never 0."""
    return mixed(value) | _ONE


@kernel("Tuple((uint64[::1], int64[::1]))(uint64[::1], int64[::1], int64, uint64)")
def grams_of(words: Hashes, documents: Counts, length: int, leaving: np.uint64) -> tuple[Hashes, Counts]:
    """The hash of every run of `length` words within a document, as often as it occurs, and each document's first."""
    grams, begins = np.empty(len(words), np.uint64), np.zeros(len(documents), np.int64)
    count = 0
    for number in range(len(documents) - 1):
        value = np.uint64(0)
        for at in range(documents[number], documents[number + 1]):
            is_full = at - documents[number] >= length
            value = rolled(value, words[at], words[at - length] if is_full else np.uint64(0), leaving)
            if at - documents[number] >= length - 1:
                grams[count] = key_of(value)
                count += 1
        begins[number + 1] = count
    return grams[:count].copy(), begins


@part
def signs_into(data: Bytes, start: int, stop: int, out: Bytes, places: npt.NDArray[np.int32]) -> int:
    """Writes what is left of a document without white space, in lower case (ASCII), and where each byte stood."""
    count, at = 0, start
    while at < stop:
        sign = _SIGNS[data[at]]
        if sign:
            out[count], places[count] = sign, at - start
            count += 1
            at += 1
        elif data[at] == _BACKSLASH:
            at = _after_escape(data, at, stop)
        else:
            at += 1
    return count


@kernel("uint8[::1](Array(uint8, 1, 'C', readonly=True))")
def signs_of(data: Bytes) -> Bytes:
    """What is left of a text without white space, in lower case."""
    out = np.empty(len(data), np.uint8)
    count = signs_into(data, 0, len(data), out, np.empty(len(data), np.int32))
    return out[:count].copy()
