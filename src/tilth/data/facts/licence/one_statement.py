"""One statement read in pieces: of the sentences of a notice of the GNU family only one says the version.

"This program is free software ... version 2", "See the GNU General Public License for more details" and "You should
have received a copy of the GNU General Public License" are one. So is "the GPL" beside a notice that says which.
What names no version adds nothing where something else of the family does.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.rules import rules
from tilth.data.facts.licence.tokens import hash_of, id_of

_GNU = re.compile(r"(?P<family>[AL]?GPL|GFDL)-(?P<version>\d\.\d)(?P<form>-only|-or-later)\Z")
_FAMILY = re.compile(
    r"(?:BSD|Apache|MPL|EPL|CDDL|CPL|AFL|OSL|ZPL|PHP|EUPL|Artistic|Python|CC-BY|OFL|LPPL)-(?!.* )"
)
_VERSIONED = re.compile(r"\b([AL]?GPL|GFDL)-\d")
_LATER = ("later", "newer")
_POINTS = ("received", "details")
_GRANTS = ("redistribute", "under", "licensed", "copying", "may", "can")
_NEAR_BYTES = 1_000
_BRIEF_WORDS = 8
_NOTICE_WORDS = 20


def without_pieces(found: list[Finding]) -> list[Finding]:
    """The findings of a document without those that only repeat a part of what another one beside them says."""
    if len(found) < 2:
        return found
    texts = [one.expression for one in found if one.kind == "text" and one.expression]
    return [one for one in found if one.kind == "text" or not _repeats(one, found, texts)]


def _repeats(one: Finding, found: Sequence[Finding], texts: Sequence[str]) -> bool:
    gnu = _GNU.match(one.expression or "")
    if gnu is not None:
        return _is_piece(one, gnu, found)
    # "BSD licensed" above a text of that family is about the text.
    family = _FAMILY.match(one.expression or "")
    return (
        family is not None
        and one.words <= _BRIEF_WORDS
        and any(text.startswith(family[0]) for text in texts)
        and one.expression not in texts
        and not _says_version(one.rule)
    )


def _is_piece(one: Finding, gnu: re.Match[str], found: Sequence[Finding]) -> bool:
    others = [other for other in found if other is not one and _distance(one, other) <= _NEAR_BYTES]
    if not _says_version(one.rule):
        versioned = [other for other in others if other.expression and _says_version(other.rule)]
        families = {family for other in versioned for family in _VERSIONED.findall(other.expression or "")}
        is_tail = _has(one.rule, _POINTS) and not _has(one.rule, _GRANTS)
        return gnu["family"] in families or (is_tail and bool(families - {"GFDL"}))
    # "GPL 2" in a line of its own leaves open what the notice below it says.
    return (
        gnu["form"] == "-only"
        and one.words <= _BRIEF_WORDS
        and not _has(one.rule, ("only",))
        and any(
            other.expression == f"{gnu['family']}-{gnu['version']}-or-later" and other.words >= _NOTICE_WORDS
            for other in others
        )
    )


def _distance(one: Finding, other: Finding) -> int:
    return max(one.start - other.end, other.start - one.end)


@lru_cache(4_096)
def _says_version(rule: str) -> bool:
    """Whether a rule has a number of a version; what is no rule of the table counts as one that has."""
    words = _words(rule)
    numbers = rules().numbers
    return words is None or bool((numbers.version[words] & ~np.isin(words, _ids(_LATER))).any())


@lru_cache(4_096)
def _has(rule: str, words: tuple[str, ...]) -> bool:
    """Whether a rule has one of some words."""
    own = _words(rule)
    return own is not None and bool(np.isin(own, _ids(words)).any())


def _words(rule: str) -> NDArray[np.uint16] | None:
    at = _places().get(rule.rsplit(":", 1)[-1])
    if at is None:
        return None
    numbers = rules().numbers
    return numbers.tokens[numbers.bounds[at] : numbers.bounds[at + 1]]


@cache
def _ids(words: tuple[str, ...]) -> list[int]:
    numbers = rules().numbers
    hashes = (np.uint64(hash_of(np.frombuffer(word.encode(), np.uint8))) for word in words)
    return [id_of(value, numbers.word_keys, numbers.word_ids) for value in hashes]


@cache
def _places() -> dict[str, int]:
    return {name: at for at, name in enumerate(rules().names)}
