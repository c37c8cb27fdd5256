"""Compiled walk over texts that gives each line a hash, by which blocks of lines are found again elsewhere.

A line is its bytes but for white space, so that a block is the same whatever its indentation and its line ends. A line
without a letter, a digit or a character beyond ASCII (blank, a brace, a rule of dashes) says nothing: its hash is 0.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Bytes, Counts, kernel

LineHashes = npt.NDArray[np.uint32]

_SPACE, _WORD = 1, 2
_NEWLINE: Final = 10
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT, _HALF, _LOW = np.uint64(29), np.uint64(32), np.uint64(2**32 - 1)


def _byte_classes() -> Bytes:
    table = np.zeros(256, np.uint8)
    for byte in range(256):
        if byte >= 128 or chr(byte).isalnum():
            table[byte] = _WORD
    table[list(b" \t\r\f\v")] = _SPACE
    return table


_CLASSES = _byte_classes()


@kernel(
    "Tuple((uint32[::1], uint32[::1], int64[::1]))(Array(uint8, 1, 'C', readonly=True), "
    "Array(int64, 1, 'C', readonly=True))"
)
def lines_of(data: Bytes, starts: Counts) -> tuple[LineHashes, LineHashes, Counts]:
    """Hash and length of every line, line end included, and where the lines of each text begin.

    Args:
        data: Texts in UTF-8, or any bytes, back to back.
        starts: [n + 1] Where each begins, and where the last one ends.

    Returns:
        [lines], [lines] in bytes, and [n + 1].
    """
    count = len(starts)
    for byte in data:
        count += byte == _NEWLINE
    hashes = np.empty(count, np.uint32)
    lengths = np.empty(count, np.uint32)
    begins = np.zeros(len(starts), np.int64)
    line = 0
    for text in range(len(starts) - 1):
        at, stop = starts[text], starts[text + 1]
        while at < stop:
            begin, has_word, value = at, np.uint8(0), np.uint64(0)
            while at < stop and data[at] != _NEWLINE:
                kind = _CLASSES[data[at]]
                if kind != _SPACE:
                    has_word |= kind
                    value = (value ^ np.uint64(data[at])) * _MULTIPLIER
                    value ^= value >> _SHIFT
                at += 1
            at += at < stop
            value = (value >> _HALF) ^ (value & _LOW)
            hashes[line] = max(value, np.uint64(1)) if has_word else 0
            lengths[line] = at - begin
            line += 1
        begins[text + 1] = line
    return hashes[:line].copy(), lengths[:line].copy(), begins
