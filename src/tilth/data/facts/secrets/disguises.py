"""Text that is written another way than it is read: encoded, escaped, or cut into pieces.

Where one of the disguises stands, what lies around it is read as it is meant, and looked through like any document;
each byte of it knows which bytes of the file it came from.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets.automaton import Pattern

AROUND = 400
"""Bytes of its line on either side of a disguise that are read with it."""
SHORTEST_RUN = 24
"""Characters of base 64 that are decoded, at the least."""

_WORD = "[A-Za-z0-9_-]"
_PIECES = {
    "percent": (
        r"%3[Aa]%2[Ff]%2[Ff]|(?:%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9])){3}",
        rb"%([0-9A-Fa-f]{2})",
    ),
    "escapes": (
        r"(?:\\u00[2-7][0-9A-Fa-f]){3}|(?:\\x[2-7][0-9A-Fa-f]){3}",
        rb"\\u00([2-7][0-9A-Fa-f])|\\x([2-7][0-9A-Fa-f])",
    ),
    "joined": (
        rf"{_WORD}{{3}}[\"'`][ \t]*(?:\+|\.\.?|&|<>|\+\+|~)[ \t]*[\\_]?[\r\n]*[ \t]*[\"'`]{_WORD}{{3}}"
        rf"|{_WORD}{{3}}[\"'][ \t]*\\?\r?\n[ \t]*[\"']{_WORD}{{3}}|{_WORD}{{3}}\\\r?\n[ \t]*{_WORD}{{3}}",
        rb"[\"'`][ \t]*(?:\+\+?|\.\.?|&|<>|~)?[ \t]*[\\_]?[\r\n]*[ \t]*[\"'`]|\\\r?\n[ \t]*",
    ),
    "unseen": (
        rf"{_WORD}{{2}}(?:\xe2\x80[\x8b-\x8d]|\xef\xbb\xbf|\xc2\xad|\xe2\x81\xa0){_WORD}{{2}}",
        rb"\xe2\x80[\x8b-\x8d]|\xef\xbb\xbf|\xc2\xad|\xe2\x81\xa0",
    ),
    "entities": (
        r"(?:passw|pwd|secret|token|key)[A-Za-z0-9_]{0,20}(?:&quot;|&#34;|&#39;|&#x27;)",
        rb"&(quot|#34|#39|#x27);",
    ),
}
DISGUISES = tuple(
    Pattern(found, caseless=name == "entities", ends_only=True) for name, (found, _) in _PIECES.items()
)
_PARTS = tuple(re.compile(part) for _, part in _PIECES.values())


@dataclass(frozen=True, slots=True)
class View:
    """A part of a document as it is meant."""

    document: int
    text: bytes
    starts: NDArray[np.int64]
    """[bytes + 1] Where each byte of `text` begins in the document, and where the last of them ends."""


def views(data: NDArray[np.uint8], bounds: NDArray[np.int64], hits: Any, first: int) -> Iterator[View]:
    """The disguised parts of a batch.

    Args:
        data: The batch's bytes.
        bounds: [n + 1] Where its documents begin, and where the last one ends.
        hits: Matches of `DISGUISES`.
        first: Number of the first of these patterns.
    """
    last = (-1, -1, -1)
    for pattern, document, end in zip(
        hits.patterns.tolist(), hits.documents.tolist(), hits.ends.tolist(), strict=True
    ):
        low, high = int(bounds[document]), int(bounds[document + 1])
        if (pattern, document) == last[:2] and end <= last[2]:
            continue
        start = max(low, end - AROUND, last[2] if (pattern, document) == last[:2] else low)
        stop = min(high, end + AROUND)
        if pattern - first != 2:  # a text in pieces may go over lines
            text = data[start:stop].tobytes()
            start += text.rfind(b"\n", 0, end - start) + 1
            line = text.find(b"\n", end - start)
            stop = start + line if line >= end - start else stop
        last = (pattern, document, stop)
        yield _read(data[start:stop].tobytes(), _PARTS[pattern - first], document, start - low)
    for document, start, end in decodable(data, bounds).tolist():
        low = int(bounds[document])
        run = data[start : end - ((end - start) % 4 == 1)].tobytes().translate(_PLAIN)
        try:
            text = base64.b64decode(run + b"=" * (-len(run) % 4))
        except binascii.Error:
            continue
        places = np.full(len(text) + 1, start - low)
        places[-1:] = end - low
        yield View(document, text, places)


_PLAIN = bytes.maketrans(b"-_", b"+/")


def _read(text: bytes, parts: re.Pattern[bytes], document: int, start: int) -> View:
    """The text with its parts as they are meant: a byte for an escape, nothing for a joint."""
    read, at = bytearray(), 0
    places: list[int] = []
    for part in parts.finditer(text):
        read += text[at : part.start()]
        places += range(start + at, start + part.start())
        digits = next((group for group in part.groups() if group), None)
        if digits:
            read.append(_ENTITIES.get(digits) or int(digits, 16))
            places.append(start + part.start())
        at = part.end()
    read += text[at:]
    places += range(start + at, start + len(text) + 1)
    return View(document, bytes(read), np.array(places, np.int64))


_ENTITIES = {b"quot": 34, b"#34": 34, b"#39": 39, b"#x27": 39}

_VALUES = np.full(256, -1, np.int8)
for _characters in (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
):
    _VALUES[[*_characters]] = np.arange(64)
_TEXT = np.zeros(256, np.bool_)
_TEXT[[9, 10, 13, *range(32, 127)]] = True


@njit(cache=True, nogil=True)
def decodable(data: Any, bounds: Any) -> NDArray[np.int64]:
    """[n, 3] Document, start and end of each run of base 64 whose first characters are those of a plain text."""
    found = []
    for document in range(len(bounds) - 1):
        at, high = bounds[document], bounds[document + 1]
        while at + SHORTEST_RUN <= high:
            # A run of this length has one of its characters here; most text has none.
            if _VALUES[data[at + SHORTEST_RUN - 1]] < 0:
                at += SHORTEST_RUN
                continue
            start = at + SHORTEST_RUN - 1
            while start > bounds[document] and start > at and _VALUES[data[start - 1]] >= 0:
                start -= 1
            if start > at:
                at = start
            end = at
            while end < high and _VALUES[data[end]] >= 0:
                end += 1
            if end - at >= SHORTEST_RUN and _reads_as_text(data, at):
                found.append((document, at, end))
            at = end + 1
    rows = np.zeros((len(found), 3), np.int64)
    for row in range(len(found)):
        rows[row, 0], rows[row, 1], rows[row, 2] = found[row]
    return rows


@njit(cache=True, nogil=True)
def _reads_as_text(data: Any, at: int) -> bool:
    for group in range(0, SHORTEST_RUN, 4):
        bits = 0
        for step in range(4):
            bits = bits << 6 | _VALUES[data[at + group + step]]
        if not (_TEXT[bits >> 16 & 255] and _TEXT[bits >> 8 & 255] and _TEXT[bits & 255]):
            return False
    return True
