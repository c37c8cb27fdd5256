"""E-mail addresses, judged around their `@`, and those that stand for nobody."""

from typing import Any

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    BEYOND,
    CLASSES,
    DIGIT,
    DOMAIN,
    HEX,
    LOCAL,
    LOWER,
    UPPER,
    WORD,
    Bytes,
    byte_at,
    flags_of,
    hash_of,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.kinds import EMAIL, NOREPLY, PATTERN, PLACEHOLDER, STRUCTURE
from tilth.data.facts.personal_data.words import (
    ACCOUNT,
    FILLER_DOMAIN,
    FILLER_LOCAL,
    MAIL_PROVIDER,
    SILENT,
    TLD,
    TLD_NEW,
    hash_of_word,
)  # fmt: skip

LOCAL_BYTES, DOMAIN_BYTES = 64, 253
"""Longest parts of an address (RFC 5321, 4.5.3.1)."""
_AT, _SLASH, _COLON, _DOT, _BACKSLASH, _PERCENT, _LESS, _TILDE, _UNDERSCORE = (
    64,
    47,
    58,
    46,
    92,
    37,
    60,
    126,
    95,
)
_NONE = (-1, -1, 0, 0, 0)


_EXAMPLE, _NOREPLY = hash_of_word("example"), hash_of_word("noreply")


@part
def _local_start(data: Bytes, end: int, low: int) -> int:
    """Where the part before the `@` begins; -1 where there is none."""
    start = end
    while start > low and CLASSES[data[start - 1]] & LOCAL and end - start <= LOCAL_BYTES:
        start -= 1
    if end - start > LOCAL_BYTES or (end > low and data[end - 1] == _DOT):
        return -1
    # "\nfoo@…" in a string: the letter belongs to the escape.
    if start > low and data[start - 1] == _BACKSLASH and start < end:
        if data[start] == 117:
            start += 5
        elif data[start] == 120:
            start += 3
        elif data[start] in (110, 116, 114, 98, 102, 118, 48):
            start += 1
    # What is percent-encoded before it, such as the brackets, does not belong to it either.
    for at in range(end - 3, start - 1, -1):
        if data[at] == _PERCENT and CLASSES[data[at + 1]] & HEX and CLASSES[data[at + 2]] & HEX:
            start = at + 3
            break
    while start < end and not CLASSES[data[start]] & WORD:
        start += 1
    return start if start < end else -1


@part
def _domain(data: Bytes, start: int, high: int, hashes: Any, flags: Any) -> tuple[int, int, int, int, int]:
    """End of a domain, what its last label means, where its last two labels begin, and whether a label is `example`."""
    end = start
    while end < high and CLASSES[data[end]] & DOMAIN and end - start <= DOMAIN_BYTES:
        if data[end] == _DOT and (end == start or data[end - 1] == _DOT):
            break
        end += 1
    while end > start and not CLASSES[data[end - 1]] & ALNUM:
        end -= 1
    last, second, reserved = -1, start, 0
    first = start
    has_letter = False
    for at in range(start, end + 1):
        if at == end or data[at] == _DOT:
            if at == first:
                return -1, 0, 0, 0, 0
            if hash_of(data, first, at) == _EXAMPLE:
                reserved |= 1
            if hash_of(data, first, at) == _NOREPLY:
                reserved |= 2
            if at < end:
                second = first
                for place in range(first, at):
                    has_letter |= (CLASSES[data[place]] & (LOWER | UPPER)) != 0
            else:
                last = first
            first = at + 1
    if last <= start or not has_letter:
        return -1, 0, 0, 0, 0
    meaning = flags_of(data, last, end, hashes, flags) & (TLD | TLD_NEW)
    if not meaning and CLASSES[data[last]] & UPPER and second > start:
        # The next sentence, without a space before it.
        before = second
        meaning = flags_of(data, before, last - 1, hashes, flags) & TLD
        if meaning:
            end, last = last - 1, before
            second = before - 1
            while second > start and data[second - 1] != _DOT:
                second -= 1
    return (end, meaning, second, last, reserved) if meaning else (-1, 0, 0, 0, 0)


@part
def _is_path(data: Bytes, at: int, high: int) -> bool:
    """Whether there is a slash in the word that begins at `at`."""
    end = at
    while end < high and end - at < LOCAL_BYTES and CLASSES[data[end]] & LOCAL:
        end += 1
    return end < high and bool(data[end] == _SLASH)


@part
def _is_login(data: Bytes, start: int, end: int, low: int, high: int, who: int) -> bool:
    """Whether it is a URL's or a remote shell's `account@host`."""
    if who & ACCOUNT:
        return True
    after = byte_at(data, end, low, high)
    if after == _COLON:
        path = byte_at(data, end + 1, low, high)
        if path == _SLASH or path == _TILDE or (CLASSES[path] & ALNUM and _is_path(data, end + 1, high)):
            return True
    at = start - 1
    if at < low or (data[at] != _COLON and data[at] != _SLASH):
        return False
    first = max(low + 2, at - 80)
    while at >= first and data[at] > 32 and data[at] != 34 and data[at] != 39:
        if data[at] == _SLASH and data[at - 1] == _SLASH:
            return byte_at(data, at - 2, low, high) == _COLON
        if data[at] == _SLASH and at < start - 1:
            return False
        at -= 1
    return False


@part
def _is_message_id(data: Bytes, start: int, end: int, low: int, high: int) -> bool:
    if byte_at(data, start - 1, low, high) != _LESS:
        return False
    digits = 0
    for at in range(start, end):
        digits += (CLASSES[data[at]] & DIGIT) != 0
    return digits >= 8 and end - start >= 14


@part
def email_around(
    data: Bytes, left: int, right: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """Start, end, kind, confidence in hundredths and how, of the address whose `@` is data[left:right]; -1 for none."""
    if not is_a(data, left - 1, low, high, LOCAL) or not is_a(data, right, low, high, ALNUM | BEYOND):
        return _NONE
    end, meaning, second, last, reserved = _domain(data, right, high, hashes, flags)
    if end < 0:
        return _NONE
    start = _local_start(data, left, low)
    if start < 0:
        return _NONE
    after = byte_at(data, end, low, high)
    if after == _AT or after == _UNDERSCORE or (after == 40 and meaning & TLD_NEW):
        return _NONE
    who = flags_of(data, start, left, hashes, flags)
    if reserved & 1 or who & SILENT or _is_login(data, start, end, low, high, who):
        return _NONE
    if reserved & 2:
        return start, end, NOREPLY, 60, STRUCTURE
    where = flags_of(data, second, last - 1, hashes, flags)
    is_filler_where = where & FILLER_DOMAIN or last - 1 - second < 2
    is_filler_who = who & FILLER_LOCAL
    if is_filler_where and (is_filler_who or left - start < 2):
        return _NONE
    # Anybody may be me@ at a domain of their own, but hardly at a provider of mail.
    if is_filler_where or (is_filler_who and where & MAIL_PROVIDER):
        return start, end, EMAIL, 30, PLACEHOLDER
    if is_filler_who:
        return start, end, EMAIL, 60, STRUCTURE
    if left - start < 2 and meaning & TLD_NEW:
        return _NONE
    if _is_message_id(data, start, left, low, high):
        return start, end, EMAIL, 30, PATTERN
    return start, end, EMAIL, 95 if meaning & TLD else 70, STRUCTURE
