"""Text in a code page of DOS, which statistics on byte values take for Windows text or for none.

The letters of Western and Central Europe stand at other bytes in DOS: read as Windows text, they are quotation marks,
daggers and capitals in the middle of words. So what a reading puts between letters tells which it is.
"""

import re
from typing import Final

CODE_PAGES: Final = ("cp850", "cp852", "cp437")
"""In the order in which they are preferred where all read a text alike."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LOOKED_AT = 400
# Signs that do stand between letters, in words or for want of a space.
_BETWEEN_LETTERS = frozenset("’‘–—…·•×\xa0\xad")
# Unicode counts them as letters, and hardly a word has them: where Icelandic has its own, Czech has common ones.
_NO_LETTERS = frozenset("ƒªºðÐþÞ\ufffd")
# A reading must be so many times better than another to be preferred to it.
_TIMES = 4
_LETTERS_MIN = 0.75
_NOT_ASCII_MAX = 0.3


def dos_code_page(sample: bytes, found: str | None) -> str | None:
    """The code page of DOS that reads the lines of a text better than the codec found, or None.

    Args:
        sample: Lines that hold bytes over 127.
        found: What the text is taken for; None where nothing explains it.
    """
    odd_now, _, _ = _read(sample, found) if found else (0, 0, 0)
    if found and not odd_now:
        return None
    readings = [(*_read(sample, page), page) for page in CODE_PAGES]
    odd, letters, looked_at, page = min(readings, key=lambda reading: reading[0])
    better = odd * _TIMES <= odd_now if found else odd * _TIMES <= letters
    return page if better and letters >= _LETTERS_MIN * looked_at and _is_mostly_ascii(sample) else None


def _is_mostly_ascii(sample: bytes) -> bool:
    return sum(byte > 127 for byte in sample) <= _NOT_ASCII_MAX * len(sample)


def _read(sample: bytes, codec: str) -> tuple[int, int, int]:
    """How many characters stand where none such would, how many are letters in words, and how many were looked at."""
    text = f" {sample.decode(codec, 'replace')} "
    odd = letters = looked_at = 0
    for match in _NOT_ASCII.finditer(text):
        looked_at += 1
        if looked_at > _LOOKED_AT:
            break
        sign, before, after = match[0], text[match.start() - 1], text[match.end()]
        is_letter = sign.isalpha() and sign not in _NO_LETTERS
        letters += is_letter and (before.isalpha() or after.isalpha())
        if sign == "\ufffd":
            odd += 1
        elif before.isalpha() and after.isalpha():
            capital = sign.isupper() and before.islower() and after.islower()
            odd += capital or not (is_letter or sign in _BETWEEN_LETTERS)
    return odd, letters, min(looked_at, _LOOKED_AT)
