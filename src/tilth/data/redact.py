"""Spans out of a text, and nothing else: every other byte, the encoding and the number of lines stay.

Spans are merged first, so no end of one is left behind where two overlap. In its place stands a placeholder, the same
one for the same value throughout a file (`<EMAIL_1>`), or a stand-in that nobody can own.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tilth.data.facts.findings import Finding
from tilth.data.facts.kinds import word_of
from tilth.data.stand_ins import stand_in

_PLACEHOLDER = re.compile(rb"<([A-Z][A-Z_]*)_([0-9]{1,9})>")
_LINE_ENDS = re.compile(rb"[\r\n]+")
_MARKS = {
    "utf-8-sig": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
"""Encodings whose text begins with a mark, and what encodes the text behind each."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands in the place of a span."""

    start: int
    """First byte of what was there, in the UTF-8 text."""
    end: int
    kind: str
    text: bytes
    """What stands there now: ASCII, and the line ends of what was there."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes that have to go."""

    start: int
    end: int
    kind: str


def redact(text: bytes, findings: Iterable[Finding], *, stand_ins: bool = False) -> list[Replacement]:
    """What to put in the place of findings.

    Args:
        text: The text as UTF-8, which the findings' spans are of.
        findings: In any order; they may overlap.
        stand_ins: Take what looks real, where the kind has it, instead of placeholders.

    Raises:
        ValueError: A span is not one of this text.
    """
    namer = _Namer(text, stand_ins)
    return [
        Replacement(
            span.start,
            span.end,
            span.kind,
            namer.name(span.kind, value) + b"".join(_LINE_ENDS.findall(value)),
        )
        for span in merged(text, findings)
        for value in [text[span.start : span.end]]
    ]


def merged(text: bytes, findings: Iterable[Finding]) -> list[Span]:
    """Spans that do not overlap, in order, each of the kind of its longest part; whole characters only.

    Raises:
        ValueError: A span is not one of this text.
    """
    spans: list[Span] = []
    longest = 0
    for one in sorted(findings, key=lambda one: (one.start, -one.end, -one.confidence, one.kind)):
        if not 0 <= one.start <= one.end <= len(text):
            raise ValueError(f"a span from {one.start} to {one.end} in a text of {len(text)} bytes")
        start, end = _whole(text, one.start, one.end)
        if start == end:
            continue
        if not spans or start >= spans[-1].end:
            spans.append(Span(start, end, one.kind))
            longest = end - start
            continue
        last = spans[-1]
        kind = one.kind if end - start > longest else last.kind
        longest = max(longest, end - start)
        spans[-1] = Span(last.start, max(last.end, end), kind)
    return spans


def _whole(text: bytes, start: int, end: int) -> tuple[int, int]:
    """A span widened to where characters begin and end."""
    while start < end and start > 0 and text[start] & 0xC0 == 0x80:
        start -= 1
    while start < end < len(text) and text[end] & 0xC0 == 0x80:
        end += 1
    return start, end


@dataclass(slots=True)
class _Namer:
    """Gives each value of a file its name; a name that the text has already is nobody's."""

    text: bytes
    stand_ins: bool
    names: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = {}
        for word, number in _PLACEHOLDER.findall(self.text):
            name = word.decode()
            self.numbers[name] = max(self.numbers.get(name, 0), int(number))

    def name(self, kind: str, value: bytes) -> bytes:
        word = word_of(kind)
        known = self.names.get((word, value))
        if known is None:
            known = self.names[word, value] = (self.stand_ins and self._stand_in(kind)) or self._placeholder(
                word
            )
        return known

    def _placeholder(self, word: str) -> bytes:
        self.numbers[word] = self.numbers.get(word, 0) + 1
        return f"<{word}_{self.numbers[word]}>".encode()

    def _stand_in(self, kind: str) -> bytes | None:
        while True:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            made = stand_in(kind, self.counts[kind])
            if made is None or made not in self.text:
                return made


def applied(text: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The text with its replacements, as UTF-8."""
    parts, at = [], 0
    for one in replacements:
        parts += [text[at : one.start], one.text]
        at = one.end
    return b"".join([*parts, text[at:]])


def applied_to_raw(raw: bytes, encoding: str, text: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The bytes of a file with the replacements of its text, in the same encoding.

    Args:
        raw: The file's bytes.
        encoding: Python's name of their encoding, as `decode` gives it.
        text: The file's text as UTF-8.
        replacements: Of that text, in order.
    """
    if encoding == "utf-8":
        return applied(text, replacements)
    mark, codec = next(
        ((mark, codec) for mark, codec in _MARKS.get(encoding, ()) if raw.startswith(mark)), (b"", encoding)
    )
    body = raw[len(mark) :]
    cuts = [place for one in replacements for place in (one.start, one.end)]
    places = _places(body, codec, text, cuts)
    parts, at = [mark], 0
    for number, one in enumerate(replacements):
        parts += [body[at : places[2 * number]], one.text.decode("ascii").encode(codec)]
        at = places[2 * number + 1]
    return b"".join([*parts, body[at:]])


def _places(body: bytes, codec: str, text: bytes, cuts: Sequence[int]) -> list[int]:
    """Where bytes of a text in UTF-8 lie in its other encoding."""
    pieces = [text[one:other].decode() for one, other in zip([0, *cuts], cuts, strict=False)]
    places, at = [], 0
    for piece in pieces:
        end = at + len(piece.encode(codec))
        if _read(body[at:end], codec) != piece:
            return _walked(body, codec, [len(piece) for piece in pieces])
        places.append(end)
        at = end
    return places


def _read(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def _walked(body: bytes, codec: str, lengths: Sequence[int]) -> list[int]:
    """The same, byte by byte: a few encodings write some characters in two ways, of which Python writes one."""
    decoder = codecs.getincrementaldecoder(codec)()
    places: list[int] = []
    read, wanted = 0, list(lengths)
    total = 0
    for at in range(len(body) + 1):
        while wanted and read >= total + wanted[0]:
            total += wanted.pop(0)
            places.append(at)
        if at < len(body):
            read += len(decoder.decode(body[at : at + 1]))
    return places
