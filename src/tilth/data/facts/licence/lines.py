"""Lines that state a licence by themselves: `License: MIT`, `__license__ = "ISC"`, ` * The MIT License`."""

import re

from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.finding import UNRECOGNISED, Finding
from tilth.data.facts.licence.spellings import named

_WORD = re.compile(rb"licen[sc]e", re.IGNORECASE)
_FIELD = re.compile(
    rb"[^\w\"'`]{0,20}(?:__licen[sc]e__|@?licen[sc]e[ds]?|License-Expression|licensed under)[ \t]*(?::{1,2}|"
    rb"=|[ \t])[ \t]*"
    rb"[\"'`(]{0,3}(?P<value>[^\"'`]{2,90})",
    re.IGNORECASE,
)
_TITLE = re.compile(rb"[^\w\"'`]{0,20}(?P<value>[^\"'`=;{}:]{2,90})\Z", re.IGNORECASE)
_MAX_LINE_BYTES = 200
_MAX_STATEMENTS = 40
_CLOSERS = " \t*/#-=<>!;,.)]}"


def statements_in(data: bytes) -> list[Finding]:
    """The lines of `data` whose whole value names a licence; any other value is left alone."""
    findings: list[Finding] = []
    seen = -1
    for word in _WORD.finditer(data):
        if word.start() < seen:
            continue
        start = max(data.rfind(b"\n", 0, word.start()), data.rfind(b"\r", 0, word.start())) + 1
        seen = min(
            (end for end in (data.find(b"\n", word.end()), data.find(b"\r", word.end())) if end >= 0),
            default=len(data),
        )
        if seen - start <= _MAX_LINE_BYTES:
            findings += _stated(data[start:seen], start)
        if len(findings) == _MAX_STATEMENTS:
            break
    return findings


def _stated(line: bytes, start: int) -> list[Finding]:
    for pattern, rule in ((_FIELD, "field"), (_TITLE, "title")):
        found = pattern.match(line)
        if found is None:
            continue
        value = found["value"].decode("utf-8", "replace").strip(_CLOSERS)
        expression = (canonical(value) if rule == "field" else None) or named(value)
        if expression is not None and not (rule == "title" and expression == UNRECOGNISED):
            said = f"{rule}:{value.split()[0].lower()}"
            return [
                Finding(
                    start + found.start("value"), start + found.end("value"), "notice", said, expression, 0.8
                )
            ]
    return []
