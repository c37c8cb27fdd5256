"""Names of people, where a text says that somebody wrote, maintains or owns it, or beside an address."""

from typing import Any

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    BEYOND,
    CLASSES,
    DIGIT,
    LETTER,
    LOWER,
    UPPER,
    WORD,
    Bytes,
    byte_at,
    flags_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.words import (
    AND,
    DEED,
    LEAD,
    MACHINE_USER,
    NOT_A_NAME,
    ORGANISATION,
    PARTICLE,
)  # fmt: skip

_SPACE, _TAB, _FEED, _DOT, _DASH, _QUOTE, _COLON, _EQUALS, _AT, _COMMA, _LESS = (
    32,
    9,
    10,
    46,
    45,
    39,
    58,
    61,
    64,
    44,
    60,
)
_SEPARATORS = (32, 9, 58, 61, 42, 34, 39, 96, 40, 41, 91, 123, 62, 45, 124, 35, 95)
LEAD_BYTES = 40
"""How far behind the word `author` a name may begin."""


@part
def _word_end(data: Bytes, start: int, high: int) -> int:
    end = start
    while end < high and (
        CLASSES[data[end]] & (LETTER | BEYOND)
        or (
            data[end] in (_QUOTE, _DASH) and is_a(data, end + 1, start, high, LETTER | BEYOND) and end > start
        )
    ):
        end += 1
    return end


@part
def name_at(data: Bytes, start: int, high: int, hashes: Any, flags: Any) -> tuple[int, int]:
    """Where the name ends that begins at `start`, and how many words with a capital letter it has; 0 for no name."""
    at, end, words = start, start, 0
    while words < 5:
        stop = _word_end(data, at, high)
        if stop == at or stop - at > 24 or is_a(data, stop, start, high, DIGIT):
            break
        meaning = flags_of(data, at, stop, hashes, flags)
        is_capital = (CLASSES[data[at]] & (UPPER | BEYOND)) != 0
        if meaning & ORGANISATION:
            return start, 0
        if not is_capital and not (meaning & PARTICLE and words):
            break
        if is_capital and (meaning & NOT_A_NAME or _shouts(data, at, stop)) and not meaning & PARTICLE:
            if words == 0:
                return start, 0
            break
        if is_capital:
            words += 2 if data[at] >= 0xE3 and stop - at > 5 else 1
        is_initial = stop - at <= 2 and byte_at(data, stop, start, high) == _DOT
        at = stop + is_initial
        if is_capital:
            end = at
        if byte_at(data, at, start, high) != _SPACE:
            if not is_initial:
                break
        else:
            at += 1
    return end, words


@part
def _shouts(data: Bytes, start: int, end: int) -> bool:
    """A long word in capitals."""
    for at in range(start, end):
        if CLASSES[data[at]] & LOWER or data[at] >= 128:
            return False
    return end - start > 3


@part
def is_followed_by_company(data: Bytes, end: int, high: int, hashes: Any, flags: Any) -> bool:
    """Whether the word behind a name makes it that of a company: "Foo Bar, Inc."."""
    at = end
    while at < high and at - end < 2 and data[at] in (_SPACE, _COMMA):
        at += 1
    stop = _word_end(data, at, high)
    if stop < high and data[stop] == _DOT:
        stop += 1
    if flags_of(data, at, stop, hashes, flags) & ORGANISATION:
        return True
    return flags_of(data, at, max(at, stop - 1), hashes, flags) & ORGANISATION != 0


@part
def next_name(data: Bytes, end: int, high: int, hashes: Any, flags: Any) -> int:
    """Where the next name of a list begins behind one that ends at `end`; -1 where the list is over."""
    at = end
    if byte_at(data, at, end, high) == _SPACE and byte_at(data, at + 1, end, high) == _LESS:
        while at < high and at - end < 80 and data[at] != 62 and data[at] != _FEED:
            at += 1
        at += 1
    first = at
    while at < high and at - first < 3 and data[at] in (_SPACE, _COMMA, 59, 34, 39):
        at += 1
    stop = at
    while stop < high and CLASSES[data[stop]] & LETTER:
        stop += 1
    if byte_at(data, at, end, high) == 38:
        stop = at + 1
    if stop > at and flags_of(data, at, stop, hashes, flags) & AND:
        at = stop + 1
    elif at == first or data[first] == _SPACE:
        return -1
    return at if is_a(data, at, end, high, UPPER | BEYOND) else -1


@part
def after_lead(data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any) -> tuple[int, int]:
    """Where a name may begin behind the word at `at` (author, maintainer, …), and the confidence; -1 for nowhere."""
    start = at
    while start > low and CLASSES[data[start - 1]] & LETTER:
        start -= 1
    end = at
    while end < high and CLASSES[data[end]] & LETTER:
        end += 1
    meaning = flags_of(data, start, end, hashes, flags)
    if not meaning & LEAD:
        return -1, 0
    is_tag = byte_at(data, start - 1, low, high) in (_AT, 92)
    at, is_set = end, False
    while at < high and at - end < LEAD_BYTES:
        byte = data[at]
        if byte in _SEPARATORS:
            is_set |= byte in (_COLON, _EQUALS, 62, 40, 91, 123, 124)
        elif byte == _FEED or byte == 13:
            if not is_set or at + 1 - end > LEAD_BYTES:
                return -1, 0
        else:
            stop = at
            while stop < high and CLASSES[data[stop]] & LETTER:
                stop += 1
            if not _is_label(data, at, stop):
                break
            at = stop - 1
        at += 1
    if not is_set and not is_tag:
        return -1, 0
    return at, 80


@part
def _is_label(data: Bytes, start: int, end: int) -> bool:
    """`name`, `by`, `s`: between the word and the name in `author_name:`, `authored by`, `author(s):`."""
    size = end - start
    if size == 1:
        return bool(data[start] == 115)
    if size == 2:
        return bool(data[start] | 32 == 98 and data[start + 1] | 32 == 121)
    return bool(
        size == 4 and data[start] | 32 == 110 and data[start + 1] | 32 == 97 and data[start + 2] | 32 == 109
    )


@part
def after_deed(data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any) -> int:
    """Where a name may begin behind "written by", whose " by" ends at `at`; -1 for nowhere."""
    end = at - 3
    start = end
    while start > low and CLASSES[data[start - 1]] & LETTER:
        start -= 1
    if not flags_of(data, start, end, hashes, flags) & DEED:
        return -1
    at += 1 if byte_at(data, at, low, high) == _COLON else 0
    return at + 1 if byte_at(data, at, low, high) == _SPACE else -1


@part
def after_copyright(data: Bytes, at: int, high: int) -> int:
    """Where a holder may begin behind "copyright" or "(c)", which ends at `at`: behind years or "by"; else -1."""
    end = at
    is_claim = False
    while end < high and end - at < 60:
        byte = data[end]
        if CLASSES[byte] & DIGIT:
            is_claim = True
        elif byte in (_SPACE, _TAB, _COMMA, _DASH, 40, 41, 58, 0xC2, 0xA9, 0xE2, 0x80, 0x93, 0x94):
            pass
        elif byte | 32 == 99 and not is_a(data, end + 1, at, high, WORD):
            pass
        elif (
            byte == 98
            and byte_at(data, end + 1, at, high) == 121
            and byte_at(data, end + 2, at, high) == _SPACE
        ):
            is_claim = True
            end += 1
        else:
            break
        end += 1
    return end if is_claim and end > at else -1


@part
def name_before(data: Bytes, at: int, low: int, hashes: Any, flags: Any) -> tuple[int, int]:
    """The span of the name that stands before the address at `at`; -1 for none."""
    end = at
    while end > low and at - end < 4 and data[end - 1] in (_LESS, _SPACE, 34, 40, 91):
        end -= 1
    if end == at:
        return -1, -1
    first = end
    while (
        first > low
        and end - first < 60
        and (CLASSES[data[first - 1]] & (LETTER | BEYOND) or data[first - 1] in (_SPACE, _DOT, _QUOTE, _DASH))
    ):
        first -= 1
    for start in range(first, end):
        if CLASSES[data[start]] & (UPPER | BEYOND) and (
            start == first or data[start - 1] in (_SPACE, _QUOTE)
        ):
            stop, words = name_at(data, start, end, hashes, flags)
            if words >= 2 and stop == end:
                return start, end
    return -1, -1


@part
def account_before(data: Bytes, at: int, low: int, hashes: Any, flags: Any) -> int:
    """Where the account begins that stands as a single word before the address in brackets at `at`; -1 for none."""
    if byte_at(data, at - 1, low, at) != _LESS or byte_at(data, at - 2, low, at) != _SPACE:
        return -1
    end = at - 2
    start = end
    while start > low and end - start < 24 and CLASSES[data[start - 1]] & WORD:
        start -= 1
    before = byte_at(data, start - 1, low, at)
    if (
        end - start < 3
        or before not in (_SPACE, _FEED, 34, _QUOTE, _TAB)
        or not CLASSES[data[start]] & (LETTER | BEYOND)
    ):
        return -1
    if (
        before == _SPACE
        and CLASSES[byte_at(data, start - 2, low, at)] & (LETTER | BEYOND)
        and not _is_tag_before(data, start - 2, low)
    ):
        return -1
    return -1 if flags_of(data, start, end, hashes, flags) & (NOT_A_NAME | ORGANISATION | LEAD) else start


@part
def _is_tag_before(data: Bytes, at: int, low: int) -> bool:
    """Whether the word that ends at `at` is a tag such as `@author`."""
    while at > low and CLASSES[data[at]] & LETTER:
        at -= 1
    return bool(data[at] == _AT)


@part
def account_in_note(data: Bytes, at: int, high: int, hashes: Any, flags: Any) -> int:
    """Where the account ends that begins at `at`, in "TODO(account)"; -1 for none."""
    end = at
    while end < high and end - at < 24 and (CLASSES[data[end]] & ALNUM or data[end] in (_DOT, _DASH, 95)):
        end += 1
    if end - at < 3 or end >= high or data[end] != 41 or not CLASSES[data[at]] & LETTER:
        return -1
    return -1 if flags_of(data, at, end, hashes, flags) & (NOT_A_NAME | MACHINE_USER | ORGANISATION) else end
