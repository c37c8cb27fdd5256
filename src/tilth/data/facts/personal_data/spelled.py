"""Addresses spelled so that machines overlook them: `name [at] domain [dot] org`."""

from typing import Any

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    CLASSES,
    LETTER,
    LOCAL,
    WORD,
    Bytes,
    byte_at,
    flags_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.kinds import EMAIL, PATTERN
from tilth.data.facts.personal_data.words import FILLER_DOMAIN, FILLER_LOCAL, TLD

_SPACE, _DOT, _DASH = 32, 46, 45
_NONE = (-1, -1, 0, 0, 0)


@part
def _closing(byte: int) -> int:
    """The bracket that closes another one."""
    return 41 if byte == 40 else int(byte) + 2


@part
def _dot_end(data: Bytes, at: int, high: int) -> int:
    """Where a full stop ends that begins at `at`, in one of its spellings; -1 where there is none."""
    if at < high and data[at] == _DOT:
        return at + 1
    start = at
    while at < high and data[at] == _SPACE and at - start < 2:
        at += 1
    is_spaced = at > start
    is_framed = at < high and data[at] in (40, 91, 60, 123)
    frame = data[at] if is_framed else 0
    at += is_framed
    if not (is_spaced or is_framed) or at + 3 > high:
        return -1
    if data[at] | 32 != 100 or data[at + 1] | 32 != 111 or data[at + 2] | 32 != 116:
        return -1
    at += 3
    if is_framed:
        if byte_at(data, at, start, high) != _closing(frame):
            return -1
        at += 1
    elif byte_at(data, at, start, high) != _SPACE:
        return -1
    while at < high and data[at] == _SPACE:
        at += 1
    return at


@part
def spelled_around(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """The address whose bracketed `at` begins at `at`, as `email_around` gives an address."""
    if (
        at + 4 > high
        or data[at + 1] | 32 != 97
        or data[at + 2] | 32 != 116
        or data[at + 3] != _closing(data[at])
    ):
        return _NONE
    left = at
    while left > low and at - left < 2 and data[left - 1] == _SPACE:
        left -= 1
    start = left
    while start > low and CLASSES[data[start - 1]] & LOCAL and left - start <= 64:
        start -= 1
    while start < left and not CLASSES[data[start]] & WORD:
        start += 1
    end = at + 4
    while end < high and data[end] == _SPACE and end - at < 6:
        end += 1
    first, labels, meaning, place = end, 0, 0, 0
    stop = end
    while labels < 6:
        label = stop
        while stop < high and (CLASSES[data[stop]] & ALNUM or data[stop] == _DASH) and stop - label < 64:
            stop += 1
        if stop == label:
            break
        if labels == 0:
            place = flags_of(data, label, stop, hashes, flags)
        meaning = flags_of(data, label, stop, hashes, flags)
        labels += 1
        end = stop
        following = _dot_end(data, stop, high)
        if following < 0 or not is_a(data, following, low, high, LETTER):
            break
        stop = following
    who = flags_of(data, start, left, hashes, flags)
    if left - start < 2 or left - start > 64 or labels < 2 or not meaning & TLD or end <= first:
        return _NONE
    return start, end, EMAIL, 40 if (who & FILLER_LOCAL or place & FILLER_DOMAIN) else 85, PATTERN
