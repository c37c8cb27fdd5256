"""A text as plain lower-case words, with the way back to the bytes they came from.

Comment characters, line ends, quotes and mark-up all become gaps, so one licence text reads the same in a C
header, a Python docstring, an HTML page and a file of its own.
"""

import re

import numpy as np
from numpy.typing import NDArray

_KEPT = b"abcdefghijklmnopqrstuvwxyz0123456789+"
_TABLE = bytes(code + 32 if 65 <= code <= 90 else code if code in _KEPT else 32 for code in range(256))
# Addresses, mark-up and placeholders such as <p> or <copyright holder>: not words of the licence.
_MARKUP = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"'()]{1,300}|<[A-Za-z/][^<>\n]{0,200}>")


class Words:
    """The words of `data`; offsets are made only when somebody asks, since most texts never match."""

    __slots__ = ("_ends", "_plain", "_starts", "base", "joined", "listed")

    def __init__(self, data: bytes, base: int = 0) -> None:
        """`base` is the byte offset of `data` in the whole document."""
        if b"<" in data or b"://" in data:
            data = _MARKUP.sub(lambda found: b" " * len(found.group()), data)
        self.base = base
        self._plain = data.translate(_TABLE)
        self.listed: list[str] = self._plain.decode("ascii").split()
        self.joined = " ".join(self.listed)
        self._starts: NDArray[np.int64] | None = None
        self._ends: NDArray[np.int64] | None = None

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Byte span from the word `first` to the word `last`, both included."""
        starts, ends = self._bounds()
        return self.base + int(starts[first]), self.base + int(ends[last])

    def word_at(self, offset: int) -> int:
        """Index of the word that covers character `offset` of `joined`."""
        return self.joined.count(" ", 0, offset)

    def starts(self) -> NDArray[np.int64]:
        """Byte offset in `data` of each word."""
        return self._bounds()[0]

    def _bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self._starts is None or self._ends is None:
            plain = np.frombuffer(b" " + self._plain + b" ", dtype=np.uint8) != ord(" ")
            edges = np.diff(plain.astype(np.int8))
            self._starts = np.flatnonzero(edges == 1).astype(np.int64)
            self._ends = np.flatnonzero(edges == -1).astype(np.int64)
        return self._starts, self._ends
