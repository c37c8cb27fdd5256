"""Words as compiled code looks for them in bytes: in any case, all at once."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
LOWER = np.arange(256, dtype=np.uint8)
LOWER[65:91] += 32


def spelled(some: tuple[str, ...]) -> Words:
    """Words, in lower case and in their order: back to back, where each begins, which may begin with a byte.

    Last, which pairs of bytes (their low five bits, which say nothing of their case) may begin one: a byte of a text
    is looked at once where no word begins.
    """
    text = [word.encode() for word in some]
    begins = np.zeros(257, np.int64)
    pairs = np.zeros(1 << 10, np.bool_)
    for number, word in enumerate(text, 1):
        begins[word[0] + 1] = number
        first = (word[0] & 31) << 5
        pairs[first | (word[1] & 31) if len(word) > 1 else slice(first, first + 32)] = True
    return (
        np.frombuffer(b"".join(text), np.uint8),
        np.cumsum([0, *map(len, text)]),
        np.maximum.accumulate(begins),
        pairs,
    )


@njit(nogil=True)
def stands(data: Any, at: int, size: int, text: Any, word: int) -> bool:
    """Whether a word of `size` bytes, which begins at `word` in `text`, stands at a place, in any case."""
    for step in range(size):
        if LOWER[data[at + step]] != text[word + step]:
            return False
    return True
