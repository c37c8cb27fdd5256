"""`SPDX-License-Identifier:` tags.

Syntax: SPDX specification 3.0, annex "Using SPDX short identifiers in source files".
"""

import re

from tilth.data.facts.licence.expressions import canonical, joined
from tilth.data.facts.licence.finding import INVALID_TAG, Finding

# A tag stands at the start of its line, after comment marks at most; one in the middle of code or of a string
# is about a tag.
_TAG = re.compile(
    rb"(?P<lead>[^\w\n\"'`\x80-\xff]{0,40}(?:(?:dnl|rem|@rem|[cC!]|REM|\.\\\"|@comment)[ \t]+(?:\*[ \t]+)?)?)"
    rb"SPDX-License-Identifier[ \t]*:[ \t]*(?P<value>[^\r\n]{0,2000})",
    re.IGNORECASE,
)
_CLOSERS = re.compile(
    r"\s*(?:\*+/|-+->|\*+\)|#>|\]\]|=#|--?%>|%>|#\}|\?>|-\}|\|#|\"{3}|'{3}|</\w+>|/?>|\*+|#+|\\|;+|,|"
    r"\)\))\s*\Z"
)
_MAX_TAGS = 200
# To parse an expression takes some microseconds a character.
_MAX_CHARACTERS = 4_000
_MAX_LISTED = 5
_NAME = b"spdx-license-identifier"
# Comment marks and what `_TAG` allows before the tag.
_MAX_LEAD_BYTES = 64


def tags_in(data: bytes) -> list[Finding]:
    """All tags of a text; one whose expression is not valid counts as `LicenseRef-tilth-invalid-tag`."""
    findings: list[Finding] = []
    num_characters = 0
    lowered = data.lower()
    end = 0
    while (at := lowered.find(_NAME, end)) >= 0:
        start = max(data.rfind(b"\n", end, at) + 1, end, at - _MAX_LEAD_BYTES)
        found = _TAG.match(data, start) if start == 0 or data[start - 1 : start] == b"\n" else None
        end = at + len(_NAME) if found is None else found.end()
        if found is None:
            continue
        value = _stripped(found["value"].decode("utf-8", "replace"))
        expression = canonical(value) or _listed(value)
        start = found.start() + len(found["lead"])
        findings.append(
            Finding(
                start,
                found.end(),
                "tag",
                "spdx-tag" if expression else "spdx-tag-invalid",
                expression or INVALID_TAG,
            )
        )
        num_characters += len(value)
        if len(findings) == _MAX_TAGS or num_characters > _MAX_CHARACTERS:
            break
    return findings


def _listed(value: str) -> str | None:
    """Identifiers with nothing but blanks between them, U-Boot's old way to write a choice."""
    names = value.split()
    if not 1 < len(names) <= _MAX_LISTED or any(canonical(name) is None for name in names):
        return None
    return joined(names, "OR")


def _stripped(value: str) -> str:
    previous = None
    while value != previous:
        previous = value
        value = _CLOSERS.sub("", value).strip()
    if len(value) > 1 and value[0] in "\"'`" and value[-1] == value[0]:
        value = value[1:-1]
    # `(GPL-2.0 WITH Linux-syscall-note)` keeps its parentheses; a lone closing one belongs to the code around
    # it.
    return value[:-1] if value.endswith(")") and value.count(")") > value.count("(") else value
