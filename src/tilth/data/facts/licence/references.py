"""Sentences that leave the licence to another file: "found in the LICENSE file" names no licence, it points at one."""

import re2

from tilth.data.facts.licence.finding import Finding

_S = r"[\s*#/;%!|>.,:\"'`(\[-]{1,12}"
_POINTS = re2.compile(
    (
        rf"(?i)\b(?:see|found{_S}in|found{_S}at|read|refer{_S}to|accompanying|included{_S}in|described{_S}in|in|with|by|of){_S}"
        rf"(?:the{_S}|its{_S}|our{_S}|this{_S})?"
        rf"(?:(?:accompanying|included|enclosed|attached|top{_S}level|root|project|file|named|called){_S})*"
        rf"(?:un)?(?:license|licence|copying|copyright)(?:[.](?:lesser|txt|md|rst|html|mit|apache|bsd))?"
        rf"(?:{_S}file|{_S}for{_S}(?:license|licence|licensing|details|more|full|the|terms|copying|information)|"
        rf"{_S}in{_S}the|{_S}at{_S}the|{_S}distributed{_S}with|{_S}included)\b|"
        rf"\b(?:found{_S}in|found{_S}at|see){_S}(?:the{_S})?(?:LICENSE|COPYING)[.-](?:apache|mit|bsd|txt|md|rst)\b"
    ).encode()
)


def references_in(data: bytes, low: int, high: int) -> list[Finding]:
    """The first place in data[low:high] that sends the reader to a licence file; its expression is None."""
    found = _POINTS.search(data[low:high])
    if found is None:
        return []
    return [Finding(low + found.start(), low + found.end(), "reference", "licence-file", None, 0.8)]
