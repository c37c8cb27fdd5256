"""One pass over the bytes of a batch: what may be personal data is judged where a byte or a word of it stands.

Everything but the registry of telephone numbers is compiled, so a file made of addresses alone costs no more than its
bytes do. No search looks further from its place than a fixed number of bytes.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.licence.gate import needles_of, place_of_any
from tilth.data.facts.personal_data import names, numbers, places
from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    CLASSES,
    DIGIT,
    HEX,
    LETTER,
    LOWER,
    WORD,
    Bytes,
    byte_at,
    context,
    flags_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.email import email_around
from tilth.data.facts.personal_data.kinds import (
    CHECKSUM,
    CONTEXT,
    EMAIL,
    HOLDER,
    IBAN,
    NAME,
    NATIONAL_ID,
    PATTERN,
    PLACEHOLDER,
    USERNAME,
    WITH_EMAIL,
)  # fmt: skip
from tilth.data.facts.personal_data.national_ids import CN, FI, IT
from tilth.data.facts.personal_data.network import ipv4_at, ipv6_around, mac_around
from tilth.data.facts.personal_data.spelled import spelled_around
from tilth.data.facts.personal_data.worded_ids import country_of_word, iban_at
from tilth.data.facts.personal_data.words import ABOUT_BANK, ABOUT_ID, EXAMPLE_NUMBER

Found = NDArray[np.int64]
"""[n, 6] Document, kind, start and end in the joined documents, confidence in hundredths, how."""

_AT, _NUMBER, _COLON, _DASH, _PERCENT, _BRACKET = 1, 2, 3, 4, 5, 6


def _anchors() -> Bytes:
    table = np.zeros(256, np.uint8)
    for members, anchor in (
        (b"@", _AT),
        (b"0123456789", _NUMBER),
        (b":", _COLON),
        (b"-", _DASH),
        (b"%", _PERCENT),
        (b"([<{", _BRACKET),
    ):
        table[list(members)] = anchor
    return table


_ANCHORS = _anchors()
_WORDS = (
    b"autho", b"maint", b"contr", b"devel", b"creat", b"edito", b"chair", b"en by", b"ed by", b"f-by:", b"d-by:",
    b"copyr", b"(c) 1", b"(c) 2", b"\xc2\xa9 19", b"\xc2\xa9 20",
    b"/home", b"/user", b"\\user", b"todo(", b"ixme(", b"stree", b" road", b" aven", b" boul", b" lane", b" driv",
)  # fmt: skip
_LEADS, _BY, _TRAILERS, _COPYRIGHT, _HOMES, _NOTES = 7, 9, 11, 16, 19, 21
"""Where each sort of word ends in the list."""
NEEDLES = needles_of(_WORDS)


@part
def _put(found: Found, total: int, which: int, one: tuple[int, int, int, int, int]) -> Found:
    """Takes down a finding: start, end, kind, confidence, how; gives the table, which may be a longer one."""
    if total == found.shape[0]:
        longer = np.empty((2 * total, 6), np.int64)
        longer[:total] = found
        found = longer
    start, end, kind, confidence, how = one
    found[total, 0], found[total, 1], found[total, 2] = which, kind, start
    found[total, 3], found[total, 4], found[total, 5] = end, confidence, how
    return found


@part
def _is_example(data: Bytes, start: int, end: int, hashes: Any, flags: Any) -> bool:
    """Whether an account number, its spaces aside, is one that manuals give."""
    text = np.empty(end - start, np.uint8)
    size = 0
    for at in range(start, end):
        text[size] = data[at]
        size += data[at] != 32
    return (flags_of(text, 0, size, hashes, flags) & EXAMPLE_NUMBER) != 0


@part
def _word(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int, int]:
    """Where the word of letters and digits ends that the digit at `at` is in, and what it is."""
    start, end = at, at
    while start > low and CLASSES[data[start - 1]] & ALNUM and at - start < 40:
        start -= 1
    is_small = False
    while end < high and CLASSES[data[end]] & ALNUM:
        is_small |= (CLASSES[data[end]] & LOWER) != 0
        end += 1
    none = (end, -1, 0, 0, 0, 0)
    size = end - start
    if (
        is_small
        or size > 34
        or size < 4
        or is_a(data, start - 1, low, high, WORD)
        or is_a(data, end, low, high, WORD)
    ):
        return none
    if byte_at(data, start - 1, low, high) in (43, 47, 45) or byte_at(data, end, low, high) in (43, 47, 61):
        return none
    said = 0
    if size >= 15 or (size == 4 and byte_at(data, end, low, high) == 32):
        stop = iban_at(data, start, high)
        if stop >= end and not is_a(data, stop, low, high, WORD):
            said = context(data, start, low, hashes, flags)
            if _is_example(data, start, stop, hashes, flags):
                return stop, start, stop, IBAN, 10, PLACEHOLDER
            return stop, start, stop, IBAN, 95 if said & ABOUT_BANK else 85, CHECKSUM
    country = country_of_word(data, start, end)
    if country < 0 or flags_of(data, start, end, hashes, flags) & EXAMPLE_NUMBER:
        return none
    if context(data, start, low, hashes, flags) & ABOUT_ID:
        return end, start, end, NATIONAL_ID + country, 90, CHECKSUM
    return end, start, end, NATIONAL_ID + country, 75 if country in (IT, CN, FI) else 45, CHECKSUM


@part
def _number(
    data: Bytes, at: int, low: int, high: int, scratch: Any, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int, int]:
    """Where to go on behind the digit at `at`, and what begins there."""
    end = at
    while end < high and CLASSES[data[end]] & DIGIT:
        end += 1
    if is_a(data, at - 1, low, high, LETTER) or is_a(data, end, low, high, LETTER):
        return _word(data, at, low, high, hashes, flags)
    none = (end, -1, 0, 0, 0, 0)
    after = byte_at(data, end, low, high)
    if after == 46 and end - at <= 3:
        start, stop, kind, confidence, how = ipv4_at(data, at, low, high, hashes, flags)
        if start >= 0:
            return stop, start, stop, kind, confidence, how
    if end - at < 7 and not (is_a(data, end + 1, low, high, DIGIT) or is_a(data, end + 2, low, high, DIGIT)):
        return none
    digits, sizes, signs = scratch
    stop, groups, count = numbers.groups_at(data, at, high, digits, sizes, signs)
    if count < 7 or count > numbers.MOST_DIGITS or groups > numbers.MOST_GROUPS:
        return stop, -1, 0, 0, 0, 0
    start, last, kind, confidence, how = numbers.number_at(
        data, at, stop, groups, count, low, high, digits, sizes, signs, hashes, flags
    )
    return stop, start, last, kind, confidence, how


@njit(cache=True, nogil=True)
def find_by_signs(data: Bytes, starts: NDArray[np.int64], hashes: Any, flags: Any) -> Found:
    """What is told by a sign: addresses by their `@`, numbers by their digits."""
    found = np.empty((1024, 6), np.int64)
    total = 0
    scratch = (np.zeros(24, np.int64), np.zeros(8, np.int64), np.zeros(8, np.int64))
    for which in range(starts.size - 1):
        low, high = starts[which], starts[which + 1]
        at = low
        while at < high:
            # Four bytes together: a branch for each would be mispredicted too often.
            while at + 4 <= high and not (
                _ANCHORS[data[at]] | _ANCHORS[data[at + 1]] | _ANCHORS[data[at + 2]] | _ANCHORS[data[at + 3]]
            ):
                at += 4
            while at < high and _ANCHORS[data[at]] == 0:
                at += 1
            if at == high:
                break
            anchor = _ANCHORS[data[at]]
            one = (-1, -1, 0, 0, 0)
            following = at + 1
            if anchor == _NUMBER:
                following, a, b, c, d, e = _number(data, at, low, high, scratch, hashes, flags)
                one = (a, b, c, d, e)
            elif anchor == _AT:
                one = email_around(data, at, at + 1, low, high, hashes, flags)
            elif anchor == _PERCENT:
                if byte_at(data, at + 1, low, high) == 52 and byte_at(data, at + 2, low, high) == 48:
                    one = email_around(data, at, at + 3, low, high, hashes, flags)
            elif anchor == _BRACKET:
                if byte_at(data, at + 1, low, high) | 32 == 97:
                    one = spelled_around(data, at, low, high, hashes, flags)
            elif is_a(data, at - 1, low, high, HEX):
                if byte_at(data, at + 3, low, high) == data[at]:
                    one = mac_around(data, at, low, high, hashes, flags)
                if one[0] < 0 and anchor == _COLON:
                    one = ipv6_around(data, at, low, high)
            if one[0] >= 0:
                found = _put(found, total, which, one)
                total += 1
                if one[2] == EMAIL and one[3] > 15:
                    start, end = names.name_before(data, one[0], low, hashes, flags)
                    said = (start, end, NAME, 90, WITH_EMAIL)
                    if start < 0:
                        start = names.account_before(data, one[0], low, hashes, flags)
                        said = (start, one[0] - 2, USERNAME, 60, WITH_EMAIL)
                    if start >= 0:
                        found = _put(found, total, which, said)
                        total += 1
                following = max(following, one[1])
            at = following
    return found[:total]


@part
def _begin(
    data: Bytes, at: int, low: int, high: int, needle: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int]:
    """Where a name may begin behind a word of the list, which ends before `at`; its kind, confidence and how."""
    if needle < _LEADS:
        start, confidence = names.after_lead(data, at - 1, low, high, hashes, flags)
        return start, NAME, confidence, CONTEXT
    if needle < _BY:
        return names.after_deed(data, at, low, high, hashes, flags), NAME, 75, CONTEXT
    if needle < _TRAILERS:
        return at + (byte_at(data, at, low, high) == 32), NAME, 90, CONTEXT
    start = at
    while start < high and CLASSES[data[start]] & LETTER:
        start += 1
    # Behind a sign the search has gone into the year.
    if needle > _TRAILERS:
        start = at - 1
    return names.after_copyright(data, start, high), HOLDER, 85, CONTEXT


@njit(cache=True, nogil=True)
def find_by_words(data: Bytes, starts: NDArray[np.int64], needles: Any, hashes: Any, flags: Any) -> Found:
    """What is told by a word: names behind `author`, accounts behind `/home`, streets."""
    found = np.empty((1024, 6), np.int64)
    total = 0
    for which in range(starts.size - 1):
        low, high = starts[which], starts[which + 1]
        at = low
        while at < high:
            last, needle = place_of_any(data, at, high, needles)
            if last < 0:
                break
            at = last + 1
            if needle < _COPYRIGHT:
                start, kind, confidence, how = _begin(data, at, low, high, needle, hashes, flags)
                while start >= 0:
                    end, words = names.name_at(data, start, high, hashes, flags)
                    if words < 2 or names.is_followed_by_company(data, end, high, hashes, flags):
                        break
                    found = _put(found, total, which, (start, end, kind, confidence, how))
                    total += 1
                    at = max(at, end)
                    start = names.next_name(data, end, high, hashes, flags)
                continue
            one = (-1, -1, 0, 0, 0)
            if needle < _HOMES:
                one = places.home_at(data, last - 4, low, high, hashes, flags)
            elif needle < _NOTES:
                end = names.account_in_note(data, at, high, hashes, flags)
                if end >= 0:
                    one = (at, end, USERNAME, 60, PATTERN)
            else:
                one = places.street_around(data, last - 4 + (data[last - 4] == 32), low, high, hashes, flags)
            if one[0] >= 0:
                found = _put(found, total, which, one)
                total += 1
    return found[:total]
