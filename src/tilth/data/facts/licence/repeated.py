"""Statements that neighbours have too: the header of one file stands in thousands, so it is read once."""

from functools import lru_cache

from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.scan import Match
from tilth.data.facts.licence.statements import AROUND_BYTES, statements

_PASSAGE_BYTES = 4_096
_KEPT_PASSAGES = 1_024


def repeated_statements(data: bytes, matches: list[Match], *, is_prose: bool) -> list[Finding]:
    """What `statements` finds in a document whose name promises no licence; `matches` is not empty."""
    low = max(0, matches[0].start - AROUND_BYTES)
    passage = data[low : max(match.end for match in matches) + AROUND_BYTES]
    if len(passage) > _PASSAGE_BYTES:
        return statements(data, matches, is_prose=is_prose, is_licence=False)
    rows = tuple((match[0], match[1] - low, match[2] - low, *match[3:]) for match in matches)
    # How short the document is tells only where the passage is most of it.
    size = min(len(data), 2 * len(passage))
    return [
        Finding(
            low + one.start,
            low + one.end,
            one.kind,
            one.rule,
            one.expression,
            one.score,
            one.choice,
            one.is_part,
        )
        for one in _statements(passage, rows, size, is_prose)
    ]


@lru_cache(_KEPT_PASSAGES)
def _statements(
    passage: bytes, rows: tuple[tuple[int, ...], ...], size: int, is_prose: bool
) -> list[Finding]:
    matches = [Match(*row) for row in rows]
    return statements(passage, matches, is_prose=is_prose, is_licence=False, size=size)
