"""What the classifier sees of a text: its words and signs, alone, in pairs and in threes, as numbers.

A word is a run of letters, digits and underscores that begins with no digit (its first 20 bytes count); a number is
one sign whatever its digits; every other byte that is no white space is a sign of its own. The start of a line counts
as a sign before its first word, and a word that ends a line is seen once more as such. The shape of a text is seen
in fours, where all words are one and all numbers are one. Each of these is a 32-bit
hash: a table of weights needs no words in it, and holds no text of anybody.
"""

from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

HEAD_BYTES: Final = 16 * 1024
"""How much of a text is looked at."""

_WORD_BYTES = 20
_PER_TOKEN = 5
_SHAPE_MASK = 0xFFFFFFFF

_NUMBER, _LETTER, _SPACE, _LINE, _SIGN = 0, 1, 2, 3, 4


def _classes() -> npt.NDArray[np.uint8]:
    kinds = np.full(256, _SIGN, np.uint8)
    kinds[[ord(c) for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"]] = _LETTER
    kinds[[ord(c) for c in "0123456789"]] = _NUMBER
    kinds[[ord(c) for c in " \t\v\f"]] = _SPACE
    kinds[[ord(c) for c in "\r\n"]] = _LINE
    return kinds


_KINDS = _classes()


@numba.njit("uint64(uint64, uint64)", cache=True, inline="always")
def _mixed(state: Any, value: Any) -> Any:
    state = (state ^ value) * np.uint64(0x9E3779B97F4A7C15)
    return state ^ (state >> np.uint64(29))


@numba.njit(cache=True)
def _hash_features(text: Any, kinds: Any, out: Any) -> int:
    """Writes a hash for each feature of a text, in their order; returns how many there are."""
    line = np.uint64(0x51ED270B)
    none = np.uint64(0)
    before, last = none, line
    shape = np.uint64(1)
    n = 0
    at = 0
    end = len(text)
    while at < end:
        kind = kinds[text[at]]
        if kind == _SPACE:
            at += 1
            continue
        if kind == _LINE:
            if last != line:
                out[n] = np.uint32(_mixed(_mixed(np.uint64(4), last), none) >> np.uint64(32))
                n += 1
                shape = (shape << np.uint64(8)) | np.uint64(1)
            before, last = none, line
            at += 1
            continue
        token = np.uint64(kind) + np.uint64(0xC0FFEE)
        if kind == _SIGN:
            token = _mixed(token, np.uint64(text[at]))
            at += 1
        else:
            start = at
            while at < end and (kinds[text[at]] == kind or (kind == _LETTER and kinds[text[at]] == _NUMBER)):
                if kind == _LETTER and at - start < _WORD_BYTES:
                    token = _mixed(token, np.uint64(text[at]))
                at += 1
            token = _mixed(token, np.uint64(7))
        out[n] = np.uint32(_mixed(_mixed(np.uint64(1), token), none) >> np.uint64(32))
        pair = _mixed(_mixed(np.uint64(2), last), token)
        out[n + 1] = np.uint32(_mixed(pair, none) >> np.uint64(32))
        n += 2
        shape = (shape << np.uint64(8)) | (np.uint64(text[at - 1]) if kind == _SIGN else np.uint64(2 + kind))
        out[n] = np.uint32(
            _mixed(_mixed(np.uint64(5), shape & np.uint64(_SHAPE_MASK)), none) >> np.uint64(32)
        )
        n += 1
        if before != none:
            out[n] = np.uint32(_mixed(_mixed(_mixed(np.uint64(3), before), last), token) >> np.uint64(32))
            n += 1
        before, last = last, token
    return n


def feature_hashes(text: bytes) -> npt.NDArray[np.uint32]:
    """Hashes of the features of a text's head, one for each time that a feature occurs."""
    head = np.frombuffer(text[:HEAD_BYTES], np.uint8)
    out = np.empty(_PER_TOKEN * len(head) + _PER_TOKEN, np.uint32)
    return out[: _hash_features(head, _KINDS, out)]
