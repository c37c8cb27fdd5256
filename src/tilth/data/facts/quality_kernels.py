"""Compiled walks over texts for what is neither prose nor code: tables of numbers and minified lines."""

from typing import Final

import numpy as np

from tilth.data.facts.kernels import Bytes, Counts, kernel, part

NUMBERS_MIN_SIGNS: Final = 128
"""Signs (bytes that are no white space) of the shortest table of numbers."""
DIGITS_MIN: Final = 0.4
"""Least share of digits among them, those of hexadecimal numbers included."""
MINIFIED_LINE_BYTES: Final = 300
"""Bytes of the shortest line that counts as minified."""
MINIFIED_SPACE_MAX: Final = 0.1
"""Share of white space that such a line stays below; code that people lay out has more, prose has a sixth."""

_DIGIT, _BESIDE, _SPACE, _OTHER = 0, 1, 2, 3
_NEWLINE = 10


def _classes() -> Bytes:
    table = np.full(256, _OTHER, np.uint8)
    table[list(b"0123456789abcdefABCDEF")] = _DIGIT
    table[list(b"xX.,;:+-()[]{}_'\"uUlL")] = _BESIDE
    table[list(b" \t\n\v\f\r")] = _SPACE
    return table


_CLASSES = _classes()


@part
def _numbers(data: Bytes, start: int, stop: int) -> tuple[int, int]:
    """Signs in tables of numbers, and signs in all."""
    total = signs = run = digits = 0
    for at in range(start, stop):
        kind = _CLASSES[data[at]]
        if kind == _SPACE:
            continue
        signs += 1
        if kind == _OTHER:
            if run >= NUMBERS_MIN_SIGNS and digits >= DIGITS_MIN * run:
                total += run
            run = digits = 0
        else:
            run += 1
            digits += kind == _DIGIT
    if run >= NUMBERS_MIN_SIGNS and digits >= DIGITS_MIN * run:
        total += run
    return total, signs


@part
def _minified(data: Bytes, start: int, stop: int) -> int:
    """Bytes on minified lines."""
    total, first, spaces = 0, start, 0
    for at in range(start, stop + 1):
        if at < stop and data[at] != _NEWLINE:
            spaces += _CLASSES[data[at]] == _SPACE
            continue
        length = at - first
        if length >= MINIFIED_LINE_BYTES and spaces < MINIFIED_SPACE_MAX * length:
            total += length
        first, spaces = at + 1, 0
    return total


@kernel("int64[:, ::1](Array(uint8, 1, 'C', readonly=True), Array(int64, 1, 'C', readonly=True))")
def shapes(data: Bytes, starts: Counts) -> Counts:
    """[n, 3] Signs in tables of numbers, bytes on minified lines, and signs of UTF-8 documents back to back."""
    found = np.zeros((len(starts) - 1, 3), np.int64)
    for row in range(len(found)):
        start, stop = starts[row], starts[row + 1]
        found[row, 0], found[row, 2] = _numbers(data, start, stop)
        found[row, 1] = _minified(data, start, stop)
    return found
