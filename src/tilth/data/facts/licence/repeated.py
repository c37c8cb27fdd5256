"""Statements that neighbours have too: the header of one file stands in thousands, so what it says is told once."""

from functools import lru_cache

from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.scan import Match
from tilth.data.facts.licence.statements import SHORT_WORDS, statements

_KEPT = 4_096


def repeated_statements(data: bytes, matches: list[Match], *, is_prose: bool) -> list[Finding]:
    """What `statements` finds in a document whose name promises no licence; `matches` is not empty.

    What long matches say does not hang on the words around them, nor on where they stand.
    """
    if any(match.matched <= SHORT_WORDS for match in matches):
        return statements(data, matches, is_prose=is_prose, is_licence=False)
    said = _said(tuple((match[0], *match[3:]) for match in matches), is_prose)
    return [
        Finding(matches[at].start, matches[at].end, kind, rule, expression, score)
        for at, kind, rule, expression, score in said
    ]


@lru_cache(_KEPT)
def _said(rows: tuple[tuple[int, ...], ...], is_prose: bool) -> list[tuple[int, str, str, str | None, float]]:
    """What matches say, each as the number of the match and its finding; a match is as long as its number of words."""
    ends = [0]
    for row in rows:
        ends.append(ends[-1] + row[2])
    matches = [
        Match(row[0], start, end, *row[1:]) for row, start, end in zip(rows, ends, ends[1:], strict=False)
    ]
    found = statements(b"\n" * ends[-1], matches, is_prose=is_prose, is_licence=False)
    return [(ends.index(one.start), one.kind, one.rule, one.expression, one.score) for one in found]
