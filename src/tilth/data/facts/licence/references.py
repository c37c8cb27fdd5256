"""Sentences that leave the licence to another file, and sentences that forbid.

A "BSD-style license that can be found in the LICENSE file" names no licence: it points at one.
"""

import re
from typing import Any

import re2

from tilth.data.facts.licence.finding import COMMONS_CLAUSE, PROPRIETARY, UNKNOWN, Finding
from tilth.data.facts.licence.words import Words

_POINTS = re2.compile(
    r"\b(?:see|found in|found at|read|refer to|accompanying|included in|described in|in|with|by|of) (?:the |"
    r"its |our |this )?"
    r"(?:accompanying |included |enclosed |attached |top level |root |project |file |named |called )*"
    r"(?:un)?(?:license|licence|copying|copyright)(?: lesser)?(?: (?:txt|md|rst|html|mit|apache|bsd))?"
    r"(?: file| for (?:license|licence|licensing|details|more|full|the|terms|copying|information)| in the|"
    r" at the| distributed with| included)|"
    r"\b(?:found in|found at|see) (?:the )?(?:license|copying) (?:apache|mit|bsd|txt|md|rst)\b"
)
_FORBIDS = (
    (re.compile(r"\bcommons clause\b"), COMMONS_CLAUSE, "commons-clause"),
    (
        re.compile(
            r"\b(?:proprietary (?:and|or) confidential|confidential (?:and|or) proprietary|"
            r"unauthori[sz]ed (?:copying|use|reproduction|"
            r"distribution|duplication|redistribution)|proprietary information of|(?:this (?:software|code|"
            r"file)|it) is proprietary|"
            r"proprietary software|licensed proprietary|trade secrets? (?:of|and)|strictly confidential|"
            r"no (?:license|licence|right|permission) is (?:hereby )?granted to (?:use|copy))\b"
        ),
        PROPRIETARY,
        "proprietary",
    ),
    (
        re.compile(
            r"\b(?:(?:non ?commercial|academic|personal|educational|research|evaluation)(?: or \w+|"
            r" and \w+)? (?:use|purposes?) only|"
            r"(?:only|solely) for (?:\w+ ){0,3}(?:non ?commercial|academic|personal|educational|research|"
            r"evaluation)|"
            r"commercial (?:use|purposes?|usage) (?:is |are )?(?:not|prohibited|forbidden|strictly|"
            r"requires?)|"
            r"not (?:\w+ ){0,4}(?:for|in) commercial (?:use|purposes?|products?)|"
            r"may not be used (?:\w+ ){0,3}commercially|"
            r"for non ?commercial (?:use|purposes?)|shall be used for good not evil|use is prohibited)\b"
        ),
        UNKNOWN,
        "restriction",
    ),
)


# One of these is in every sentence above; looking for it first is ten times as fast.
_STERN = re2.compile(
    r"propriet|confidential|unauthori|trade secret|commercial|academic|personal|educational|research|"
    r"evaluation|commons clause|"
    r"not evil|prohibited|is (?:hereby )?granted to"
)


def references_in(words: Words, listed: list[str]) -> list[Finding]:
    """Places that send the reader to a licence file; their expression is None."""
    return [
        Finding(*_span(words, found), "reference", "licence-file", None, 0.8)
        for found in _POINTS.finditer(" ".join(listed))
    ]


def prohibitions_in(words: Words, listed: list[str]) -> list[Finding]:
    """Sentences that make a file proprietary, or take back a part of what a licence beside them grants."""
    text = " ".join(listed)
    if _STERN.search(text) is None:
        return []
    return [
        Finding(*_span(words, found), "notice", rule, expression, 0.7)
        for pattern, expression, rule in _FORBIDS
        for found in [pattern.search(text)]
        if found is not None
    ]


def _span(words: Words, found: Any) -> tuple[int, int]:
    text = found.string
    return words.span(text.count(" ", 0, found.start()), text.count(" ", 0, found.end()))
