"""What the score of a value is made of: its characters, its name, and the line and file that it stands in."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets import words
from tilth.data.facts.secrets.spelled import LOWER, spelled, stands

NAMES = (
    "form",
    "length",
    "lower",
    "upper",
    "digits",
    "marks",
    "entropy",
    "entropy_share",
    "changes",
    "fluency",
    "letters_run",
    "repeat_run",
    "hexadecimal",
    "only_digits",
    "uuid",
    "base64",
    "padding",
    "placeholders",
    "opens_code",
    "template",
    "call",
    "dots",
    "slashes",
    "colons",
    "underscores",
    "dashes",
    "not_ascii",
    "spaces",
    "says_secret",
    "in_name",
    "name_in_value",
    "humps",
    "sequence",
    "distinct",
    "about_password",
    "about_secret",
    "about_token",
    "about_key",
    "about_auth",
    "about_salt",
    "word_last",
    "name_after",
    "name_before",
    "name_length",
    "name_upper",
    "name_strong",
    "sign",
    "quote",
    "line_length",
    "comment",
    "line_example",
    "line_reads",
    "next_byte",
    "file_class",
    "file_test",
    "file_lock",
    "crowd",
    "name_is_word",
    "name_open",
)
"""The features, in their order."""

_CLASS = np.full(256, 3, np.uint8)  # 0 lower, 1 upper, 2 digit, 3 other
_CLASS[97:123], _CLASS[65:91], _CLASS[48:58] = 0, 1, 2
_HEX = np.zeros(256, np.bool_)
_HEX[[*b"0123456789abcdefABCDEF"]] = True
_B64 = np.zeros(256, np.bool_)
_B64[[*range(48, 58), *range(65, 91), *range(97, 123), *b"+/=_-"]] = True
FURTHEST = 400
"""Bytes of a value that are counted, and in which words are looked for."""
NEAR = 200
"""Bytes in which another text is looked for."""
_LETTER = np.full(256, 26, np.uint8)
_LETTER[97:123] = _LETTER[65:91] = np.arange(26)

_OPEN, _PLACEHOLDER, _AFTER, _BEFORE, _STRONG, _EXAMPLE, _READS = (
    spelled(tuple(sorted(set(some))))
    for some in (
        words.OPEN,
        words.PLACEHOLDERS,
        words.AFTER,
        words.BEFORE,
        words.STRONG,
        words.EXAMPLES,
        words.READS,
    )
)
_KEYWORDS = spelled(tuple(sorted(words.ABOUT)))
_ABOUT = np.array([words.ABOUT[word] for word in sorted(words.ABOUT)], np.int64)


@njit(cache=True, nogil=True)
def _count(data: Any, low: int, high: int, words: Any) -> int:
    """How many of some words (in lower case, in their order) stand between two places of the data, in any case."""
    text, bounds, begins, pairs = words
    seen = np.zeros(len(bounds) - 1, np.bool_)
    found = 0
    for at in range(low, min(high, low + FURTHEST)):
        byte = LOWER[data[at]]
        if not pairs[(byte & 31) << 5 | (data[min(at + 1, high - 1)] & 31)]:
            continue
        for word in range(begins[byte], begins[byte + 1]):
            size = bounds[word + 1] - bounds[word]
            if not seen[word] and at + size <= high and stands(data, at, size, text, bounds[word]):
                seen[word] = True
                found += 1
    return found


@njit(cache=True, nogil=True)
def _same(data: Any, low: int, high: int, other: int, other_end: int) -> bool:
    """Whether what stands first stands also in the second span, in any case."""
    size = high - low
    if size < 3:
        return False
    for at in range(other, min(other_end, other + NEAR) - size + 1):
        same = True
        for step in range(size):
            if LOWER[data[at + step]] != LOWER[data[low + step]]:
                same = False
                break
        if same:
            return True
    return False


@njit(cache=True, nogil=True)
def _of_value(data: Any, low: int, high: int, fluency: Any, row: Any) -> None:
    row[1] = min(high - low, 255)
    row[16] = data[high - 1] == 61
    high = min(high, low + FURTHEST)
    size = high - low
    counts = np.zeros(256, np.int64)
    classes = np.zeros(4, np.int64)
    changes = humps = letters = letters_run = repeat = repeat_run = steps = steps_run = 0
    hexadecimal = base64 = True
    fluent, pairs = 0.0, 0
    for at in range(low, high):
        byte = data[at]
        kind = _CLASS[byte]
        counts[byte] += 1
        classes[kind] += 1
        hexadecimal &= _HEX[byte]
        base64 &= _B64[byte]
        letters = letters + 1 if kind < 2 else 0
        letters_run = max(letters_run, letters)
        if at > low:
            last = data[at - 1]
            changes += kind != _CLASS[last]
            humps += kind == 1 and _CLASS[last] == 0
            repeat = repeat + 1 if byte == last else 0
            steps = steps + 1 if byte == last + 1 else 0
            repeat_run, steps_run = max(repeat_run, repeat), max(steps_run, steps)
            if _LETTER[byte] < 26 or _LETTER[last] < 26:
                fluent += fluency[_LETTER[last], _LETTER[byte]]
                pairs += 1
    entropy, distinct = 0.0, 0
    for count in counts:
        if count:
            distinct += 1
            entropy -= count / size * np.log2(count / size)
    row[2:6] = classes / size * 100
    row[6] = entropy * 20
    row[7] = entropy / np.log2(max(2, min(size, 64))) * 100
    row[8] = changes / size * 100
    row[9] = fluent / pairs * 20 if pairs else 0
    row[10], row[11], row[12] = letters_run, repeat_run, hexadecimal
    row[13] = classes[2] == size
    row[14] = size == 36 and data[low + 8] == 45 and data[low + 13] == 45 and data[low + 23] == 45
    row[15] = base64 and size % 4 == 0
    row[18] = data[low] in (36, 37, 38, 40, 42, 60, 64, 91, 123)  # $ % & ( * < @ [ {
    row[19] = counts[123] + counts[125] + counts[60] + counts[62]
    row[20] = counts[40] + counts[41]
    row[21], row[22], row[23] = counts[46], counts[47] + counts[92], counts[58]
    row[24], row[25] = counts[95], counts[45]
    row[26] = 0
    for byte in range(128, 256):
        row[26] += counts[byte]
    row[27] = counts[32]
    row[31], row[32], row[33] = humps, steps_run, distinct


@njit(cache=True, nogil=True)
def _line(data: Any, at: int, low: int, high: int) -> tuple[int, int]:
    """Start and end of the line at a place, no more than 200 bytes away."""
    first, last = at, at
    while first > max(low, at - 200) and data[first - 1] != 10:
        first -= 1
    while last < min(high, at + 200) and data[last] != 10:
        last += 1
    return first, last


@njit(cache=True, nogil=True)
def _keywords(data: Any, low: int, high: int, row: Any) -> int:
    """Sets what the words of a name say that it is about; gives where the last of them ends, -1 without."""
    text, bounds, begins, pairs = _KEYWORDS
    furthest = -1
    for at in range(low, high - 1):
        byte = LOWER[data[at]]
        if not pairs[(byte & 31) << 5 | (data[at + 1] & 31)]:
            continue
        for word in range(begins[byte], begins[byte + 1]):
            size = bounds[word + 1] - bounds[word]
            if at + size <= high and stands(data, at, size, text, bounds[word]):
                row[34 + _ABOUT[word]] = 1
                furthest = max(furthest, at + size)
    return furthest


@njit(cache=True, nogil=True)
def _of_context(data: Any, place: Any, low: int, high: int, row: Any) -> None:
    name, name_end, begin, end, quote = place
    keyword = _keywords(data, name, name_end, row)
    row[40] = keyword >= name_end - 1
    row[41] = _count(data, max(name, keyword), name_end, _AFTER)
    row[42] = _count(data, max(low, name), name_end, _BEFORE)
    row[43] = name_end - name
    upper = True
    for at in range(name, name_end):
        upper &= _CLASS[data[at]] != 0
    row[44] = upper
    row[45] = _count(data, name, name_end, _STRONG)
    at = name_end
    while at < begin and data[at] not in (58, 61, 40, 44, 62):
        at += 1
    row[46] = data[at] if at < begin else 0
    row[47] = quote
    first, last = _line(data, begin, low, high)
    row[48] = last - first
    at = first
    while at < last and data[at] in (32, 9):
        at += 1
    row[49] = data[at] in (35, 42, 59) or (data[at] == 47 and at + 1 < last and data[at + 1] in (42, 47))
    row[50] = _count(data, first, last, _EXAMPLE)
    row[51] = _count(data, first, last, _READS)
    row[52] = data[end] if end < high else 0


@njit(cache=True, nogil=True)
def measure(
    data: Any, forms: Any, places: Any, lows: Any, highs: Any, files: Any, crowds: Any, fluency: Any
) -> NDArray[np.float32]:
    """[n, number of features] The features of values.

    Args:
        data: The batch's bytes.
        forms: [n] Number of the form.
        places: [n, 5] Start and end of each name and value, and the quote; no value is empty.
        lows: [n] Where the document begins.
        highs: [n] Where it ends.
        files: [n, 3] Class of the file, whether its name says test, whether it locks versions.
        crowds: [n] Values in the document.
        fluency: [27, 27] How usual a letter is after another (26 stands for all else).
    """
    found = np.zeros((len(forms), len(NAMES)), np.float32)
    for at in range(len(forms)):
        row = found[at]
        name, name_end, begin, end, _ = places[at]
        row[0] = forms[at]
        _of_value(data, begin, end, fluency, row)
        row[17] = _count(data, begin, end, _PLACEHOLDER)
        row[28] = _count(data, begin, end, _KEYWORDS)
        row[29] = _same(data, begin, end, name, name_end)
        row[30] = _same(data, name, name_end, begin, end)
        _of_context(data, places[at], lows[at], highs[at], row)
        row[53:56] = files[at]
        row[56] = crowds[at]
        row[57] = name_end - name <= 10
        row[58] = _count(data, name, name_end, _OPEN)
    return found
