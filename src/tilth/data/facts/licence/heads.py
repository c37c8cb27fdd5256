"""The evidence in the head of a file that is no licence file: passage by passage, each answer kept.

A repository repeats one notice in thousands of files, so the answer for a passage, which depends on its bytes
alone, is kept and moved to where the passage stands.
"""

from dataclasses import dataclass
from functools import lru_cache

from tilth.data.facts.licence.finding import UNKNOWN, Finding
from tilth.data.facts.licence.lines import statements_in
from tilth.data.facts.licence.notices import exceptions_in, notices_in, with_exceptions
from tilth.data.facts.licence.references import prohibitions_in, references_in
from tilth.data.facts.licence.shingles import shingles
from tilth.data.facts.licence.texts import texts_in
from tilth.data.facts.licence.whole_texts import GRANTS, MIN_UNKNOWN_HITS, of_texts, outside
from tilth.data.facts.licence.words import Words

# Enough for the notices of many repositories; at 16 KiB a passage, 32 MiB at the very most.
_KEPT_PASSAGES = 2_048


@dataclass(frozen=True, slots=True)
class _Said:
    """What one passage says, with spans that count from its first byte."""

    stated: tuple[Finding, ...]
    statements: tuple[Finding, ...]
    prohibitions: tuple[Finding, ...]
    references: tuple[Finding, ...]
    exceptions: tuple[str, ...]


def findings_of_head(data: bytes, spans: list[tuple[int, int]], *, is_prose: bool) -> list[Finding]:
    """The evidence in the passages of a text.

    Args:
        data: The text.
        spans: Its passages (see `passages.passages`).
        is_prose: True for a document such as a README.
    """
    said = [(_said(data[low:high], is_prose), low) for low, high in spans]
    if len(said) == 1:
        return _together(*said[0])
    stated = [_moved(one, low) for each, low in said for one in each.stated]
    statements = [_moved(one, low) for each, low in said for one in each.statements]
    found = stated + outside(statements, stated)
    found += [_moved(one, low) for each, low in said for one in each.prohibitions]
    exceptions = [name for each, _ in said for name in each.exceptions]
    found = with_exceptions(found, exceptions)
    return found + [_moved(one, low) for each, low in said for one in each.references]


def _together(said: _Said, low: int) -> list[Finding]:
    found = [*said.stated, *outside(list(said.statements), list(said.stated)), *said.prohibitions]
    found = with_exceptions(found, list(said.exceptions))
    return [_moved(one, low) for one in (*found, *said.references)]


def _moved(one: Finding, by: int) -> Finding:
    if by == 0:
        return one
    return Finding(one.start + by, one.end + by, one.kind, one.rule, one.expression, one.score, one.choice)


@lru_cache(_KEPT_PASSAGES)
def _said(data: bytes, is_prose: bool) -> _Said:
    words = Words(data)
    listed = words.listed
    found: list[Finding] = []
    if GRANTS.search(words.joined):
        matches, num_hits = texts_in(shingles(words, data))
        found, listed = of_texts(words, matches)
        if not matches and num_hits >= MIN_UNKNOWN_HITS and not is_prose:
            grant = GRANTS.search(words.joined)
            at = words.word_at(grant.start()) if grant else 0
            span = words.span(at, min(at + 8, len(listed) - 1))
            found.append(Finding(*span, "text", "unknown-text", UNKNOWN, 0.5))
    found += notices_in(words, listed, is_prose=is_prose, is_licence=False)
    return _Said(
        tuple(found),
        () if is_prose else tuple(statements_in(data)),
        () if is_prose else tuple(prohibitions_in(words, listed)),
        tuple(references_in(words, listed)),
        exceptions_in(words.joined),
    )
