"""Runs of digits in groups: payment cards, national numbers, and what may be telephone numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    CLASSES,
    DIGIT,
    WORD,
    Bytes,
    byte_at,
    context,
    flags_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.kinds import (
    CARD,
    CHECKSUM,
    CONTEXT,
    NATIONAL_ID,
    PATTERN,
    PHONE,
    PLACEHOLDER,
)
from tilth.data.facts.personal_data.national_ids import US, Digits, country_of, luhn, number_of
from tilth.data.facts.personal_data.words import (
    ABOUT_CARD,
    ABOUT_ID,
    ABOUT_NUMBER,
    ABOUT_PHONE,
    ABOUT_VERSION,
    EXAMPLE_NUMBER,
)  # fmt: skip

MOST_DIGITS, MOST_GROUPS = 20, 8
"""A longer run is a table of numbers."""
_SPACE, _PLUS, _DASH, _DOT, _SLASH, _OPEN, _CLOSE = 32, 43, 45, 46, 47, 40, 41
_NONE = (-1, -1, 0, 0, 0)


@part
def _sign(byte: int) -> bool:
    return (
        byte == _SPACE or byte == _DASH or byte == _DOT or byte == _SLASH or byte == _OPEN or byte == _CLOSE
    )


@part
def groups_at(
    data: Bytes, at: int, high: int, digits: Digits, sizes: Digits, signs: Digits
) -> tuple[int, int, int]:
    """Reads the groups of digits from `at` on: where they end, how many there are, and how many digits.

    Args:
        data: The text.
        at: The first digit.
        high: Where the text ends.
        digits: Receives the digits.
        sizes: Receives the size of each group.
        signs: Receives the sign behind each group, 256 where there are two.
    """
    end, groups, count = at, 0, 0
    while True:
        first = end
        while end < high and CLASSES[data[end]] & DIGIT:
            if count < MOST_DIGITS:
                digits[count] = int(data[end]) - 48
            count += 1
            end += 1
        if groups < MOST_GROUPS:
            sizes[groups] = end - first
        groups += 1
        next_one = end
        while next_one < high and next_one - end < 2 and _sign(data[next_one]):
            next_one += 1
        if next_one == end or next_one >= high or not CLASSES[data[next_one]] & DIGIT:
            return end, groups, count
        if groups <= MOST_GROUPS:
            signs[groups - 1] = int(data[end]) if next_one == end + 1 else 256
        end = next_one


@part
def _shape(sizes: Digits, groups: int) -> int:
    if groups == 1:
        return int(sizes[0])
    shape = 0
    for at in range(groups):
        shape = shape << 4 | min(int(sizes[at]), 15)
    return shape


@part
def _one_sign(signs: Digits, groups: int) -> int:
    """The sign between all groups; 0 where they differ."""
    for at in range(1, groups - 1):
        if signs[at] != signs[0]:
            return 0
    return int(signs[0]) if groups > 1 else 0


@part
def _issued(digits: Digits, count: int) -> bool:
    """Whether an issuer of payment cards has numbers that begin so and are so long."""
    two, four = number_of(digits, 0, 2), number_of(digits, 0, 4)
    if digits[0] == 4:
        return count == 16 or count == 19
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return count == 16
    if two == 34 or two == 37:
        return count == 15
    if two == 36 or two == 38 or 300 <= four // 10 <= 305:
        return count == 14 or count == 16
    if four == 6011 or two == 65 or 644 <= four // 10 <= 649 or 3528 <= four <= 3589 or two == 62:
        return 16 <= count <= 19
    return count == 16 and (two == 50 or 56 <= two <= 58 or two == 60 or two == 63 or two == 67)


@part
def _card(digits: Digits, count: int, shape: int, sign: int, said: int, is_example: bool) -> tuple[int, int]:
    """Confidence in hundredths, and how, that a run of digits is a payment card; 0 where it is none."""
    if count < 14 or count > 19 or not _issued(digits, count) or not luhn(digits, 0, count):
        return 0, 0
    zeros = 0
    for at in range(count):
        zeros += digits[at] == 0
    if is_example or zeros > count - 6:
        return 10, PLACEHOLDER
    is_grouped = shape in (0x4444, 0x465, 0x464, 0x44443) and (sign == _SPACE or sign == _DASH)
    if not is_grouped and shape != count:
        return 0, 0
    if said & ABOUT_CARD:
        return 90, CHECKSUM
    if said & ABOUT_NUMBER:
        return 10, CHECKSUM
    return (80, CHECKSUM) if is_grouped else (30, CHECKSUM)


@part
def _national(
    digits: Digits, count: int, shape: int, sign: int, said: int, is_example: bool
) -> tuple[int, int, int]:
    """Country, confidence in hundredths, and how; a confidence of 0 where it is no national number."""
    if is_example or (shape != count and (sign == 0 or sign == 256) and count != 11):
        return -1, 0, 0
    country, is_told = country_of(digits, count, shape)
    if country < 0:
        return -1, 0, 0
    if country == US:
        return country, 80 if said & ABOUT_ID else 30, PATTERN
    if said & ABOUT_ID:
        return country, 90, CHECKSUM
    if said & ABOUT_NUMBER or not is_told:
        return country, 0, 0
    return country, 60 if shape != count else 35, CHECKSUM


@part
def _phone(
    data: Bytes, at: int, low: int, high: int, digits: Digits, count: int, shape: int, sign: int, said: int
) -> tuple[int, int, int]:
    """Where a telephone number begins, confidence in hundredths before a registry is asked, and how; 0 for none."""
    before, start = byte_at(data, at - 1, low, high), at
    if before == _OPEN:
        start -= 1
        before = byte_at(data, start - 1, low, high)
    if before == _PLUS and not is_a(data, start - 2, low, high, WORD):
        if 8 <= count <= 15 and digits[0] != 0:
            return start - 1, 90 if said & ABOUT_PHONE else 75, PATTERN
        return start, 0, 0
    if (
        count < 7
        or count > 15
        or CLASSES[before] & WORD
        or before == _DOT
        or before == _DASH
        or before == _SLASH
    ):
        return start, 0, 0
    # Numbers of North America as they are written there: 3-3-4, with a 1 before it or without.
    is_american = (shape == 0x334 and digits[0] > 1 and digits[3] > 1) or (
        shape == 0x1334 and digits[0] == 1 and digits[1] > 1 and digits[4] > 1
    )
    if is_american and sign != _SPACE:
        return start, 80 if said & ABOUT_PHONE else 45, PATTERN
    if said & ABOUT_PHONE and not said & (ABOUT_NUMBER | ABOUT_VERSION) and count >= 9:
        return start, 70 if shape != count else 50, CONTEXT
    return start, 0, 0


@part
def number_at(
    data: Bytes, at: int, end: int, groups: int, count: int, low: int, high: int,
    digits: Digits, sizes: Digits, signs: Digits, hashes: Any, flags: Any,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """What the groups of digits in data[at:end] are: start, end, kind, confidence, how; start is -1 for nothing."""
    before, after = byte_at(data, at - 1, low, high), byte_at(data, end, low, high)
    if CLASSES[after] & WORD or after == 37 or CLASSES[before] & WORD or before == 35 or before == 36:
        return _NONE
    if (after == _DOT or after == _DASH) and is_a(data, end + 1, low, high, ALNUM):
        return _NONE
    said = context(data, at, low, hashes, flags)
    shape, sign = _shape(sizes, groups), _one_sign(signs, groups)
    best = _NONE
    if before != _DOT and before != _DASH and before != _SLASH and before != _PLUS:
        is_example = _is_example(digits, count, hashes, flags)
        confidence, how = _card(digits, count, shape, sign, said, is_example)
        if confidence:
            best = (at, end, CARD, confidence, how)
        country, confidence, how = _national(digits, count, shape, sign, said, is_example)
        if confidence > best[3]:
            best = (at, end, NATIONAL_ID + country, confidence, how)
    start, confidence, how = _phone(data, at, low, high, digits, count, shape, sign, said)
    if confidence > best[3] and not _counts(digits, count):
        best = (start, end, PHONE, confidence, how)
    return best


@part
def _counts(digits: Digits, count: int) -> bool:
    """Whether the last digits are what people type who invent a number: all alike, or counting."""
    alike, up, down = 0, 0, 0
    for at in range(max(1, count - 6), count):
        alike += digits[at] == digits[at - 1]
        up += digits[at] == (digits[at - 1] + 1) % 10
        down += digits[at] == (digits[at - 1] + 9) % 10
    return max(alike, max(up, down)) >= 5


@part
def _is_example(digits: Digits, count: int, hashes: Any, flags: Any) -> bool:
    text: NDArray[np.uint8] = np.empty(count, np.uint8)
    for at in range(count):
        text[at] = digits[at] + 48
    return (flags_of(text, 0, count, hashes, flags) & EXAMPLE_NUMBER) != 0
