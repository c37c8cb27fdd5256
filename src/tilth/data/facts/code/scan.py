"""One walk over a text that leaves its tokens: no comments, of white space only what keeps tokens apart.

What is left is text again. Two tokens have one space between them where white space or a comment stood and where
without it they would have another meaning: between two words, and between two operators (`a + ++b` is not `a++ + b`).
Strings are copied as they are, but for the carriage return of a line end. Where a language's lines or indentation are
syntax, a line feed ends a line that has a token, and the marks `INDENT` and `DEDENT` stand for more and less of it, so
that a file indented by two spaces and one indented by four are the same.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from tilth.data.facts.code.constructs import (
    ENDLESS,
    FLAGS,
    KIND,
    NOT_HERE,
    OPEN,
    OPEN_LENGTH,
    Row,
    end_of,
    line_end,
    next_line,
    stands_at,
)
from tilth.data.facts.code.measures import MEASURES, measure
from tilth.data.facts.code.syntaxes import (
    AFTER_VALUE,
    APART,
    BRACKETED,
    CLOSING,
    COMMENT,
    FREE,
    HEREDOC,
    INDENTED,
    LINE_START,
    MAY_OPEN,
    NEWLINE,
    OPENING,
    OPERATOR,
    PLAIN,
    REGEX,
    SPACE,
    WORD,
)
from tilth.data.facts.kernels import Bytes, Counts, kernel, part

INDENT: Final = 1
DEDENT: Final = 2

_CLASS = 7
_BLANK, _LINE_FEED, _RETURN, _TAB, _BACKSLASH, _HASH, _DASH, _TILDE = 32, 10, 13, 9, 92, 35, 45, 126
_DOUBLE, _SINGLE, _UPPER_A, _UPPER_Z, _UNDERSCORE = 34, 39, 65, 90, 95
_TAB_STOP = 8
_INDENTS_MAX = 256
# Places of the walk's state.
_AT, _OUT, _GAP, _FRESH, _COLUMN, _DEPTH, _BODY_END, _IN_DIRECTIVE, _LAST, _TOKENS = range(10)
_MEASURED = 10
_KEYWORD_BYTES = 8


def _keyword_table(words: str) -> Bytes:
    """[n, 8] Words after which a slash begins a regular expression, from their last letter to their first."""
    listed = words.split()
    table = np.zeros((len(listed), _KEYWORD_BYTES), np.uint8)
    for row, word in zip(table, listed, strict=True):
        row[: len(word)] = list(word.encode())[::-1]
    return table


_KEYWORDS = _keyword_table(
    "return typeof case in of delete void throw new else do and or not if elsif unless when while until then yield "
    "await split grep"
)


@part
def _continues(data: Bytes, at: int, stop: int) -> bool:
    """Whether a backslash is the last of its line."""
    return at + 1 < stop and (data[at + 1] == _LINE_FEED or data[at + 1] == _RETURN)


@part
def _new_line(data: Bytes, out: Bytes, state: Counts) -> None:
    state[_AT] = next_line(data, state[_AT], len(data))
    if state[_BODY_END] > state[_AT]:
        _put(out, state, _LINE_FEED)
        _copy(data, out, state, state[_BODY_END])
        state[_LAST] = WORD
    if state[_IN_DIRECTIVE]:
        _put(out, state, _LINE_FEED)
    state[_IN_DIRECTIVE], state[_FRESH], state[_GAP], state[_COLUMN] = 0, 1, 1, 0


@part
def _indentation(data: Bytes, state: Counts, classes: Bytes) -> None:
    """Goes past white space, counting the columns that it takes."""
    at, column = state[_AT], state[_COLUMN]
    while at < len(data) and classes[data[at]] & _CLASS == SPACE:
        column = column - column % _TAB_STOP + _TAB_STOP if data[at] == _TAB else column + 1
        at += 1
    state[_AT], state[_COLUMN], state[_GAP] = at, column, 1


@part
def _put(out: Bytes, state: Counts, byte: int) -> None:
    out[state[_OUT]] = byte
    state[_OUT] += 1


@part
def _copy(data: Bytes, out: Bytes, state: Counts, end: int) -> None:
    """Copies bytes as they are, but for the carriage return before a line feed."""
    at, to = state[_AT], state[_OUT]
    while at < end:
        byte = data[at]
        at += 1
        if byte == _RETURN and at < len(data) and data[at] == _LINE_FEED:
            continue
        out[to] = byte
        to += 1
    state[_AT], state[_OUT] = end, to


@part
def _begin_token(
    data: Bytes, out: Bytes, state: Counts, kind: int, layout: int, directives: bool, indents: Counts
) -> None:
    """Writes what keeps a token apart from the one before it."""
    state[_TOKENS] += 1
    begun = state[_OUT] > 0
    if state[_FRESH]:
        state[_FRESH] = 0
        state[_IN_DIRECTIVE] = directives and data[state[_AT]] == _HASH
        counts = layout != FREE and (layout != BRACKETED or state[_DEPTH] == 0)
        ends_line = state[_IN_DIRECTIVE] or counts
        if begun and ends_line and out[state[_OUT] - 1] != _LINE_FEED:
            _put(out, state, _LINE_FEED)
            state[_GAP] = 0
        if layout >= INDENTED and counts:
            _indent(out, state, indents)
    if state[_GAP] and begun:
        apart = kind == state[_LAST] and (kind == WORD or kind == OPERATOR)
        if (apart or state[_IN_DIRECTIVE]) and out[state[_OUT] - 1] > _BLANK:
            _put(out, state, _BLANK)
    state[_GAP] = 0
    state[_LAST] = kind


@part
def _indent(out: Bytes, state: Counts, indents: Counts) -> None:
    """Compares the indentation of a line with those that are open; `indents[0]` is how many."""
    column = state[_COLUMN]
    while indents[0] and column < indents[indents[0]]:
        indents[0] -= 1
        _put(out, state, DEDENT)
    top = indents[indents[0]] if indents[0] else 0
    if column > top and indents[0] < _INDENTS_MAX:
        indents[0] += 1
        indents[indents[0]] = column
        _put(out, state, INDENT)


@part
def _plain(data: Bytes, out: Bytes, state: Counts, classes: Bytes) -> None:
    """Copies the tokens of a line that has begun, up to its end or to a byte that may open something."""
    at, to, gap, last = state[_AT], state[_OUT], state[_GAP], state[_LAST]
    depth, count, stop = state[_DEPTH], 0, len(data)
    while at < stop:
        byte = data[at]
        kind = classes[byte]
        if kind == SPACE:
            gap = 1
            at += 1
            continue
        if kind & MAY_OPEN or kind == NEWLINE or byte == _BACKSLASH:
            break
        if gap and kind == last and (kind == WORD or kind == OPERATOR):
            out[to] = _BLANK
            to += 1
        at, to = _copy_token(data, at, stop, out, to, classes)
        depth += kind == OPENING
        depth -= kind == CLOSING and depth > 0
        count += 1
        gap, last = 0, kind
    state[_AT], state[_OUT], state[_GAP], state[_LAST] = at, to, gap, last
    state[_DEPTH] = depth
    state[_TOKENS] += count


@part
def _copy_token(data: Bytes, at: int, stop: int, out: Bytes, to: int, classes: Bytes) -> tuple[int, int]:
    """Copies a word, or one byte of what is none."""
    is_word = classes[data[at]] & _CLASS == WORD
    out[to] = data[at]
    at += 1
    to += 1
    while is_word and at < stop and classes[data[at]] & _CLASS == WORD and data[at] != _BACKSLASH:
        out[to] = data[at]
        at += 1
        to += 1
    return at, to


@part
def _opened(
    data: Bytes,
    out: Bytes,
    state: Counts,
    classes: Bytes,
    openers: Counts,
    dead: Counts,
    layout: int,
    directives: bool,
    indents: Counts,
) -> bool:
    """Goes past a comment, a string or an escape that begins here; whether one does."""
    at, stop = state[_AT], len(data)
    for number in range(len(openers)):
        row = openers[number]
        if row[OPEN] != data[at] or dead[number] > at or not stands_at(data, at, stop, row, OPEN_LENGTH):
            continue
        if not _may_begin(data, out, state, row, classes):
            continue
        if row[KIND] == HEREDOC:
            end = _body_end(data, at + row[OPEN_LENGTH], state[_BODY_END], stop)
            if end >= 0:
                state[_BODY_END] = end
                return False
        else:
            end = end_of(data, at, stop, row, classes)
        if end == ENDLESS:
            dead[number] = line_end(data, at, stop) if row[KIND] == REGEX else stop
        if end < 0:
            continue
        begins_line = state[_FRESH] == 1 and state[_DEPTH] == 0
        measure(state[_MEASURED:], row, end - at, begins_line, layout)
        if row[FLAGS] & COMMENT:
            state[_GAP] = 1
            state[_AT] = end
            return True
        kind = classes[data[end - 1]] & _CLASS if row[KIND] == PLAIN else WORD
        _begin_token(data, out, state, kind, layout, directives, indents)
        _copy(data, out, state, end)
        return True
    return False


@part
def _may_begin(data: Bytes, out: Bytes, state: Counts, row: Row, classes: Bytes) -> bool:
    """Whether an opener counts after what stands before it."""
    flags, at = row[FLAGS], state[_AT]
    if flags & LINE_START and not state[_FRESH]:
        return False
    if flags & APART and not state[_GAP] and not state[_FRESH]:
        last = int(data[at - 1])
        return last == 41 or last == 93 or last == 125 or last == 59 or last == 44
    if flags & AFTER_VALUE:
        return bool(state[_GAP]) or not _after_value(out, state)
    if row[KIND] == REGEX:
        return not _after_value(out, state) or _after_keyword(out, state[_OUT], classes)
    return True


@part
def _after_value(out: Bytes, state: Counts) -> bool:
    if state[_OUT] == 0 or (state[_FRESH] and out[state[_OUT] - 1] == _LINE_FEED):
        return False
    last = int(out[state[_OUT] - 1])
    return int(state[_LAST]) == WORD or last == 41 or last == 93 or last == 46


@part
def _after_keyword(out: Bytes, end: int, classes: Bytes) -> bool:
    for number in range(len(_KEYWORDS)):
        word = _KEYWORDS[number]
        length = 0
        while (
            length < _KEYWORD_BYTES
            and word[length]
            and end > length
            and out[end - 1 - length] == word[length]
        ):
            length += 1
        if length == _KEYWORD_BYTES or word[length] == 0:
            before = end - 1 - length
            if before < 0 or classes[out[before]] & _CLASS != WORD:
                return True
    return False


@part
def _body_end(data: Bytes, at: int, pending: int, stop: int) -> int:
    """Where the text of a here-document ends: after its mark, which stands alone at the start of a line."""
    dashed = at < stop and (data[at] == _DASH or data[at] == _TILDE)
    at += dashed
    quoted = at < stop and (data[at] == _DOUBLE or data[at] == _SINGLE)
    at += quoted
    end = at
    while end < stop and (data[end] == _UNDERSCORE or data[end] >= 128 or _is_letter_or_digit(data[end])):
        end += 1
    length = end - at
    is_upper = length > 0 and (_UPPER_A <= data[at] <= _UPPER_Z or data[at] == _UNDERSCORE)
    if length == 0 or not (dashed or quoted or is_upper):
        return NOT_HERE
    line = max(line_end(data, end, stop) + 1, pending) if pending <= at else pending + 1
    while line < stop:
        begin = line
        while begin < stop and (data[begin] == _BLANK or data[begin] == _TAB):
            begin += 1
        same = begin + length <= stop
        for each in range(length if same else 0):
            if data[begin + each] != data[at + each]:
                same = False
                break
        after = begin + length
        if same and (after == stop or data[after] < 48):
            return after
        line = line_end(data, begin, stop) + 1
    return ENDLESS


@part
def _is_letter_or_digit(byte: int) -> bool:
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


@part
def _walk(
    data: Bytes, out: Bytes, state: Counts, classes: Bytes, openers: Counts, layout: int, directives: bool
) -> None:
    stop = len(data)
    indents = np.zeros(_INDENTS_MAX + 1, np.int64)
    dead = np.zeros(len(openers), np.int64)
    while state[_AT] < stop:
        if not state[_FRESH] and not state[_IN_DIRECTIVE]:
            _plain(data, out, state, classes)
            if state[_AT] == stop:
                break
        at = state[_AT]
        byte = data[at]
        kind = classes[byte] & _CLASS
        if kind == SPACE:
            _indentation(data, state, classes)
        elif kind == NEWLINE:
            _new_line(data, out, state)
        elif byte == _BACKSLASH and _continues(data, at, stop):
            state[_GAP] = 1
            state[_AT] = next_line(data, at + 1, stop)
        elif classes[byte] & MAY_OPEN and _opened(
            data, out, state, classes, openers, dead, layout, directives, indents
        ):
            continue
        else:
            _begin_token(data, out, state, kind, layout, directives, indents)
            state[_DEPTH] = max(0, state[_DEPTH] + (kind == OPENING) - (kind == CLOSING))
            state[_AT], state[_OUT] = _copy_token(data, at, stop, out, state[_OUT], classes)


@kernel(
    "Tuple((uint8[::1], int64[::1], int32[::1], int64[:, ::1]))(Array(uint8, 1, 'C', readonly=True), "
    "Array(int64, 1, 'C', readonly=True), uint8[::1], int64[:, ::1], int64, boolean)"
)
def canonical(
    data: Bytes, starts: Counts, classes: Bytes, openers: Counts, layout: int, directives: bool
) -> tuple[Bytes, Counts, npt.NDArray[np.int32], Counts]:
    """The tokens of texts as texts, where each begins (and the last one ends), and how many tokens each has.

    Beside them, [n, 3] the bytes of comments, of strings, and of the longest string.

    Args:
        data: Texts in UTF-8, or any bytes, back to back.
        starts: [n + 1] Where each begins, and where the last one ends.
        classes: Of the family of languages that all are in, as `Rules` has them; so the others.
        openers: [m, 24]
        layout: Whether lines and indentation count.
        directives: Whether lines that begin with `#` end with their line.
    """
    # A line that is indented, and whose end is marked, takes a byte more than it had.
    out = np.empty(len(data) + len(data) // 2 + 16, np.uint8)
    ends = np.zeros(len(starts), np.int64)
    counts = np.zeros(len(starts) - 1, np.int32)
    measures = np.zeros((len(counts), MEASURES), np.int64)
    for text in range(len(counts)):
        state = np.zeros(_MEASURED + MEASURES, np.int64)
        state[_FRESH] = 1
        begin = ends[text]
        _walk(data[starts[text] : starts[text + 1]], out[begin:], state, classes, openers, layout, directives)
        ends[text + 1] = begin + state[_OUT]
        counts[text] = state[_TOKENS]
        measures[text] = state[_MEASURED:]
    return out, ends, counts, measures
