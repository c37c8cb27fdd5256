"""Where comments and strings end: one function for each kind of opener, each linear in what it looks at.

What never ends is no comment and no string (a string of one line ends with its line): its opener then counts as any
other byte, so nothing leaves a text that the language would not have let out.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.code.syntaxes import (
    ALONE,
    BLOCK,
    CHARACTER,
    CONTINUED,
    DELIMITED,
    DOUBLED,
    ESCAPED,
    HASHED,
    LINE,
    MULTILINE,
    NESTED,
    OPERATOR,
    PLAIN,
    REGEX,
    STRING,
    TEMPLATE,
)
from tilth.data.facts.kernels import Bytes, part

Row = npt.NDArray[np.int64]

NOT_HERE: Final = -1
"""The bytes do not open anything here."""
ENDLESS: Final = -2
"""What they open has no end in the text, and neither has another like it further on."""

KIND, FLAGS, ESCAPE, OPEN_LENGTH, OPEN, CLOSE_LENGTH, CLOSE = 0, 1, 2, 3, 4, 12, 13
_NEWLINE, _RETURN, _BACKSLASH, _DOUBLE, _SINGLE, _BACKTICK = 10, 13, 92, 34, 39, 96
_HASH, _EQUALS, _OPEN_SQUARE, _CLOSE_SQUARE, _OPEN_BRACE, _CLOSE_BRACE = 35, 61, 91, 93, 123, 125
_DOLLAR, _OPEN_ROUND, _CLOSE_ROUND, _SLASH = 36, 40, 41, 47
_MARKS_MAX = 255
_DELIMITER_MAX = 16
_TEMPLATES_MAX = 32
_ESCAPE_BYTES_MAX = 12


@part
def stands_at(data: Bytes, at: int, stop: int, row: Row, length_at: int) -> bool:
    """Whether the bytes of an opener (or its closer, by the place of their length in the row) stand at `at`."""
    length = row[length_at]
    if length == 0 or at + length > stop:
        return False
    for each in range(length):
        if data[at + each] != row[length_at + 1 + each]:
            return False
    return True


@part
def line_end(data: Bytes, at: int, stop: int) -> int:
    """Where the line of `at` ends: its line feed or carriage return, or the text's end."""
    while at < stop and data[at] != _NEWLINE and data[at] != _RETURN:
        at += 1
    return at


@part
def next_line(data: Bytes, end: int, stop: int) -> int:
    """Where the line after that begins which ends at `end`."""
    return end + 2 if end + 1 < stop and data[end] == _RETURN and data[end + 1] == _NEWLINE else end + 1


@part
def _character(data: Bytes, at: int, stop: int) -> int:
    """After a character of UTF-8, or one byte of what is none."""
    at += 1
    while at < stop and data[at] & 0xC0 == 0x80:
        at += 1
    return at


@part
def end_of(data: Bytes, at: int, stop: int, row: Row, classes: Bytes) -> int:
    """Where ends what an opener that stands at `at` begins; `NOT_HERE` or `ENDLESS` where it begins nothing.

    Here-documents are not for this function: their text begins on the next line.
    """
    kind = row[KIND]
    inside = int(at + row[OPEN_LENGTH])
    if kind == LINE:
        return _end_of_line(data, inside, stop, row[FLAGS], classes)
    if kind == BLOCK or kind == STRING:
        return _end_of_pair(data, inside, stop, row)
    if kind == CHARACTER:
        return _end_of_character(data, inside, stop)
    if kind == HASHED:
        return _end_of_hashed(data, at, inside, stop, row)
    if kind == DELIMITED:
        return _end_of_delimited(data, inside, stop)
    if kind == TEMPLATE:
        return _end_of_template(data, inside, stop)
    if kind == REGEX:
        return _end_of_regex(data, inside, stop)
    if kind == PLAIN:
        return inside
    if kind == ESCAPED and inside < stop and data[inside] != _NEWLINE:
        return _character(data, inside, stop)
    return NOT_HERE


@part
def _end_of_line(data: Bytes, at: int, stop: int, flags: int, classes: Bytes) -> int:
    if flags & ALONE:
        while at < stop and data[at] == data[at - 1]:
            at += 1
        if at < stop and classes[data[at]] & 7 == OPERATOR:
            return NOT_HERE
    while True:
        end = line_end(data, at, stop)
        if not flags & CONTINUED or end == stop or end == at or data[end - 1] != _BACKSLASH:
            return end
        at = next_line(data, end, stop)


@part
def _end_of_pair(data: Bytes, at: int, stop: int, row: Row) -> int:
    flags, escape, first, depth = row[FLAGS], row[ESCAPE], row[CLOSE], 1
    opens = row[OPEN] if flags & NESTED else -1
    ends_line = -1 if flags & MULTILINE else _NEWLINE
    while at < stop:
        byte = np.int64(data[at])
        if byte != first and byte != escape and byte != ends_line and byte != opens:
            at += 1
        elif byte == escape:
            at += 2
        elif byte == first and stands_at(data, at, stop, row, CLOSE_LENGTH):
            at += row[CLOSE_LENGTH]
            if flags & DOUBLED and at < stop and data[at] == first:
                at += 1
                continue
            depth -= 1
            if depth == 0:
                return at
        elif byte == ends_line:
            return at
        elif byte == opens and stands_at(data, at, stop, row, OPEN_LENGTH):
            depth += 1
            at += row[OPEN_LENGTH]
        else:
            at += 1
    return ENDLESS if flags & MULTILINE else stop


@part
def _end_of_character(data: Bytes, at: int, stop: int) -> int:
    """A character between quotes, or an escape of a few; not a lifetime, a type variable or a prime."""
    if at >= stop or data[at] == _NEWLINE:
        return NOT_HERE
    if data[at] == _BACKSLASH:
        end = at + 2
        while end < stop and end < at + _ESCAPE_BYTES_MAX and data[end] != _NEWLINE:
            if data[end] == _SINGLE:
                return end + 1
            end += 1
        return NOT_HERE
    end = _character(data, at, stop)
    return end + 1 if end < stop and data[end] == _SINGLE else NOT_HERE


@part
def _end_of_hashed(data: Bytes, begin: int, at: int, stop: int, row: Row) -> int:
    close = row[CLOSE]
    quote, mark = (_OPEN_SQUARE, _EQUALS) if close == _CLOSE_SQUARE else (close, _HASH)
    marks = 1 if data[begin] == mark and close != _CLOSE_SQUARE else 0
    while at < stop and data[at] == mark and marks <= _MARKS_MAX:
        marks += 1
        at += 1
    if at >= stop or data[at] != quote:
        return NOT_HERE
    at += 1
    while at < stop:
        if data[at] == close:
            end, found = at + 1, 0
            while end < stop and found < marks and data[end] == mark:
                end += 1
                found += 1
            if found == marks:
                if close != _CLOSE_SQUARE:
                    return end
                if end < stop and data[end] == close:
                    return end + 1
        at += 1
    return ENDLESS


@part
def _end_of_delimited(data: Bytes, begin: int, stop: int) -> int:
    round_at = begin
    while round_at < stop and round_at - begin <= _DELIMITER_MAX and data[round_at] != _OPEN_ROUND:
        if data[round_at] == _NEWLINE or data[round_at] == _DOUBLE:
            return NOT_HERE
        round_at += 1
    if round_at >= stop or data[round_at] != _OPEN_ROUND:
        return NOT_HERE
    length = round_at - begin
    for at in range(round_at + 1, stop - length - 1):
        if data[at] == _CLOSE_ROUND and data[at + length + 1] == _DOUBLE:
            same = True
            for each in range(length):
                same = same and data[at + 1 + each] == data[begin + each]
            if same:
                return at + length + 2
    return ENDLESS


@part
def _end_of_template(data: Bytes, at: int, stop: int) -> int:
    """JavaScript's template: text that may hold `${…}`, in which further templates may stand."""
    braces = np.zeros(_TEMPLATES_MAX, np.int64)
    level = 0  # even: text; odd: an expression, with as many open braces
    while at < stop and level < _TEMPLATES_MAX - 1:
        byte = data[at]
        if byte == _BACKSLASH:
            at += 1
        elif byte == _BACKTICK:
            if level == 0:
                return at + 1
            level += 1 if level % 2 else -1
        elif level % 2 == 0:
            if byte == _OPEN_BRACE and data[at - 1] == _DOLLAR:
                level += 1
                braces[level] = 0
        elif byte == _OPEN_BRACE:
            braces[level] += 1
        elif byte == _CLOSE_BRACE:
            if braces[level] == 0:
                level -= 1
            else:
                braces[level] -= 1
        at += 1
    return ENDLESS


@part
def _end_of_regex(data: Bytes, at: int, stop: int) -> int:
    """A regular expression between slashes on one line; `ENDLESS` speaks of the rest of the line only."""
    in_class = False
    begin = at
    while at < stop and data[at] != _NEWLINE:
        byte = data[at]
        if byte == _BACKSLASH:
            at += 1
        elif byte == _OPEN_SQUARE:
            in_class = True
        elif byte == _CLOSE_SQUARE:
            in_class = False
        elif byte == _SLASH and not in_class:
            return at + 1 if at > begin else NOT_HERE
        at += 1
    return ENDLESS
