"""The copyright holders that a file names."""

import re

import re2

_LINE = re.compile(
    rb"(?:copyright|copr\.?|\xc2\xa9|\(c\))[ \t:]*(?:(?:\(c\)|\xc2\xa9|copyright|&copy;)[ \t:,]*)*"
    rb"(?P<years>(?:[12]\d{3}(?:[ \t]*[-,/][ \t]*(?:[12]\d{3}|\d{2}|present|now))*[ \t]*,?[ \t]*)*)(?:by[ \t]+)?"
    rb"(?P<holder>[^\r\n]{2,120})",
    re.IGNORECASE,
)
_WORD = re2.compile(rb"opyright|OPYRIGHT|\([cC]\) *[12]\d\d\d")
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


def holders_in(data: bytes) -> list[str]:
    """The holders named in the head of a text, each once, in order."""
    found: dict[str, None] = {}
    end = 0
    head = data[:HEAD_BYTES]
    if b"opyright" not in head and b"OPYRIGHT" not in head and b"(c)" not in head and b"(C)" not in head:
        return []
    for word in _WORD.finditer(head):
        if word.start() < end:
            continue
        start = word.start() - (data[word.start() - 1 : word.start()] in (b"c", b"C"))
        line = _LINE.match(data, start)
        if line is None:
            continue
        end = line.end()
        name = _END.split(line["holder"].decode("utf-8", "replace"), maxsplit=1)[0].strip(" \t,;:.*#/-")
        has_year = bool(line["years"].strip())
        if len(name) > 1 and not _NO_HOLDER.match(name) and (has_year or name[0].isupper()):
            found.setdefault(name)
            if len(found) == _MAX_HOLDERS:
                break
    return list(found)
