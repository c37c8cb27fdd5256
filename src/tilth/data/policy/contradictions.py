"""Whether those who speak of the licence of one place contradict each other.

From the most direct to the least: the file's own header, the licence files of the nearest folder that says something,
its package metadata, its README, the forge. The more direct one may name a part of what the other names (one operand of
an OR or an AND), and may name more where that binds the user no further (the notice of bundled code). Everything else
is a contradiction. `-only` and `-or-later` of one text, and a licence with and without an exception, do not contradict
each other, and whoever names no licence that can be told contradicts nobody.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

from tilth.data.facts.licence.expressions import canonical, parse
from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class

VAGUE = r"LicenseRef-(tilth-(un|invalid)|scancode-\S*(unknown|unstated|generic))"
"""Pattern of references that stand for a licence that could not be told."""

_VAGUE = re.compile(VAGUE)
_FORMS = re.compile(r"(?:-only|-or-later|\+)\Z")
_DEDICATIONS = frozenset(
    {
        "cc0-1.0",
        "unlicense",
        "licenseref-tilth-public-domain",
        "licenseref-scancode-public-domain",
        "licenseref-scancode-public-domain-disclaimer",
    }
)


class Said(NamedTuple):
    """What one source says of a place."""

    source: str
    """tag, text, notice, file, part, metadata, readme or forge; `part` is a licence file for parts of a folder."""
    expression: str


def contradicts(said: Sequence[Said]) -> bool:
    """Whether any two of those who speak of a place contradict each other.

    Args:
        said: From the most direct to the least. Licences of `part` may be named by others, and contradict nobody.
    """
    parts = " AND ".join(f"({one.expression})" for one in said if one.source == "part")
    sides = [(one.expression, parts * (one.source == "file")) for one in said if one.source != "part"]
    return any(_differ(one, other) for one, other in combinations(sides, 2))


@cache
def _differ(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a statement contradicts a less direct one; each with the licences of its parts."""
    ids, other_ids = _ids(one[0]), _ids(other[0])
    if not ids or not other_ids:
        return False
    if ids <= other_ids | _ids(other[1]):
        return False
    beyond = other_ids - _ids(one[1])
    return bool(beyond) and not (beyond <= ids and _rank(one[0]) <= _rank(other[0]))


def _rank(expression: str) -> int:
    return CLASS_ORDER.index(licence_class(expression))


@cache
def _ids(expression: str) -> frozenset[str]:
    """The licences that an expression names, whatever their form; none, where one of them could not be told."""
    if _VAGUE.search(expression):
        return frozenset()
    parsed = parse(canonical(expression) or "")
    if parsed is None:
        return frozenset()
    names = (getattr(symbol, "license_symbol", symbol).key for symbol in parsed.symbols)
    bare = (_FORMS.sub("", str(name)).lower() for name in names)
    return frozenset("public domain" if name in _DEDICATIONS else name for name in bare)


def same_licences(one: str, other: str) -> bool:
    """Whether two expressions name the same licences, however they join them."""
    ids = _ids(one)
    return bool(ids) and ids == _ids(other)
