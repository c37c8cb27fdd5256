r"""Word 5-grams of text as 64-bit numbers: what near-duplicates are measured by.

The text is lower-cased and split at every character that is no letter, digit or underscore (Python's ``\W``), so that
two such characters side by side have an empty word between them; five words in a row are a shingle. This is the
definition of The Stack's near-deduplication (BigCode, 2022 to 2024), kept so that figures compare. A text of fewer than
five words has no shingle.

A set of shingles has a signature: Dahlgaard, Knudsen, Thorup, "Fast Similarity Sketching" (FOCS 2017,
arXiv:1704.04370), section 2. In a round every element falls into a random slot, whose least value counts, and what is
empty after a round is filled by the next; after as many rounds as there are slots come rounds that fill one slot each.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Bytes, Counts, decode, kernel, part
from tilth.data.facts.minhash import SLOTS

WORDS: Final = 5
"""Words of a shingle."""

Hashes = npt.NDArray[np.uint64]
Points = npt.NDArray[np.uint32]

_WIDE = 255
# The two characters that `str.lower` does not map to one character wherever they stand.
_SPECIAL = ("\u0130".encode(), "\u03a3".encode())


def _power(base: np.uint64, exponent: int) -> np.uint64:
    return np.uint64(pow(int(base), exponent, 2**64))


_WORD_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_ROLL = np.uint64(0xD1342543DE82EF95)
_ROLL_OUT = _power(_ROLL, WORDS + 1)
_ONE, _S29, _S33 = np.uint64(1), np.uint64(29), np.uint64(33)
_EMPTY, _VALUE = np.uint64(2**64 - 1), np.uint64(2**56 - 1)
_TOP, _BYTE = np.uint64(56), np.uint64(255)
_MIX_1, _MIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)


def _byte_table() -> Bytes:
    """For each byte: 0 where it ends a word, 255 where it begins a longer character, else itself in lower case."""
    table = np.full(256, _WIDE, dtype=np.uint8)
    for byte in range(128):
        character = chr(byte)
        table[byte] = ord(character.lower()) if character.isalnum() or character == "_" else 0
    return table


_BYTES = _byte_table()


@cache
def word_characters() -> Points:
    """For each code point: 0 where it ends a word, else its lower case, by the running Python's Unicode."""
    points = np.arange(0x110000, dtype=np.uint32)
    characters = points.view("U1")
    lower = np.char.lower(characters).astype("U1").view(np.uint32)
    table = np.where(np.char.isalnum(characters) | (points == ord("_")), lower, 0).astype(np.uint32)
    table.flags.writeable = False
    return table


def laid(texts: Sequence[bytes]) -> tuple[Bytes, Counts]:
    """Texts in UTF-8 back to back, and where each begins; in lower case where a text needs `str.lower` itself."""
    data = np.frombuffer(b"".join(texts), np.uint8)
    if _has_special(data):
        texts = [
            text.decode().lower().encode() if any(special in text for special in _SPECIAL) else text
            for text in texts
        ]
        data = np.frombuffer(b"".join(texts), np.uint8)
    return data, np.cumsum([0, *map(len, texts)], dtype=np.int64)


@kernel("boolean(Array(uint8, 1, 'C', readonly=True))")
def _has_special(data: Bytes) -> bool:
    """Whether a character of `_SPECIAL` is there; `in` would keep all other threads waiting."""
    found = np.uint8(0)
    for at in range(len(data) - 1):
        lead, tail = data[at], data[at + 1]
        found |= np.uint8((lead == 0xC4) & (tail == 0xB0)) | np.uint8((lead == 0xCE) & (tail == 0xA3))
    return bool(found)


@part
def mixed(value: np.uint64) -> np.uint64:
    """The finaliser of MurmurHash3: every bit of the value changes every bit of the result."""
    value = (value ^ (value >> _S33)) * _MIX_1
    value = (value ^ (value >> _S33)) * _MIX_2
    return value ^ (value >> _S33)


@part
def word_part(data: Bytes, at: int, wide: Points) -> tuple[np.uint64, int]:
    """The character of a word that stands at `at`, 0 where none does; and its length in bytes."""
    value = _BYTES[data[at]]
    if value != _WIDE:
        return np.uint64(value), 1
    point, length = decode(data, at)
    return np.uint64(wide[point]), length


@part
def shingles_into(data: Bytes, start: int, stop: int, wide: Points, out: Hashes) -> int:
    """Writes the hash of each shingle in turn, as often as it occurs, none of them 0; gives how many."""
    first = second = third = fourth = fifth = np.uint64(0)
    word = rolled = np.uint64(0)
    num_words = 0
    at = start
    while at <= stop:
        character, length = np.uint64(0), 1
        if at < stop:
            character, length = word_part(data, at, wide)
        at += length
        if character:
            word = (word + character) * _WORD_MULTIPLIER
            word ^= word >> _S29
            continue
        rolled = (rolled + word) * _ROLL - first * _ROLL_OUT
        first, second, third, fourth, fifth = second, third, fourth, fifth, word
        word = np.uint64(0)
        num_words += 1
        if num_words >= WORDS:
            out[num_words - WORDS] = mixed(rolled) | _ONE
    return max(num_words - WORDS + 1, 0)


@part
def distinct(hashes: Hashes, count: int, table: Hashes) -> int:
    """Moves the first of each hash to the front, in order; gives how many. `table` has at least twice as many slots."""
    slots = 64
    while slots < 2 * count:
        slots *= 2
    table[:slots] = 0
    mask = np.uint64(slots - 1)
    kept = 0
    for at in range(count):
        value = hashes[at]
        slot = (value >> _ONE) & mask
        while table[slot] != 0 and table[slot] != value:
            slot = (slot + _ONE) & mask
        if table[slot] == 0:
            table[slot] = value
            hashes[kept] = value
            kept += 1
    return kept


@part
def _fill(hashes: Hashes, count: int, least: Hashes, slots: Bytes) -> None:
    """Puts the signature of `count` distinct shingles, at least one, into `slots`."""
    for turn in range(2 * SLOTS):
        salt = _WORD_MULTIPLIER * np.uint64(turn)
        least[:] = _EMPTY
        for at in range(count):
            value = mixed(hashes[at] + salt)
            slot = value >> _TOP if turn < SLOTS else np.uint64(turn - SLOTS)
            if value & _VALUE < least[slot]:
                least[slot] = value & _VALUE
        # Only what earlier rounds left empty takes a value; the second half of `slots` says what is filled.
        left = 0
        for at in range(SLOTS):
            if slots[SLOTS + at] == 0:
                if least[at] != _EMPTY:
                    slots[at] = mixed(least[at] + salt) & _BYTE
                    slots[SLOTS + at] = 1
                else:
                    left += 1
        if left == 0:
            return


@kernel(
    "Tuple((int32[::1], int64[::1], uint8[:, ::1]))(Array(uint8, 1, 'C', readonly=True), "
    "Array(int64, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True))"
)
def sketches(
    data: Bytes, starts: Counts, wide: Points
) -> tuple[npt.NDArray[np.int32], Counts, npt.NDArray[np.uint8]]:
    """Sizes of the sets of distinct shingles, a hash of each set, and the signatures.

    Args:
        data: UTF-8 documents back to back.
        starts: [n + 1] Where each begins, and where the last one ends.
        wide: `word_characters()`.

    Returns:
        [n], [n] and [n, 256]; zeros for a document without a shingle.
    """
    num = len(starts) - 1
    longest = 0
    for at in range(num):
        longest = max(longest, starts[at + 1] - starts[at])
    hashes = np.empty(longest + 1, np.uint64)
    slots = 64
    while slots < 2 * (longest + 1):
        slots *= 2
    table = np.empty(slots, np.uint64)
    least = np.empty(SLOTS, np.uint64)
    filled = np.empty(2 * SLOTS, np.uint8)
    sizes = np.zeros(num, np.int32)
    ids = np.zeros(num, np.int64)
    signatures = np.zeros((num, SLOTS), np.uint8)
    for at in range(num):
        count = distinct(hashes, shingles_into(data, starts[at], starts[at + 1], wide, hashes), table)
        if count == 0:
            continue
        sizes[at] = count
        total = np.uint64(0)
        for each in range(count):
            total += hashes[each] * hashes[each] * _WORD_MULTIPLIER ^ hashes[each]
        ids[at] = np.int64(mixed(total))
        filled[:] = 0
        _fill(hashes, count, least, filled)
        signatures[at] = filled[:SLOTS]
    return sizes, ids, signatures


@kernel("uint8[:, ::1](uint64[::1], int64[::1])")
def signatures_of_sets(sets: Hashes, begins: Counts) -> npt.NDArray[np.uint8]:
    """[n, 256] Signatures of sets of distinct numbers that lie back to back; zeros for an empty set."""
    least = np.empty(SLOTS, np.uint64)
    filled = np.empty(2 * SLOTS, np.uint8)
    signatures = np.zeros((len(begins) - 1, SLOTS), np.uint8)
    for at in range(len(signatures)):
        count = begins[at + 1] - begins[at]
        if count:
            filled[:] = 0
            _fill(sets[begins[at] : begins[at + 1]], count, least, filled)
            signatures[at] = filled[:SLOTS]
    return signatures
