"""A text as hashes of five words in a row, the form in which licence texts are compared.

Copyright lines, one-letter words (list marks) and a final `s` are left out, since they differ among copies of
one text. After Broder, "On the resemblance and containment of documents" (1997).
"""

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.words import Words

LENGTH = 5
_KEPT_WORDS = 16_384
# Lines such as "Copyright (c) 2020 A. Author"; not the wrapped "COPYRIGHT HOLDERS BE LIABLE FOR ...".
_COPYRIGHT = re.compile(
    rb"^[^\w\n]*(?:(?:portions )?(?:copyright|copr\.?)[ :]+(?:\(c\)|\xc2\xa9|\xa9|<|\[|\d{4}|"
    rb"[^\n]{0,60}\d{4})[^\n]*|\(c\) ?\d{4}[^\n]*|\xc2\xa9[^\n]*|all rights reserved\W{0,9})$",
    re.IGNORECASE | re.MULTILINE,
)
_SPELLING = re.compile(r"licenc(e|ed|es|ing)\b")
# Comment marks made of letters (m4, batch files).
_COMMENT_WORDS = frozenset({"dnl", "rem"})
_MULTIPLIERS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Shingles:
    """Hashes of five words in a row.

    Attributes:
        keys: One hash for each run of five compared words.
        places: For each compared word, its index in the `Words` it came from.
        compared: The compared words.
    """

    keys: NDArray[np.uint32]
    places: NDArray[np.int64]
    compared: list[str]


def shingles(words: Words, data: bytes) -> Shingles:
    """The shingles of `data`, whose words are `words`."""
    listed = words.listed
    keep = [len(word) > 1 for word in listed]
    for found in _COPYRIGHT.finditer(data):
        first, last = np.searchsorted(words.starts(), found.span())
        keep[first:last] = [False] * int(last - first)
    places = [at for at, kept in enumerate(keep) if kept and listed[at] not in _COMMENT_WORDS]
    pairs = [_compared(listed[at]) for at in places]
    compared = [pair[0] for pair in pairs]
    hashes = np.array([pair[1] for pair in pairs], dtype=np.uint32)
    count = max(0, len(compared) - LENGTH + 1)
    keys = np.zeros(count, np.uint32)
    for offset in range(LENGTH):
        keys ^= hashes[offset : offset + count] * _MULTIPLIERS[offset]
        keys = (keys << np.uint32(7)) | (keys >> np.uint32(25))
    keys *= np.uint32(0x2C1B3C6D)
    keys ^= keys >> np.uint32(15)
    return Shingles(keys, np.array(places, np.int64), compared)


@lru_cache(_KEPT_WORDS)
def _compared(word: str) -> tuple[str, int]:
    """The word as it is compared, and its hash."""
    if word.startswith("licenc"):
        word = _SPELLING.sub(r"licens\1", word)
    if len(word) > 3 and word[-1] == "s":
        word = word[:-1]
    return word, zlib.crc32(word.encode())
