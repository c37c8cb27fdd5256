"""Where people live: the account in the path of a home folder, and streets with the number of a house."""

from typing import Any

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    BEYOND,
    CLASSES,
    DIGIT,
    LETTER,
    UPPER,
    WORD,
    Bytes,
    byte_at,
    flags_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.kinds import ADDRESS, CONTEXT, HOME, PATTERN
from tilth.data.facts.personal_data.words import HOME_FOLDER, KNOWN_STREET, MACHINE_USER, STREET

_SLASH, _BACKSLASH, _COLON, _DASH, _DOT, _SPACE = 47, 92, 58, 45, 46, 32
_NAME_BYTES = 32
_NONE = (-1, -1, 0, 0, 0)


@part
def _spells(data: Bytes, at: int, word: bytes) -> bool:
    for place, byte in enumerate(word):
        if data[at + place] != byte:
            return False
    return True


@part
def _in_name(byte: int) -> bool:
    return (CLASSES[byte] & WORD) != 0 or byte == _DASH or byte == _DOT


@part
def _name_end(data: Bytes, start: int, high: int) -> int:
    end = start
    while end < high and end - start <= _NAME_BYTES and _in_name(data[end]):
        end += 1
    return end


@part
def home_at(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """The account in the path of a home folder whose first slash is at `at`, as `email_around` gives an address."""
    sign = data[at]
    first = at + 1
    if sign == _BACKSLASH and byte_at(data, first, low, high) == _BACKSLASH:
        first += 1
    if first + 6 >= high:
        return _NONE
    is_linux = _spells(data, first, b"home") and data[first + 4] == sign and sign == _SLASH
    is_users = _spells(data, first, b"Users") and data[first + 5] == sign
    if not is_linux and not is_users:
        return _NONE
    start = first + (5 if is_linux else 6)
    if sign == _BACKSLASH and byte_at(data, start, low, high) == _BACKSLASH:
        start += 1
    end = _name_end(data, start, high)
    if end - start < 2 or end - start > _NAME_BYTES or not CLASSES[data[start]] & ALNUM:
        return _NONE
    before = byte_at(data, at - 1, low, high)
    is_drive = before == _COLON and is_a(data, at - 2, low, high, LETTER)
    is_root = is_drive or not (
        CLASSES[before] & WORD or before in (_DOT, _DASH, 125, 41, 62, _SLASH, 126, 42, 93)
    )
    if before == _SLASH:
        # file:///home/…
        is_root = byte_at(data, at - 2, low, high) == _SLASH and byte_at(data, at - 3, low, high) == _COLON
    # Drives of Windows as Unix sees them: /c/Users, /mnt/c/Users.
    if is_users and not is_root and is_a(data, at - 1, low, high, LETTER):
        is_root = byte_at(data, at - 2, low, high) == _SLASH
    if not is_root or flags_of(data, start, end, hashes, flags) & MACHINE_USER:
        return _NONE
    while end > start and not CLASSES[data[end - 1]] & WORD:
        end -= 1
    return start, end, HOME, _trust_home(data, end, high, sign, is_drive or is_users, hashes, flags), CONTEXT


@part
def _trust_home(data: Bytes, end: int, high: int, sign: int, is_sure: bool, hashes: Any, flags: Any) -> int:
    """A web site can have a page below /home; what lies in the folder tells."""
    if end >= high or data[end] != sign:
        return 60 if is_sure else 25
    start = end + 1
    if sign == _BACKSLASH and start < high and data[start] == _BACKSLASH:
        start += 1
    next_end = _name_end(data, start, high)
    if flags_of(data, start, next_end, hashes, flags) & HOME_FOLDER:
        return 95
    if is_sure:
        return 90
    return 75 if next_end < high and data[next_end] == sign else 50


@part
def street_around(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """The house and street whose word for a street begins at `at`: "17 Elm Grove Road", as `email_around` does."""
    end = at
    while end < high and CLASSES[data[end]] & LETTER:
        end += 1
    if not CLASSES[data[at]] & UPPER or not flags_of(data, at, end, hashes, flags) & STREET:
        return _NONE
    start, words = at, 0
    while words < 4:
        if start - 1 < low or data[start - 1] != _SPACE:
            return _NONE
        stop = start - 1
        first = stop
        while first > low and (
            CLASSES[data[first - 1]] & (ALNUM | BEYOND) or data[first - 1] in (_DOT, 39, _DASH)
        ):
            first -= 1
        if first == stop:
            return _NONE
        if CLASSES[data[first]] & DIGIT and words and not _is_ordinal(data, first, stop):
            return _numbered(data, first, stop, end, low, high, hashes, flags)
        if not CLASSES[data[first]] & (UPPER | DIGIT | BEYOND):
            return _NONE
        start = first
        words += 1
    return _NONE


@part
def _is_ordinal(data: Bytes, first: int, stop: int) -> bool:
    """5th, 42nd."""
    return (
        stop - first > 2
        and (CLASSES[data[stop - 1]] & LETTER) != 0
        and (CLASSES[data[stop - 2]] & LETTER) != 0
    )


@part
def _numbered(
    data: Bytes, first: int, stop: int, end: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    digits = 0
    for at in range(first, stop):
        digits += (CLASSES[data[at]] & DIGIT) != 0
    if digits > 5 or stop - first - digits > 1 or is_a(data, first - 1, low, high, WORD):
        return _NONE
    # The offices that licences name are known.
    word = stop + 1
    while word < end and CLASSES[data[word]] & (ALNUM | BEYOND):
        word += 1
    if flags_of(data, first, word, hashes, flags) & KNOWN_STREET:
        return _NONE
    is_followed = byte_at(data, end, low, high) == 44 and byte_at(data, end + 1, low, high) == _SPACE
    return first, end, ADDRESS, 75 if is_followed else 55, PATTERN
