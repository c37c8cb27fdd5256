"""Addresses of machines: IPv4, IPv6 and those of network cards; not those that are reserved, private or invented."""

from typing import Any

from tilth.data.facts.personal_data.bytes import (
    ALNUM,
    CLASSES,
    DIGIT,
    HEX,
    LETTER,
    WORD,
    Bytes,
    byte_at,
    context,
    is_a,
    part,
)  # fmt: skip
from tilth.data.facts.personal_data.kinds import CONTEXT, IPV4, IPV6, MAC, PATTERN, PLACEHOLDER, STRUCTURE
from tilth.data.facts.personal_data.words import ABOUT_IP, ABOUT_NUMBER, ABOUT_VERSION

_DOT, _COLON, _SLASH, _DASH, _EQUALS, _LESS, _GREATER, _TILDE = 46, 58, 47, 45, 61, 60, 62, 126
_NONE = (-1, -1, 0, 0, 0)
_RESOLVERS = (
    (8, 8, 8, 8), (8, 8, 4, 4), (1, 1, 1, 1), (1, 0, 0, 1), (9, 9, 9, 9), (208, 67, 222, 222), (208, 67, 220, 220),
    (4, 2, 2, 1), (4, 2, 2, 2), (114, 114, 114, 114), (223, 5, 5, 5), (223, 6, 6, 6), (149, 112, 112, 112),
    (94, 140, 14, 14), (94, 140, 15, 15), (64, 6, 64, 6), (77, 88, 8, 8), (169, 254, 169, 254),
)  # fmt: skip
"""Resolvers that answer everybody: nobody's address."""


@part
def _is_of_nobody(a: int, b: int, c: int, d: int) -> bool:
    """Whether an IPv4 address is not a public host's (RFC 6890, 5737, 6598, 5771), or counts up or repeats itself."""
    if a == 0 or a == 10 or a == 127 or a >= 224:
        return True
    if (a == 172 and 16 <= b <= 31) or (a == 192 and b == 168) or (a == 169 and b == 254):
        return True
    if (a == 192 and b == 0 and (c == 2 or c == 0)) or (a == 198 and b == 51 and c == 100):
        return True
    if (a == 203 and b == 0 and c == 113) or (a == 100 and 64 <= b <= 127) or (a == 198 and 18 <= b <= 19):
        return True
    if (a == b and b == c) or (b == a + 1 and c == b + 1) or (b == a - 1 and c == b - 1 and d == c - 1):
        return True
    for one in _RESOLVERS:
        if a == one[0] and b == one[1] and c == one[2] and d == one[3]:
            return True
    return False


@part
def ipv4_at(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """The IPv4 address that begins at `at`, as `email_around` gives an address."""
    before = byte_at(data, at - 1, low, high)
    if CLASSES[before] & WORD or before == _DOT or before == _DASH:
        return _NONE
    parts = (0, 0, 0, 0)
    end = at
    for number in range(4):
        value, first = 0, end
        while end < high and end - first < 4 and CLASSES[data[end]] & DIGIT:
            value = value * 10 + int(data[end]) - 48
            end += 1
        if end == first or value > 255 or (end - first > 1 and data[first] == 48):
            return _NONE
        parts = (parts[1], parts[2], parts[3], value)
        if number < 3:
            if byte_at(data, end, low, high) != _DOT:
                return _NONE
            end += 1
    after = byte_at(data, end, low, high)
    if CLASSES[after] & WORD or ((after == _DOT or after == _DASH) and is_a(data, end + 1, low, high, ALNUM)):
        return _NONE
    if _is_of_nobody(parts[0], parts[1], parts[2], parts[3]):
        return _NONE
    confidence, how = _trust_ipv4(data, at, end, low, high, parts, hashes, flags)
    return at, end, IPV4, confidence, how


@part
def _trust_ipv4(
    data: Bytes, at: int, end: int, low: int, high: int, parts: Any, hashes: Any, flags: Any
) -> tuple[int, int]:
    before, after = byte_at(data, at - 1, low, high), byte_at(data, end, low, high)
    said = context(data, at, low, hashes, flags)
    is_url = before == _SLASH and byte_at(data, at - 2, low, high) == _SLASH
    is_served = after == _COLON and is_a(data, end + 1, low, high, DIGIT)
    if is_url or (is_served and not said & ABOUT_VERSION):
        return 90, STRUCTURE
    is_network = after == _SLASH and is_a(data, end + 1, low, high, DIGIT)
    # A name before a slash is a program, whose version follows; a comparison is one of versions.
    if (before == _SLASH and not is_network) or before == _TILDE or before == _GREATER or before == _LESS:
        return (10, PATTERN) if said & ABOUT_VERSION or not said & ABOUT_IP else (40, PATTERN)
    if before == _EQUALS and byte_at(data, at - 2, low, high) == _EQUALS and not said & ABOUT_IP:
        return 10, PATTERN
    largest = max(max(parts[0], parts[1]), max(parts[2], parts[3]))
    if said & ABOUT_VERSION:
        return (50, CONTEXT) if said & ABOUT_IP and largest > 99 else (10, PATTERN)
    if is_network or parts[3] == 0:
        return (45, PATTERN) if largest > 31 else (10, PATTERN)
    if said & ABOUT_IP:
        return (90, CONTEXT) if largest > 31 else (60, CONTEXT)
    if largest < 32 or parts[0] < 5:
        return 15, PATTERN
    # Of a version's four numbers, one or two are large; of an address's, most.
    large = (parts[0] > 31) + (parts[1] > 31) + (parts[2] > 31) + (parts[3] > 31)
    if largest > 99:
        return 75, PATTERN
    return (60, PATTERN) if large > 2 else (45, PATTERN)


@part
def ipv6_around(data: Bytes, at: int, low: int, high: int) -> tuple[int, int, int, int, int]:
    """The global IPv6 address that the colon at `at` is in, as `email_around` gives an address."""
    start = at
    while start > low and at - start < 6 and CLASSES[data[start - 1]] & HEX:
        start -= 1
    first = int(byte_at(data, start, low, high))
    # Global addresses are those that begin with 2 or 3 (RFC 4291).
    if at - start != 4 or (first != 50 and first != 51):
        return _NONE
    if is_a(data, start - 1, low, high, WORD) or byte_at(data, start - 1, low, high) == _COLON:
        return _NONE
    groups, gaps, end, size, digits = 0, 0, start, 0, 0
    while end < high and end - start < 40:
        byte = data[end]
        if CLASSES[byte] & HEX:
            size += 1
            digits += (CLASSES[byte] & DIGIT) != 0
            if size > 4:
                return _NONE
        elif byte == _COLON:
            groups += size > 0
            if size == 0:
                gaps += 1
            elif not is_a(data, end + 1, low, high, HEX) and byte_at(data, end + 1, low, high) != _COLON:
                break
            size = 0
        else:
            break
        end += 1
    groups += size > 0 and (end >= high or data[end] != _COLON or size > 0)
    return _judged_ipv6(data, start, end, low, high, groups, gaps)


@part
def _judged_ipv6(
    data: Bytes, start: int, end: int, low: int, high: int, groups: int, gaps: int
) -> tuple[int, int, int, int, int]:
    if is_a(data, end, low, high, WORD) or gaps > 1 or (gaps == 0 and groups != 8) or groups > 8:
        return _NONE
    if gaps == 1 and (groups > 7 or groups < 2):
        return _NONE
    if _is_nobodys_prefix(
        _group(data, start, end, 0), _group(data, start, end, 1), _group(data, start, end, 2)
    ):
        return _NONE
    if byte_at(data, end, low, high) == _SLASH and is_a(data, end + 1, low, high, DIGIT):
        return start, end, IPV6, 45, STRUCTURE
    return start, end, IPV6, 90 if groups > 3 else 70, STRUCTURE


@part
def _group(data: Bytes, start: int, end: int, number: int) -> int:
    """The value of a group between colons; 0 for one that is left out."""
    value = 0
    for at in range(start, end):
        if data[at] == _COLON:
            number -= 1
            if number < 0:
                break
        elif number == 0:
            value = value * 16 + _nibble(data[at])
    return value


@part
def _is_nobodys_prefix(first: int, second: int, third: int) -> bool:
    """Documentation (RFC 3849, 9637), what IANA keeps for protocols, 6to4, and resolvers that answer everybody."""
    if first == 0x2001:
        return second < 0x200 or second == 0xDB8 or (second == 0x4860 and third == 0x4860)
    if first == 0x2606:
        return second == 0x4700 and third == 0x4700
    return first in (0x2002, 0x3FFF) or (first == 0x2620 and second in (0xFE, 0x119))


@part
def mac_around(
    data: Bytes, at: int, low: int, high: int, hashes: Any, flags: Any
) -> tuple[int, int, int, int, int]:
    """The hardware address whose first colon or dash is at `at`, as `email_around` gives an address."""
    start, sign = at - 2, data[at]
    if start < low or start + 17 > high or is_a(data, start - 1, low, high, WORD):
        return _NONE
    before, after = byte_at(data, start - 1, low, high), byte_at(data, start + 17, low, high)
    if before == sign or before == 37 or CLASSES[after] & WORD or after == sign:
        return _NONE
    letters, alike, steps = 0, 0, 0
    previous = -2
    values = 0
    for number in range(6):
        place = start + 3 * number
        if not (CLASSES[data[place]] & HEX and CLASSES[data[place + 1]] & HEX):
            return _NONE
        if number < 5 and data[place + 2] != sign:
            return _NONE
        value = _nibble(data[place]) * 16 + _nibble(data[place + 1])
        letters += (CLASSES[data[place]] & LETTER) != 0
        letters += (CLASSES[data[place + 1]] & LETTER) != 0
        alike += value == previous
        steps += abs(value - previous) in (1, 17, 34)
        values |= value << 8 * (5 - number)
        previous = value
    if alike >= 3 or steps >= 4 or _is_invented(values):
        return start, start + 17, MAC, 10, PLACEHOLDER
    said = context(data, start, low, hashes, flags)
    # A group address, or one that a program makes up.
    if values >> 40 & 3:
        return start, start + 17, MAC, 40, STRUCTURE
    if letters == 0 or said & ABOUT_NUMBER or sign == _DASH:
        return start, start + 17, MAC, 60 if letters else 30, PATTERN
    return start, start + 17, MAC, 90, STRUCTURE


@part
def _nibble(byte: int) -> int:
    return int(byte) - 48 if byte < 58 else (int(byte) | 32) - 87


@part
def _is_invented(values: int) -> bool:
    """Whether it is for documentation (RFC 7042: 00-00-5E-00-53), 01-23-45-…, 12-34-56-…, de-ad-be-ef or the like."""
    if values >> 8 == 0x00005E0053 or values >> 24 == 0:
        return True
    for shift in (0, 4, 8, 12, 16):
        head = values >> shift & 0xFFFFFFFF
        if head in (0x01234567, 0x12345678, 0x23456789, 0xDEADBEEF, 0x45678901, 0x789ABCDE, 0xAABBCCDD):
            return True
    return values >> 16 in (0xDEADBEEF, 0xCAFEBABE) or values & 0xFFFFFF in (0x123456, 0xABCDEF, 0, 0xFFFFFF)
