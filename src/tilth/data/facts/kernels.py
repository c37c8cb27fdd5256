"""Compiled walks over UTF-8 documents laid back to back: lines, letters, runs of encoded data.

A run of encoded data that counts is long, so the searches look at a few bytes in every 20, 48 or 57 and walk
outwards only from those that such a run could hold. What they find is what `re.finditer` finds with the
expressions of the StarCoder2 paper (arXiv:2402.19173, section 2.1), in characters.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
_F = TypeVar("_F", bound=Callable[..., object])

COLUMNS = (
    "num_chars",
    "num_alpha",
    "num_alphanum",
    "num_lines",
    "max_line_length",
    "num_line_chars",
    "encoded_max_run",
    "encoded_chars",
)
"""Columns of `measure`, all counts of characters but `num_lines`."""

ALPHA, ALPHANUM = 1, 2
_BASE64, _HEX_DIGIT, _HEX_RUN, _ESCAPE, _WORD, _SPACE = 1, 2, 4, 8, 16, 32
_MIN_BASE64, _MIN_ESCAPES, _MIN_HEX_ITEMS = 64, 8, 8
_ESCAPE_BYTES = 6
_MIN_HEX_BYTES = 3 * _MIN_HEX_ITEMS - 1
# Bytes that are looked at together: two mispredicted branches cost more than a few table look-ups.
_HEX_WINDOW, _BASE64_WINDOW = 4, 8
_NEWLINE, _RETURN, _COMMA, _ZERO, _X, _U, _BACKSLASH = 10, 13, 44, 48, 120, 117, 92
_READ_BYTES = "Array(uint8, 1, 'C', readonly=True)"
_READ_COUNTS = "Array(int64, 1, 'C', readonly=True)"


def character_flags() -> Bytes:
    """Says of every code point whether `str.isalpha` (`ALPHA`) and `str.isalnum` (`ALPHANUM`) hold.

    NumPy asks the interpreter's own database, so the table is that of the running Python's Unicode version.
    """
    points = np.arange(0x110000, dtype=np.uint32).view("U1")
    alpha = np.char.isalpha(points).astype(np.uint8) * np.uint8(ALPHA)
    return alpha | np.char.isalnum(points).astype(np.uint8) * np.uint8(ALPHANUM)


def _byte_classes() -> Bytes:
    spaces = b"\t\n\v\f\r\x1c\x1d\x1e\x1f "
    space_parts = {byte for char in map(chr, range(128, 0x3001)) if char.isspace() for byte in char.encode()}
    hex_digits = b"0123456789abcdefABCDEF"
    letters = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    table = np.zeros(256, dtype=np.uint8)
    for members, flag in (
        (letters + b"+/=\n", _BASE64),
        (hex_digits, _HEX_DIGIT),
        (hex_digits + b"x\\," + spaces + bytes(space_parts), _HEX_RUN),
        (hex_digits + b"u\\", _ESCAPE),
        (letters + b"_", _WORD),
        (spaces, _SPACE),
    ):
        table[list(members)] |= flag
    return table


_CLASSES = _byte_classes()


def part(function: _F) -> _F:
    """Compile what only kernels of the same file call; it is stored inside the one that calls it."""
    return cast(_F, njit(nogil=True)(function))


def kernel(signature: str) -> Callable[[_F], _F]:
    """Compile for one signature at import, or load from the cache.

    Where the package's folder cannot be written, Numba keeps the cache in the user's cache folder.
    """
    return cast(Callable[[_F], _F], njit(signature, nogil=True, cache=True))


@part
def decode(data: Bytes, at: int) -> tuple[int, int]:
    """Code point that starts at `at`, and its length in bytes."""
    lead = int(data[at])
    if lead < 0x80:
        return lead, 1
    if lead < 0xE0:
        return (lead & 0x1F) << 6 | (data[at + 1] & 0x3F), 2
    if lead < 0xF0:
        return (lead & 0x0F) << 12 | (data[at + 1] & 0x3F) << 6 | (data[at + 2] & 0x3F), 3
    tail = int(data[at + 1] & 0x3F) << 12 | (data[at + 2] & 0x3F) << 6 | (data[at + 3] & 0x3F)
    return (lead & 0x07) << 18 | tail, 4


@part
def _num_chars(data: Bytes, start: int, stop: int) -> int:
    count = 0
    for at in range(start, stop):
        count += (data[at] & 0xC0) != 0x80
    return count


@part
def _ascii_letters(data: Bytes, start: int, stop: int) -> tuple[int, int, int]:
    """ASCII letters, ASCII digits, and bytes that continue a character.

    Narrow types throughout, or the loop is not vectorised; a document is shorter than 2 GiB.
    """
    letters, digits, tails = np.int32(0), np.int32(0), np.int32(0)
    for byte in data[start:stop]:
        letters += np.int32(np.uint8((byte | np.uint8(32)) - np.uint8(97)) < np.uint8(26))
        digits += np.int32(np.uint8(byte - np.uint8(48)) < np.uint8(10))
        tails += np.int32((byte & np.uint8(0xC0)) == np.uint8(0x80))
    return int(letters), int(digits), int(tails)


@part
def _other_letters(data: Bytes, start: int, stop: int, flags: Bytes) -> tuple[int, int]:
    """Alphabetic and alphanumeric characters outside ASCII."""
    alpha, alphanum = 0, 0
    at = start
    while at < stop:
        if data[at] < 0x80:
            at += 1
            continue
        point, length = decode(data, at)
        alpha += int(flags[point]) & ALPHA
        alphanum += int(flags[point]) >> 1
        at += length
    return alpha, alphanum


@part
def _line_ends(data: Bytes, start: int, stop: int) -> tuple[int, int]:
    """Line feeds, and those that a carriage return stands before; vectorised as `_ascii_letters` is."""
    feeds, returns, pairs = np.int32(0), np.int32(0), np.int32(0)
    for byte in data[start:stop]:
        feeds += np.int32(byte == np.uint8(_NEWLINE))
        returns += np.int32(byte == np.uint8(_RETURN))
    if returns:
        one, next_one = data[start : stop - 1], data[start + 1 : stop]
        for at in range(len(one)):
            pairs += np.int32((one[at] == np.uint8(_RETURN)) & (next_one[at] == np.uint8(_NEWLINE)))
    return int(feeds), int(pairs)


@part
def _longest_line(data: Bytes, start: int, stop: int, is_ascii: bool) -> int:
    """Characters of the longest line; what lies between the ends of short lines is never looked at."""
    longest, first = 0, start
    while first + longest < stop:
        # A longer line that begins here has no end in so many bytes and one more.
        end = first + longest
        while end >= first and data[end] != _NEWLINE:
            end -= 1
        if end < first:
            end = first + longest + 1
            while end < stop and data[end] != _NEWLINE:
                end += 1
            last = end - 1 if end < stop and data[end - 1] == _RETURN else end
            longest = max(longest, last - first if is_ascii else _num_chars(data, first, last))
        first = end + 1
    return longest


@part
def _lines(data: Bytes, start: int, stop: int, is_ascii: bool) -> tuple[int, int, int]:
    """Number of lines, characters of the longest, bytes that end lines."""
    feeds, pairs = _line_ends(data, start, stop)
    is_open = stop > start and data[stop - 1] != _NEWLINE
    return feeds + int(is_open), _longest_line(data, start, stop, is_ascii), feeds + pairs


@part
def _are_all(data: Bytes, at: int, width: int, flag: int) -> bool:
    """Whether the `width` bytes that end at `at` are all in the class."""
    seen = np.uint8(flag)
    for back in range(width):
        seen &= _CLASSES[data[at - back]]
    return bool(seen & np.uint8(flag))


@part
def _base64_runs(data: Bytes, start: int, stop: int) -> tuple[int, int]:
    r"""Longest and total of `[a-zA-Z0-9+/\n=]{64,}`."""
    longest, total = 0, 0
    at = start + _MIN_BASE64 - 1
    while at < stop:
        if not _are_all(data, at, _BASE64_WINDOW, _BASE64):
            at += _MIN_BASE64 - _BASE64_WINDOW + 1
            continue
        left, right = at, at + 1
        while left > start and _CLASSES[data[left - 1]] & _BASE64:
            left -= 1
        while right < stop and _CLASSES[data[right]] & _BASE64:
            right += 1
        if right - left >= _MIN_BASE64:
            longest = max(longest, right - left)
            total += right - left
        at = right + _MIN_BASE64
    return longest, total


@part
def _is_escape(data: Bytes, at: int, start: int, stop: int) -> bool:
    if at < start or at + _ESCAPE_BYTES > stop or data[at] != _BACKSLASH or data[at + 1] != _U:
        return False
    for digit in range(at + 2, at + _ESCAPE_BYTES):
        if not _CLASSES[data[digit]] & _HEX_DIGIT:
            return False
    return True


@part
def _escape_runs(data: Bytes, start: int, stop: int) -> tuple[int, int]:
    r"""Longest and total of `(?:\\u[0-9a-fA-F]{4}){8,}`."""
    longest, total = 0, 0
    step = _MIN_ESCAPES * _ESCAPE_BYTES
    at = start + step - 1
    while at < stop:
        left = at
        while left > at - _ESCAPE_BYTES and data[left] != _BACKSLASH and _CLASSES[data[left]] & _ESCAPE:
            left -= 1
        if not _is_escape(data, left, start, stop):
            at += step
            continue
        right = left + _ESCAPE_BYTES
        while _is_escape(data, left - _ESCAPE_BYTES, start, stop):
            left -= _ESCAPE_BYTES
        while _is_escape(data, right, start, stop):
            right += _ESCAPE_BYTES
        if right - left >= step:
            longest = max(longest, right - left)
            total += right - left
        at = right + step - 1
    return longest, total


@part
def _is_word(data: Bytes, at: int, flags: Bytes) -> bool:
    r"""Whether the character at `at` is `\w`."""
    if data[at] < 0x80:
        return bool(_CLASSES[data[at]] & _WORD)
    return bool(flags[decode(data, at)[0]] & ALPHANUM)


@part
def _follows_boundary(data: Bytes, at: int, start: int, flags: Bytes) -> bool:
    r"""Whether `\b` holds before the ASCII byte at `at`."""
    word_before = False
    if at > start:
        before = at - 1
        while data[before] & 0xC0 == 0x80:
            before -= 1
        word_before = _is_word(data, before, flags)
    return word_before != bool(_CLASSES[data[at]] & _WORD)


@part
def _after_spaces(data: Bytes, at: int, stop: int) -> int:
    r"""First position from `at` that is not in a `\s`."""
    while at < stop:
        if data[at] < 0x80:
            if not _CLASSES[data[at]] & _SPACE:
                return at
            at += 1
            continue
        point, length = decode(data, at)
        is_space = point == 0x85 or point == 0xA0 or point == 0x1680 or 0x2000 <= point <= 0x200A
        if not (is_space or point in (0x2028, 0x2029, 0x202F, 0x205F, 0x3000)):
            return at
        at += length
    return at


@part
def _hex_item_end(data: Bytes, at: int, start: int, stop: int, flags: Bytes) -> int:
    r"""End of one `\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)` at `at`, or -1.

    There is one way to match at most: a pair ends at a comma or a boundary, and no item begins with a space.
    """
    digits = at
    if at + 1 < stop and data[at + 1] == _X and (data[at] == _ZERO or data[at] == _BACKSLASH):
        digits += 2
    if digits + 2 > stop or not (_CLASSES[data[digits]] & _CLASSES[data[digits + 1]] & _HEX_DIGIT):
        return -1
    if not _follows_boundary(data, at, start, flags):
        return -1
    end = digits + 2
    if end < stop and data[end] == _COMMA:
        return end + 1
    if end < stop and _is_word(data, end, flags):
        return -1
    return _after_spaces(data, end, stop)


@part
def _hex_runs_within(
    data: Bytes, left: int, right: int, start: int, stop: int, flags: Bytes
) -> tuple[int, int]:
    longest, total = 0, 0
    at = left
    while at < right:
        first, items = at, 0
        end = _hex_item_end(data, at, start, stop, flags)
        while end >= 0:
            at = end
            items += 1
            end = _hex_item_end(data, at, start, stop, flags)
        if items >= _MIN_HEX_ITEMS:
            length = _num_chars(data, first, at)
            longest = max(longest, length)
            total += length
        elif items == 0:
            at += 1
    return longest, total


@part
def _is_in_number(data: Bytes, at: int, start: int, stop: int) -> bool:
    """Whether three hexadecimal digits stand around `at` in a row: no item of a run has more than two."""
    digits = 0
    for place in range(max(at - 2, start), min(at + 3, stop)):
        digits = digits + 1 if _CLASSES[data[place]] & _HEX_DIGIT else 0
        if digits == 3:
            return bool(_CLASSES[data[at]] & _HEX_DIGIT)
    return False


@part
def _is_hex_run(data: Bytes, at: int, start: int, stop: int) -> bool:
    return bool(_CLASSES[data[at]] & _HEX_RUN) and not _is_in_number(data, at, start, stop)


@part
def _hex_runs(data: Bytes, start: int, stop: int, flags: Bytes) -> tuple[int, int]:
    r"""Longest and total of `(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}`."""
    longest, total = 0, 0
    at = start + _MIN_HEX_BYTES - 1
    while at < stop:
        # Columns of numbers consist of the same characters as runs, and are far more common.
        if not _are_all(data, at, _HEX_WINDOW, _HEX_RUN) or _is_in_number(data, at, start, stop):
            at += _MIN_HEX_BYTES - _HEX_WINDOW + 1
            continue
        left, right = at, at + 1
        while left > start and _CLASSES[data[left]] & _SPACE:
            left -= 1
        if left < at and data[left] < 0x80 and not _CLASSES[data[left]] & _HEX_DIGIT:
            while right < stop and _CLASSES[data[right]] & _SPACE:
                right += 1
            at = right + _MIN_HEX_BYTES - 1
            continue  # an indentation: in a run, space stands behind a digit, and none begins with it
        while left > start and _is_hex_run(data, left - 1, start, stop):
            left -= 1
        while right < stop and _is_hex_run(data, right, start, stop):
            right += 1
        if right - left >= _MIN_HEX_BYTES:
            here, sum_here = _hex_runs_within(data, left, right, start, stop, flags)
            longest = max(longest, here)
            total += sum_here
        at = right + _MIN_HEX_BYTES
    return longest, total


@kernel(f"int64[:, ::1]({_READ_BYTES}, {_READ_COUNTS}, {_READ_BYTES})")
def measure(data: Bytes, starts: Counts, flags: Bytes) -> Counts:
    """Count what `COLUMNS` names, one row per document.

    Args:
        data: Valid UTF-8 documents back to back.
        starts: Where each begins, and last where the last one ends.
        flags: From `character_flags`.
    """
    table = np.zeros((len(starts) - 1, 8), dtype=np.int64)
    for row in range(len(starts) - 1):
        start, stop = starts[row], starts[row + 1]
        letters, digits, tails = _ascii_letters(data, start, stop)
        alpha, alphanum = letters, letters + digits
        if tails:
            other_alpha, other_alphanum = _other_letters(data, start, stop, flags)
            alpha += other_alpha
            alphanum += other_alphanum
        num_lines, max_line, end_bytes = _lines(data, start, stop, tails == 0)
        base64, base64_sum = _base64_runs(data, start, stop)
        escape, escape_sum = _escape_runs(data, start, stop)
        pair, pair_sum = _hex_runs(data, start, stop, flags)
        num_chars = stop - start - tails
        table[row, 0], table[row, 1], table[row, 2] = num_chars, alpha, alphanum
        table[row, 3], table[row, 4], table[row, 5] = num_lines, max_line, num_chars - end_bytes
        table[row, 6] = max(base64, escape, pair)
        table[row, 7] = max(base64_sum, escape_sum, pair_sum)
    return table
