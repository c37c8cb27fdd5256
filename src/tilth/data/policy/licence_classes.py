"""How free a licence leaves its user: one class for each SPDX expression, and the lists that say so.

What is permissive, a list decides: Blue Oak's ratings, ScanCode's categories, or the few that tilth adds with its
reasons. Which of them hold is a setting of the policy. The other classes stand in `licence_classes.json` beside this
file; what is not there has the class of its category in ScanCode. What is in no list is `unknown`, never permissive.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.data.facts.licence.expressions import canonical, licensing, parse
from tilth.data.policy.tables import lists

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

PERMISSIVE_LISTS = ("blue_oak", "scancode", "tilth")
"""Lists that can say what is permissive."""
DEFAULT_LISTS = ("blue_oak", "tilth")

SCANCODE_CLASSES = {
    "Copyleft Limited": "weak_copyleft",
    "Copyleft": "copyleft",
    "Free Restricted": "proprietary",
    "Source-available": "proprietary",
    "Proprietary Free": "proprietary",
    "Commercial": "proprietary",
}
"""Category -> class, of licences that no list calls permissive and tilth has not classed itself. `Permissive` and
`Public Domain` are a matter of the chosen lists; agreements of contributors, patent licences and unstated ones are
`unknown`."""
_SCANCODE_FREE = ("Permissive", "Public Domain")
_LISTED = ("weak_copyleft", "copyleft", "non_commercial", "proprietary")
_ABSENT = frozenset({"NONE", "NOASSERTION"})


@cache
def licence_class(expression: str | None, permissive_lists: tuple[str, ...] = DEFAULT_LISTS) -> str:
    """The class of an SPDX expression.

    OR is as permissive as its most permissive operand, AND as restrictive as its most restrictive one. An
    exception that relaxes a copyleft licence (Classpath, GCC runtime, Linux syscalls) makes it
    `weak_copyleft`; any other exception leaves the class of the licence.

    Args:
        expression: SPDX expression, or None where no licence is known.
        permissive_lists: Of `PERMISSIVE_LISTS`: permissive is what one of them says so of.

    Returns:
        One of `CLASS_ORDER`: `no_license` for None, for an empty text and for `NONE`; `unknown` for what
        cannot be parsed, is in no list, or is `NOASSERTION`.
    """
    if expression is None or not expression.strip() or expression.strip() == "NONE":
        return "no_license"
    if expression.strip() in _ABSENT:
        return "unknown"
    parsed = parse(canonical(expression) or "")
    return "unknown" if parsed is None else _class_of(parsed, permissive_lists)


def stack_license_type(name: str) -> str:
    """The Stack's `license_type` for a class: `permissive`, `no_license` or `non_permissive`."""
    return name if name in ("permissive", "no_license") else "non_permissive"


@dataclass(frozen=True, slots=True)
class Marks:
    """What the lists say of one licence; None or False where it is not in them."""

    blue_oak: str | None
    scancode: str | None
    osi_approved: bool
    fsf_free: bool
    tilth: str | None
    """The class that tilth gives it."""


def marks_of(name: str) -> Marks:
    """What each list says of a licence id."""
    low = name.removesuffix("+").lower()
    own = "permissive" if low in _added() else _classed().get(low)
    return Marks(
        lists.blue_oak().get(low), lists.scancode().get(low), low in lists.osi(), low in lists.fsf(), own
    )


def list_versions() -> dict[str, str]:
    """Name of each of `PERMISSIVE_LISTS` to what it is made of, with its version."""
    own = next(source for source in _table()["sources"] if source["name"] == "tilth")
    return {
        "blue_oak": str(lists.source_of("blue_oak")),
        "scancode": str(lists.source_of("scancode_categories")),
        "tilth": f"tilth {own['version']}",
    }


def _class_of(parsed: Any, permissive_lists: tuple[str, ...]) -> str:
    grammar = licensing()
    if isinstance(parsed, grammar.OR):
        return min((_class_of(operand, permissive_lists) for operand in parsed.args), key=CLASS_ORDER.index)
    if isinstance(parsed, grammar.AND):
        return max((_class_of(operand, permissive_lists) for operand in parsed.args), key=CLASS_ORDER.index)
    exception = getattr(parsed, "exception_symbol", None)
    if exception is None:
        return _class_of_id(str(parsed.key).removesuffix("+").lower(), permissive_lists)
    found = _class_of(parsed.license_symbol, permissive_lists)
    relaxes = str(exception.key).lower() in _relaxing()
    return "weak_copyleft" if relaxes and found == "copyleft" else found


def _class_of_id(name: str, permissive_lists: tuple[str, ...]) -> str:
    category = lists.scancode().get(name)
    if (
        ("blue_oak" in permissive_lists and name in lists.blue_oak())
        or ("tilth" in permissive_lists and name in _added())
        or ("scancode" in permissive_lists and category in _SCANCODE_FREE)
    ):
        return "permissive"
    return _classed().get(name) or SCANCODE_CLASSES.get(category or "", "unknown")


@cache
def _table() -> dict[str, Any]:
    text = files("tilth.data.policy").joinpath("licence_classes.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@cache
def _classed() -> Mapping[str, str]:
    return {key.lower(): name for name in _LISTED for key in _table()[name]}


@cache
def _added() -> frozenset[str]:
    return frozenset(key.lower() for key in [*_table()["permissive_added"], *_table()["public_domain"]])


@cache
def _relaxing() -> frozenset[str]:
    return frozenset(key.lower() for key in _table()["relaxing_exceptions"])
