"""A text as plain lower-case words, with the way back to the bytes they came from.

Comment characters, line ends, quotes and mark-up all become gaps, so one licence text reads the same in a C
header, a Python docstring, an HTML page and a file of its own.
"""

import numba
import numpy as np
from numpy.typing import NDArray

_KEPT = b"abcdefghijklmnopqrstuvwxyz0123456789+"
_TABLE = bytes(code + 32 if 65 <= code <= 90 else code if code in _KEPT else 32 for code in range(256))
_HTTP = b"https"
_ADDRESS_BYTES, _TAG_BYTES = 300, 200
"""Longest address behind `://`, and longest tag behind its first letter: what is longer is read as words."""
_ENDS_ADDRESS = np.isin(np.arange(256), list(b" \t\n\r\f\v<>\"'()"))


@numba.njit(cache=True, nogil=True)
def _end_of_address(data: NDArray[np.uint8], at: int, ends: NDArray[np.bool_]) -> int:
    """Where the address `http://…` or `https://…` that begins at `at` ends; `at` where none does."""
    begin = at + 4
    if begin + 3 >= data.size:
        return at
    for place in range(4):
        if data[at + place] | 32 != _HTTP[place]:
            return at
    begin += data[begin] | 32 == _HTTP[4]
    if begin + 3 >= data.size or data[begin] != 58 or data[begin + 1] != 47 or data[begin + 2] != 47:
        return at
    end = begin + 3
    stop = min(data.size, end + _ADDRESS_BYTES)
    while end < stop and not ends[data[end]]:
        end += 1
    return end if end > begin + 3 else at


@numba.njit(cache=True, nogil=True)
def _end_of_tag(data: NDArray[np.uint8], at: int) -> int:
    """Where the tag or placeholder (`<p>`, `<copyright holder>`) that begins at `at` ends; `at` where none does."""
    if at + 2 >= data.size:
        return at
    first = data[at + 1]
    if first != 47 and not (97 <= first | 32 <= 122):
        return at
    for end in range(at + 2, min(data.size, at + 3 + _TAG_BYTES)):
        if data[end] == 62:
            return end + 1
        if data[end] == 60 or data[end] == 10:
            return at
    return at


@numba.njit(cache=True, nogil=True)
def _without_marks(data: NDArray[np.uint8], ends: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The bytes with spaces for addresses, mark-up and placeholders: no words of the licence."""
    out = data.copy()
    at = 0
    while at < data.size:
        byte = data[at]
        end = at
        if byte == 60:
            end = _end_of_tag(data, at)
        elif byte | 32 == 104:
            end = _end_of_address(data, at, ends)
        if end > at:
            out[at:end] = 32
            at = end
        else:
            at += 1
    return out


class Words:
    """The words of `data`; offsets are made only when somebody asks, since most texts never match."""

    __slots__ = ("_ends", "_plain", "_starts", "base", "joined", "listed")

    def __init__(self, data: bytes, base: int = 0) -> None:
        """`base` is the byte offset of `data` in the whole document."""
        if b"<" in data or b"://" in data:
            data = _without_marks(np.frombuffer(data, np.uint8), _ENDS_ADDRESS).tobytes()
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
