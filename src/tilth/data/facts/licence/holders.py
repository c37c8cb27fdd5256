"""The copyright holders that a file names."""

import re
from collections.abc import Iterator
from functools import lru_cache

_LINE = re.compile(
    rb"(?:copyright|copr\.?|\xc2\xa9|\(c\))[ \t:]*(?:(?:\(c\)|\xc2\xa9|copyright|&copy;)[ \t:,]*)*"
    rb"(?P<years>(?:[12]\d{3}(?:[ \t]*[-,/][ \t]*(?:[12]\d{3}|\d{2}|present|now))*[ \t]*,?[ \t]*)*)(?:by[ \t]+)?"
    rb"(?P<holder>[^\r\n]{2,120})",
    re.IGNORECASE,
)
_WORDS = (b"opyright", b"OPYRIGHT")
_SIGNS = (b"(c)", b"(C)")
_YEAR = re.compile(rb" *[12]\d\d\d")
_END = re.compile(
    r"\ball rights\b|\s<|\shttps?:|\*/|-->|\blicen[sc]ed\b|\bSPDX\b|\.\s|\s\(?(?:[12]\d{3})\b|\s[-#*]+\Z",
    re.IGNORECASE,
)
# "the above copyright notice", "copyright holders be liable": words of licences.
_NO_HOLDER = re.compile(
    r"(?:notices?|holders?|owners?|laws?|licen[sc]e\w*|and|or|the copyright|statements?|protected|in|of|to|interest\w*|"
    r"year|yyyy|\[|\{|<|disclaimers?|messages?|infring\w*|act|is|as|information|treat\w*|permission|may|claims?|"
    r"assign\w*|files?|grant\w*)\b|\W",
    re.IGNORECASE,
)
HEAD_BYTES = 8_192
_MAX_HOLDERS = 20
# A line is read no further: `_LINE` ends long before.
_LINE_BYTES = 1_000
# Most files name the holders that their neighbours name.
_KEPT_LINES = 4_096


def holders_in(data: bytes) -> list[str]:
    """The holders named in the head of a text, each once, in order."""
    head = data[:HEAD_BYTES]
    found: dict[str, None] = {}
    end = 0
    for start in sorted(_places(head)):
        if start < end:
            continue
        first = start - (data[start - 1 : start] in (b"c", b"C"))
        size, name = _holder(data[first : first + _LINE_BYTES].partition(b"\n")[0])
        end = max(end, first + size)
        if name:
            found.setdefault(name)
            if len(found) == _MAX_HOLDERS:
                break
    return list(found)


def _places(head: bytes) -> Iterator[int]:
    for word in _WORDS:
        at = head.find(word)
        while at >= 0:
            yield at
            at = head.find(word, at + 1)
    for sign in _SIGNS:
        at = head.find(sign)
        while at >= 0:
            if _YEAR.match(head, at + len(sign)):
                yield at
            at = head.find(sign, at + 1)


@lru_cache(_KEPT_LINES)
def _holder(text: bytes) -> tuple[int, str | None]:
    """How many bytes of a text a statement of copyright takes, 0 where none opens it, and whom it names."""
    line = _LINE.match(text)
    if line is None:
        return 0, None
    name = _END.split(line["holder"].decode("utf-8", "replace"), maxsplit=1)[0].strip(" \t,;:.*#/-")
    has_year = bool(line["years"].strip())
    is_named = len(name) > 1 and not _NO_HOLDER.match(name) and (has_year or name[0].isupper())
    return line.end(), name if is_named else None
