"""The grammar of the forms: from a name, or another sign, to where the value of it begins.

Each of these reads a bounded number of bytes forward and gives -1 where its form is not what stands there.
"""

from typing import Any

from numba import njit

from tilth.data.facts.secrets.names import IDENTIFIER
from tilth.data.facts.secrets.values import ALNUM, SPACE, byte, table

FURTHEST = 100
"""Spaces that may lie between a name and its value."""
_QUOTES = table(b"\"'`")
_CLOSES = table(b"\\\"'`])}")
_IN_SIGN = table(b":?!=+.|")
_PREFIX = table(b"@$brufBRUFlL")
_OPENS_TYPE = table(b"*&[", (65, 91), (97, 123))
_IN_TYPE = table(b"_.<>&?*[]", *ALNUM)
_TOKEN = table(b"+/_.~=-", *ALNUM)


@njit(nogil=True)
def skip(data: Any, at: int, high: int, members: Any, most: int) -> int:
    """Behind the bytes of a set, so many at most."""
    stop = min(high, at + most)
    while at < stop and members[data[at]]:
        at += 1
    return at


@njit(nogil=True)
def blanks(data: Any, at: int, high: int, most: int) -> int:
    """Behind spaces and tabs, so many at most."""
    stop = min(high, at + most)
    while at < stop and (data[at] == 32 or data[at] == 9):
        at += 1
    return at


@njit(nogil=True)
def plain(data: Any, at: int, high: int) -> bool:
    """Whether three bytes stand here that are neither spaces nor quotes."""
    if at + 3 > high:
        return False
    for step in range(3):
        if SPACE[data[at + step]] or _QUOTES[data[at + step]]:
            return False
    return True


@njit(nogil=True)
def _sign_end(data: Any, at: int, high: int) -> int:
    """Behind what gives a value: `=` and its kin, a colon, a comma, a bracket, an arrow."""
    one, two = byte(data, at, high), byte(data, at + 1, high)
    if (one == 61 and two == 62) or (one == 45 and two == 62) or (one == 60 and two == 45):
        return at + 2
    end = skip(data, at, high, _IN_SIGN, 4)
    if end > at and (data[end - 1] == 61 or (end == at + 1 and one == 58)):
        return end
    if end == at + 2 and one == two and one in (124, 63):
        return end
    return at + 1 if one in (40, 44) else -1


@njit(nogil=True)
def opened(data: Any, at: int, high: int) -> int:
    """Where the text begins that quotes open here; -1 where none do, or there is no text."""
    at = skip(data, at, high, _PREFIX, 2)
    at += byte(data, at, high) == 92
    end = skip(data, at, high, _QUOTES, 3)
    if end == at or (end == at + 2 and data[at] == data[at + 1]):
        return -1
    end = skip(data, end, high, SPACE, FURTHEST)
    return end if plain(data, end, high) else -1


@njit(nogil=True)
def quoted(data: Any, at: int, high: int) -> int:
    """`…: type = "value"` behind a name."""
    at = skip(data, at, high, _CLOSES, 4)
    at = blanks(data, at, high, 30)
    sign = _sign_end(data, at, high)
    if sign >= 0:
        begin = opened(data, skip(data, sign, high, SPACE, FURTHEST), high)
        if begin >= 0:
            return begin
    at += byte(data, at, high) == 58
    at = blanks(data, at, high, 1)
    if at >= high or not _OPENS_TYPE[data[at]]:
        return -1
    at = blanks(data, skip(data, at + 1, high, _IN_TYPE, 12), high, 30)
    sign = _sign_end(data, at, high)
    return opened(data, skip(data, sign, high, SPACE, FURTHEST), high) if sign >= 0 else -1


@njit(nogil=True)
def bare(data: Any, at: int, high: int) -> int:
    """`…: value` behind a name."""
    at += byte(data, at, high) == 92
    at += at < high and _QUOTES[data[at]]
    at = blanks(data, at, high, 30)
    end = at
    while end < min(high, at + 4) and data[end] in (58, 61, 63):
        end += 1
    if end == at or (data[end - 1] != 61 and end > at + 1) or (end == at + 1 and data[at] == 63):
        return -1
    begin = blanks(data, end, high, 10)
    if not plain(data, begin, high):
        return -1
    while begin < high and data[begin] in (61, 58, 62, 126):  # what is left of the sign: = : > ~
        begin += 1
    return blanks(data, begin, high, 10)


@njit(nogil=True)
def wrapped(data: Any, at: int, high: int) -> int:
    """`… = of("value")` behind a name."""
    at = skip(data, at, high, _CLOSES, 2)
    at = blanks(data, at, high, 20)
    if byte(data, at, high) not in (58, 61, 40, 44):
        return -1
    at = blanks(data, at + 1, high, 4)
    end = skip(data, at, high, IDENTIFIER, 20)
    return opened(data, end + 1, high) if end > at and byte(data, end, high) == 40 else -1


@njit(nogil=True)
def element(data: Any, at: int, high: int) -> int:
    """`…>value<` behind a name."""
    if byte(data, at, high) != 62 or data[at - 1] == 45:
        return -1
    begin = skip(data, at + 1, high, SPACE, 20)
    return begin if plain(data, begin, high) and data[begin] not in (60, 62) else -1


@njit(nogil=True)
def pair(data: Any, at: int, high: int) -> int:
    """`…", value="value"` behind a name."""
    at += byte(data, at, high) == 92
    if byte(data, at, high) not in (34, 39):
        return -1
    at = skip(data, at + 1, high, SPACE, 10)
    at = skip(data, at + (byte(data, at, high) == 44), high, SPACE, 20)
    at += byte(data, at, high) == 92
    at += byte(data, at, high) in (34, 39)
    for step, letter in enumerate((118, 97, 108, 117, 101)):  # value
        if byte(data, at + step, high) | 32 != letter:
            return -1
    at += 5
    at += byte(data, at, high) == 92
    at += byte(data, at, high) in (34, 39)
    at = blanks(data, at, high, 4)
    if byte(data, at, high) not in (58, 61):
        return -1
    return opened(data, blanks(data, at + 1, high, 4), high)


@njit(nogil=True)
def option(data: Any, first: int, at: int, low: int, high: int) -> int:
    """`--… value` behind a name that begins at `first`."""
    if first <= low or data[first] != 45 or data[first - 1] not in (32, 9, 34, 39, 91):
        return -1
    if byte(data, at, high) in (34, 39):
        if byte(data, at + 1, high) != 44:
            return -1
        begin = blanks(data, at + 2, high, 4)
        if byte(data, begin, high) not in (34, 39):
            return -1
    else:
        begin = blanks(data, at, high, 4)
        if begin == at:
            return -1
    begin += byte(data, begin, high) in (34, 39)
    return begin if plain(data, begin, high) and data[begin] != 45 else -1


@njit(nogil=True)
def _letters(data: Any, begin: int, end: int) -> int:
    """A word as a number, in any case; a long one is as good as its last letters."""
    number = 0
    for at in range(begin, end):
        number = (number << 8 | data[at] | 32) & 0xFFFFFFFFFFFFFF
    return number


_BETWEEN = tuple(int.from_bytes(word, "big") for word in (b"by", b"as", b"is", b"assword"))


@njit(nogil=True)
def spoken(data: Any, at: int, high: int) -> int:
    """`… by 'value'`, `password as 'value'`: behind a word, and behind others that may stand between."""
    for _ in range(3):
        begin = blanks(data, at, high, 4)
        if begin == at:
            return -1
        if begin < high and _QUOTES[data[begin]]:
            return begin + 1 if plain(data, begin + 1, high) else -1
        at = skip(data, begin, high, IDENTIFIER, 10)
        if _letters(data, begin, at) not in _BETWEEN:
            return -1
    return -1


@njit(nogil=True)
def logged_in(data: Any, first: int, at: int, low: int, high: int) -> int:
    """`login … password value`: behind the word `password` that begins at `first`, as in a file `.netrc`."""
    begin = blanks(data, at, high, 4)
    if begin == at or not plain(data, begin, high):
        return -1
    back = first
    while back > max(low, first - 5) and SPACE[data[back - 1]]:
        back -= 1
    end = back
    while back > max(low, end - 41) and not SPACE[data[back - 1]]:
        back -= 1
    word = back
    while word > max(low, back - 4) and SPACE[data[word - 1]]:
        word -= 1
    if end == first or back == end or word == back:
        return -1
    for size, number in _LOGINS:
        if word - size >= low and _letters(data, word - size, word) == number:
            return begin
    return -1


_LOGINS = tuple((len(word), int.from_bytes(word, "big")) for word in (b"login", b"user", b"account"))


@njit(nogil=True)
def address(data: Any, at: int, low: int, high: int) -> tuple[int, int]:
    """Start and end of the password in `://user:password@host`, whose `://` begins at a place; -1 without one."""
    none = (-1, -1)
    if at == low or not _LETTERS[data[at - 1]]:
        return none
    begin = skip(data, at + 3, high, _IN_USER, 60)
    if byte(data, begin, high) != 58:
        return none
    begin += 1
    end, stop = -1, begin
    limit = min(high, begin + 200)
    while stop < limit and not _ENDS_ADDRESS[data[stop]]:
        # A password may have the sign too: the last one that a host follows ends it.
        if data[stop] == 64 and stop > begin and stop + 1 < high and _OPENS_HOST[data[stop + 1]]:
            end = stop
        stop += 1
    return (begin, end) if begin < end else none


_LETTERS = table(b"", *ALNUM)
_IN_USER = ~table(b" \t\r\n/:@\"'`<>(){}[]|\\")
_ENDS_ADDRESS = table(b" \t\r\n/\"'`<>")
_OPENS_HOST = table(b"[$%{<(*_-", *ALNUM)


@njit(nogil=True)
def credentials(data: Any, at: int, high: int) -> tuple[int, int]:
    """Start and end of what follows `Bearer` and its like: a run of the characters of a token; -1 without one."""
    begin = blanks(data, at, high, 3)
    if begin == at:
        return -1, -1
    end = skip(data, begin, high, _TOKEN, 1_000)
    return (begin, end) if end - begin >= 8 else (-1, -1)


@njit(nogil=True)
def of_user(data: Any, at: int, low: int, high: int) -> int:
    """`-u user:value`, whose last `-` stands at a place: where the value begins; -1 without one."""
    first = at
    while first > low and at - first < 12 and data[first - 1] not in (32, 9, 34, 39, 91):
        first -= 1
    if first == low:
        return -1
    if first == at:
        at += 2
    else:
        at = skip(data, at + 1, high, IDENTIFIER, 5)
        if _letters(data, first, at) not in _USERS:
            return -1
    begin = skip(data, at, high, _BEFORE_USER, 5)
    if begin == at:
        return -1
    end = skip(data, begin, high, _IN_ACCOUNT, 40)
    return end + 1 if end > begin and byte(data, end, high) == 58 and plain(data, end + 1, high) else -1


_USERS = tuple(int.from_bytes(word[-7:], "big") for word in (b"--user", b"--proxy-user"))
_BEFORE_USER = table(b" \t=\",'")
_IN_ACCOUNT = ~table(b" \t\r\n:\"'`")
