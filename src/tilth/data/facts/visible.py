"""How much of an HTML document a reader sees: a compiled scan that knows tags, not the whole grammar."""

import numpy as np

from tilth.data.facts.kernels import Bytes, kernel, part

_LESS, _GREATER, _AND, _SEMICOLON, _MINUS, _BANG, _QUESTION, _SLASH = 60, 62, 38, 59, 45, 33, 63, 47
_EQUALS, _QUOTE, _APOSTROPHE, _HASH = 61, 34, 39, 35
_LONGEST_ENTITY = 33
_SCRIPT = np.frombuffer(b"script", dtype=np.uint8)
_STYLE = np.frombuffer(b"style", dtype=np.uint8)
_IS_SPACE = np.isin(np.arange(256), list(b"\t\n\f\r "))
_IS_NAME = np.array([chr(byte).isalnum() and byte < 128 for byte in range(256)])


@part
def _is_word_at(data: Bytes, at: int, stop: int, word: Bytes) -> bool:
    """Whether the tag name `word` stands at `at`, in any case, and ends there."""
    if at + len(word) >= stop:
        return False
    for offset in range(len(word)):
        if data[at + offset] | 32 != word[offset]:
            return False
    after = data[at + len(word)]
    return bool(_IS_SPACE[after]) or after == _GREATER or after == _SLASH


@part
def _after_tag(data: Bytes, at: int, stop: int) -> int:
    """Position behind the tag that opens at `at`; a `>` in a quoted value does not close it."""
    quote = 0
    at += 1
    while at < stop:
        byte = data[at]
        if quote:
            if byte == quote:
                quote = 0
        elif byte == _GREATER:
            return at + 1
        elif (byte == _QUOTE or byte == _APOSTROPHE) and data[at - 1] != _LESS:
            quote = byte
        at += 1
    return stop


@part
def _after_comment(data: Bytes, at: int, stop: int) -> int:
    at += 4
    while at + 2 < stop:
        if data[at] == _MINUS and data[at + 1] == _MINUS and data[at + 2] == _GREATER:
            return at + 3
        at += 1
    return stop


@part
def _after_declaration(data: Bytes, at: int, stop: int) -> int:
    """Position behind `<!...>`, `</...>` or `<?...?>`."""
    needs_question = data[at + 1] == _QUESTION
    at += 2
    while at < stop:
        if data[at] == _GREATER and (not needs_question or data[at - 1] == _QUESTION):
            return at + 1
        at += 1
    return stop


@part
def _after_element(data: Bytes, at: int, stop: int, word: Bytes) -> int:
    """Position behind the element `word` that opens at `at`, with all it holds."""
    at = _after_tag(data, at, stop)
    while at + 2 < stop:
        if data[at] == _LESS and data[at + 1] == _SLASH and _is_word_at(data, at + 2, stop, word):
            return _after_declaration(data, at, stop)
        at += 1
    return stop


@part
def _after_markup(data: Bytes, at: int, stop: int) -> int:
    """Position behind the markup whose `<` is at `at`, or `at` where it is only a sign."""
    if at + 1 >= stop:
        return at
    following = data[at + 1]
    if following == _BANG and at + 3 < stop and data[at + 2] == _MINUS and data[at + 3] == _MINUS:
        return _after_comment(data, at, stop)
    if following == _BANG or following == _QUESTION or following == _SLASH:
        return _after_declaration(data, at, stop)
    if not 97 <= (following | 32) <= 122:
        return at
    if _is_word_at(data, at + 1, stop, _SCRIPT):
        return _after_element(data, at, stop, _SCRIPT)
    if _is_word_at(data, at + 1, stop, _STYLE):
        return _after_element(data, at, stop, _STYLE)
    return _after_tag(data, at, stop)


@part
def _after_entity(data: Bytes, at: int, stop: int) -> int:
    """Position behind the character reference whose `&` is at `at`, or behind the `&` where it is none."""
    end = at + 1
    if end < stop and data[end] == _HASH:
        end += 1
    first = end
    while end < min(stop, at + _LONGEST_ENTITY) and _IS_NAME[data[end]]:
        end += 1
    return end + 1 if first < end < stop and data[end] == _SEMICOLON else at + 1


@kernel("int64(Array(uint8, 1, 'C', readonly=True), int64, int64)")
def visible_chars(data: Bytes, start: int, stop: int) -> int:
    """Characters of the HTML document in `data[start:stop]` that stand between its tags.

    Scripts, styles, comments, declarations and `<?...?>` do not count, the title does. A run of ASCII white
    space counts once, and not at either end; a character reference counts once.
    """
    count, at, space = 0, start, False
    while at < stop:
        byte = data[at]
        if _IS_SPACE[byte]:
            space = True
            at += 1
            continue
        behind = _after_markup(data, at, stop) if byte == _LESS else at
        if behind > at:
            at = behind
            continue
        if byte & 0xC0 != 0x80:
            count += 1 + (space and count > 0)
            space = False
        at = _after_entity(data, at, stop) if byte == _AND else at + 1
    return count
