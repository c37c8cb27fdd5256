"""From a row's text back to the bytes that it was read from.

Almost every encoding writes a text in one way only, so the bytes come back exactly and their hash must be the row's.
Five of those for Chinese and Japanese have characters with two forms; what holds no such character comes back exactly
there too.
"""

from collections.abc import Iterator
from functools import cache

_SEVERAL_FORMS = ("big5hkscs", "cp932", "cp950", "euc_jis_2004", "euc_jp")
_OTHER_ORDER = {"utf-16": b"\xfe\xff", "utf-32": b"\0\0\xfe\xff"}
"""Python writes these two with the mark of little-endian bytes."""


def originals(text: str, encoding: str) -> Iterator[bytes]:
    """The bytes that a text in an encoding can have been; nothing where the encoding cannot write it."""
    try:
        yield text.encode(encoding)
        if encoding in _OTHER_ORDER:
            yield _OTHER_ORDER[encoding] + text.encode(f"{encoding}-be")
    except (UnicodeError, LookupError):
        return


def may_differ(text: str, encoding: str) -> bool:
    """Whether the bytes may have been others than those that `originals` gives."""
    return encoding in _SEVERAL_FORMS and not _characters_with_forms(encoding).isdisjoint(text)


@cache
def _characters_with_forms(encoding: str) -> frozenset[str]:
    """Characters that a codec of Python's reads from more than one sequence of bytes, or only together with another."""
    found: set[str] = set()
    for first in range(0x80, 0x100):
        for data in _sequences(first, encoding):
            text = _read(data, encoding)
            if text is not None and (len(text) > 1 or text.encode(encoding, "replace") != data):
                found.update(text)
    return frozenset(found)


def _sequences(first: int, encoding: str) -> list[bytes]:
    """The sequences of bytes that may be one character in these encodings."""
    if _read(bytes([first]), encoding) is not None:
        return [bytes([first])]
    pairs = [bytes([first, second]) for second in range(0x40, 0x100)]
    return pairs + [pair + bytes([third]) for pair in pairs if first == 0x8F for third in range(0xA1, 0xFF)]


def _read(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None
