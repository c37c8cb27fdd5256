"""What whole licence texts in a document mean as evidence."""

import re2

from tilth.data.facts.licence.finding import UNKNOWN, Finding
from tilth.data.facts.licence.notices import MASK
from tilth.data.facts.licence.texts import TextMatch
from tilth.data.facts.licence.words import Words

GRANTS = re2.compile(
    r"\b(?:permission is (?:hereby )?granted|permission to use|redistribution and use|permission is granted|"
    r"hereby granted free|foundation gives unlimited permission|copying and distribution of this file|"
    r"this software is provided|grants? you|terms and conditions for use)\b"
)
"""Words with which a licence text grants something."""

MIN_UNKNOWN_HITS = 12
"""Shingles of licence texts in a text that grants something: fewer come by chance or from a mere notice."""


def of_texts(words: Words, matches: list[TextMatch]) -> tuple[list[Finding], list[str]]:
    """Findings for whole texts, and the words with those of the texts masked."""
    listed = list(words.listed)
    found = []
    for at, match in enumerate(matches):
        listed[match.first : match.last + 1] = [MASK] * (match.last + 1 - match.first)
        if match.name == "GPL-3.0-only" and at and matches[at - 1].name == "LGPL-3.0-only":
            # LGPL-3.0 is the GPL-3.0 with permissions added: the second text belongs to the first.
            continue
        span = words.span(match.first, match.last)
        found.append(Finding(*span, "text", f"text:{match.name}", match.name, match.score))
        if match.is_altered and "GPL" not in match.name:
            found.append(Finding(*span, "text", f"altered:{match.name}", UNKNOWN, match.score))
    return found, listed


def outside(statements: list[Finding], found: list[Finding]) -> list[Finding]:
    """Statements of lines that say something new; a title above the text that it names does not."""
    spans = [(one.start, one.end) for one in found if one.expression is not None]
    kept = []
    for one in statements:
        if any(start < one.end and one.start < end for start, end in spans):
            continue
        is_title = any(other.kind == "text" for other in found) and one.rule.startswith("title")
        if not is_title:
            kept.append(one)
            spans.append((one.start, one.end))
    return kept
