"""How free a licence leaves its user: one class for each SPDX expression.

Permissive is what the Blue Oak Council lists (`@blueoak/list` 15.0.0, all ratings), what is in the public domain,
and the few that `permissive_added` names with its reasons; the other classes stand in `licence_classes.json` beside
this file. What is in no list is `unknown`, never permissive.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.data.facts.licence.expressions import canonical, licensing, parse

CLASS_ORDER = (
    "permissive",
    "weak_copyleft",
    "copyleft",
    "non_commercial",
    "unknown",
    "proprietary",
    "no_license",
)
"""From the most permissive to the most restrictive: OR takes the first of its operands, AND the last."""

_LISTED = ("permissive", "weak_copyleft", "copyleft", "non_commercial", "proprietary")
_ABSENT = frozenset({"NONE", "NOASSERTION"})


@cache
def licence_class(expression: str | None) -> str:
    """The class of an SPDX expression.

    OR is as permissive as its most permissive operand, AND as restrictive as its most restrictive one. An
    exception that relaxes a copyleft licence (Classpath, GCC runtime, Linux syscalls) makes it
    `weak_copyleft`; any other exception leaves the class of the licence.

    Args:
        expression: SPDX expression, or None where no licence is known.

    Returns:
        One of `CLASS_ORDER`: `no_license` for None, for an empty text and for `NONE`; `unknown` for what
        cannot be parsed, is in no list, or is `NOASSERTION`.
    """
    if expression is None or not expression.strip() or expression.strip() == "NONE":
        return "no_license"
    if expression.strip() in _ABSENT:
        return "unknown"
    parsed = parse(canonical(expression) or "")
    return "unknown" if parsed is None else _class_of(parsed)


def stack_license_type(name: str) -> str:
    """The Stack's `license_type` for a class: `permissive`, `no_license` or `non_permissive`."""
    return name if name in ("permissive", "no_license") else "non_permissive"


def _class_of(parsed: Any) -> str:
    grammar = licensing()
    if isinstance(parsed, grammar.OR):
        return min((_class_of(operand) for operand in parsed.args), key=CLASS_ORDER.index)
    if isinstance(parsed, grammar.AND):
        return max((_class_of(operand) for operand in parsed.args), key=CLASS_ORDER.index)
    exception = getattr(parsed, "exception_symbol", None)
    if exception is None:
        return _listed().get(str(parsed.key).removesuffix("+").lower(), "unknown")
    found = _class_of(parsed.license_symbol)
    relaxes = str(exception.key).lower() in _relaxing()
    return "weak_copyleft" if relaxes and found == "copyleft" else found


@cache
def _table() -> dict[str, list[str]]:
    text = files("tilth.data.policy").joinpath("licence_classes.json").read_text("utf-8")
    table: dict[str, list[str]] = json.loads(text)
    return table


@cache
def _listed() -> dict[str, str]:
    table = _table()
    listed = {key.lower(): name for name in _LISTED for key in table[name]}
    free = [*table["permissive_added"], *table["public_domain"]]
    return listed | {key.lower(): "permissive" for key in free}


@cache
def _relaxing() -> frozenset[str]:
    return frozenset(key.lower() for key in _table()["relaxing_exceptions"])
