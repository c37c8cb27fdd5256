"""A licence file that gives its own licence first, and behind it those of parts that others made.

Only clear words make a text the licence of a part; without them both hold for the whole.
"""

import re
from dataclasses import replace

from tilth.data.facts.licence.finding import UNKNOWN, UNRECOGNISED, Finding
from tilth.data.facts.licence.texts import TextMatch
from tilth.data.facts.licence.words import Words

_INTRODUCES = re.compile(
    r"\b(?:third part(?:y|ies)|externally maintained|bundle[sd]?|bundling|vendored|redistributes|"
    r"(?:code|software|files|modules|submodules|functions|patches|portions|parts|it|source|distribution)"
    r"(?: \w+){0,6} (?:derived|taken|copied|adapted|borrowed|ported) from|"
    r"includes? (?:\w+ ){0,8}(?:code|software|files|components|libraries|works?|projects?)|"
    r"portions of(?! the software\b)|parts of the software|incorporates)\b"
)
# A condition speaks of parts as well; an introduction does not.
_CONDITION = re.compile(r"\b(?:substantial portions|you may|you must|shall|conditions? (?:of|for) use)\b")
_BEFORE_WORDS = 40
_INTRODUCTION_WORDS = 90
_MIN_SCORE = 0.85


def as_parts(found: list[Finding], matches: list[TextMatch], words: Words) -> list[Finding]:
    """`found`, with what stands behind an introduction of others' parts marked as theirs.

    Args:
        found: The findings of a licence file.
        matches: Its whole texts, in order.
        words: Its words.
    """
    if not matches:
        return found
    own = matches[0]
    if own.is_altered or own.score < _MIN_SCORE or own.first > _BEFORE_WORDS:
        return found
    behind = " ".join(words.listed[own.last + 1 : _end_of_introduction(own, matches)])
    introduction = _INTRODUCES.search(behind)
    if introduction is None or _CONDITION.search(behind, 0, introduction.end()):
        return found
    at = own.last + 1 + behind.count(" ", 0, introduction.start())
    end, begin = words.span(own.last, own.last)[1], words.span(at, at)[0]
    if any(one.start < end and one.expression in (UNKNOWN, UNRECOGNISED) for one in found):
        return found
    return [replace(one, is_part=True) if _is_behind(one, end, begin) else one for one in found]


def _is_behind(one: Finding, end: int, begin: int) -> bool:
    # A passage without a known text may have the introduction in it.
    is_around = one.rule == "unknown-passage" and one.start >= end and one.end > begin
    return one.kind != "tag" and (one.start >= begin or is_around)


def _end_of_introduction(own: TextMatch, matches: list[TextMatch]) -> int:
    end = own.last + 1 + _INTRODUCTION_WORDS
    return min(end, matches[1].first) if len(matches) > 1 else end
