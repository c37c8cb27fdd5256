"""Sentences that take back a part of what a licence beside them grants, or everything."""

import numpy as np
import re2
from numpy.typing import NDArray

from tilth.data.facts.licence.finding import COMMONS_CLAUSE, PROPRIETARY, UNKNOWN, Finding
from tilth.data.facts.licence.gate import have_any, needles_of

# One of these is in every sentence below; looking for it first is ten times as fast.
_STERN = needles_of(
    (b"oprie", b"nfide", b"nauth", b"mmerc", b"acade", b"sonal", b"ducat", b"luati", b"mmons", b" evil", b"\nevil",
     b"\tevil", b"\revil", b"*evil", b"#evil", b"/evil", b";evil", b"%evil", b"!evil", b"|evil", b">evil", b"-evil")
)  # fmt: skip
_S = r"[\s*#/;%!|>-]{1,12}"
_SENTENCES = (
    (rf"commons{_S}clause", COMMONS_CLAUSE, "commons-clause"),
    (
        rf"(?:proprietary{_S}(?:and|or){_S}confidential|confidential{_S}(?:and|or){_S}proprietary|"
        rf"unauthori[sz]ed{_S}(?:copying|reproduction|distribution|duplication|redistribution){_S}of{_S}this|"
        rf"this{_S}(?:software|code|file){_S}is{_S}proprietary|strictly{_S}confidential)",
        PROPRIETARY,
        "proprietary",
    ),
    (
        rf"(?:(?:non-?{_S}?commercial|academic|personal|educational|evaluation){_S}(?:use|purposes?){_S}only|"
        rf"(?:only|solely){_S}for{_S}(?:non-?{_S}?commercial|academic|personal|educational|evaluation)|"
        rf"commercial{_S}(?:use|purposes?|usage){_S}(?:is{_S}|are{_S})?(?:not|prohibited|forbidden|strictly|requires?)|"
        rf"may{_S}not{_S}be{_S}used{_S}(?:\w+{_S}){{0,3}}commercially|"
        rf"(?:be{_S})?used{_S}for{_S}good,?{_S}not{_S}evil)",
        UNKNOWN,
        "restriction",
    ),
)
_PATTERNS = [
    (re2.compile(f"(?i)\\b{sentence}\\b".encode()), expression, rule)
    for sentence, expression, rule in _SENTENCES
]


def may_prohibit_in(data: NDArray[np.uint8], spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For each of the byte spans [n, 2] whether it has a word that all the sentences need."""
    return have_any(data, spans, _STERN)


def prohibitions_in(data: bytes, low: int, high: int) -> list[Finding]:
    """Sentences that make a file proprietary, or take back a part of what a licence beside them grants.

    They are looked for in data[low:high]; where `may_prohibit_in` says no, there are none.
    """
    head = data[low:high]
    return [
        Finding(low + match.start(), low + match.end(), "notice", rule, expression, 0.7)
        for pattern, expression, rule in _PATTERNS
        for match in [pattern.search(head)]
        if match is not None
    ]
