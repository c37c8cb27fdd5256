"""A licence file that gives its own licence first, and behind it those of parts that others made.

Only clear words make a text the licence of a part; without them both hold for the whole.
"""

import re
from dataclasses import replace

from tilth.data.facts.licence.finding import UNKNOWN, UNRECOGNISED, Finding
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


def as_parts(found: list[Finding], words: Words) -> list[Finding]:
    """`found`, with what stands behind an introduction of others' parts marked as theirs.

    Args:
        found: The findings of a licence file.
        words: Its words.
    """
    texts = sorted((one for one in found if one.kind == "text" and one.expression), key=lambda one: one.start)
    if not texts:
        return found
    own = texts[0]
    starts = words.starts()
    if own.score < _MIN_SCORE or int(starts.searchsorted(own.start)) > _BEFORE_WORDS:
        return found
    if any(one.start < own.end and one.expression in (UNKNOWN, UNRECOGNISED) for one in found):
        return found
    first = int(starts.searchsorted(own.end))
    stop = min(
        first + _INTRODUCTION_WORDS,
        *(int(starts.searchsorted(one.start)) for one in texts[1:2]),
        len(words.listed),
    )
    behind = " ".join(words.listed[first:stop])
    introduction = _INTRODUCES.search(behind)
    if introduction is None or _CONDITION.search(behind, 0, introduction.end()):
        return found
    at = first + behind.count(" ", 0, introduction.start())
    begin = words.span(at, at)[0]
    if any(own.end <= one.start < begin and one.expression in (UNKNOWN, UNRECOGNISED) for one in found):
        return found
    return [replace(one, is_part=True) if one.kind != "tag" and one.start >= begin else one for one in found]
