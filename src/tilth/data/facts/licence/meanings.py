"""What a value of package metadata means as an SPDX expression."""

import re

from tilth.data.facts.licence.expressions import canonical, joined
from tilth.data.facts.licence.finding import UNRECOGNISED
from tilth.data.facts.licence.spellings import named

_MAX_VALUE_CHARACTERS = 400
_NOTHING = frozenset({"", "unknown", "none", "null", "n/a", "tbd", "todo", "dynamic"})
_POINTS = re.compile(
    r"(?:see|file|read)?[ :]*(?:in )?(?:the )?(?:file )?[\w./-]*(?:licen[sc]e|"
    r"copying)(?:[-.]?\w{0,10}){0,2}(?: file)?\Z",
    re.I,
)

Stated = list[tuple[str, str | None]]
"""Values as they stand in the file, each with the expression it means (None where it points at a file)."""


def meaning(value: str, *, slash: str = "AND") -> str | None:
    """What one value means as an SPDX expression.

    Args:
        value: What the metadata says.
        slash: How `/` and `,` join names: `OR` where the format says so (Cargo), else `AND`, the careful
            reading.

    Returns:
        An expression, `LicenseRef-tilth-unrecognised` for a name that is not surely a licence, or None for a
        reference or nothing.
    """
    value = " ".join(value.split())[:_MAX_VALUE_CHARACTERS]
    if value.lower() in _NOTHING or value.lower().startswith("see license in"):
        return None
    whole = canonical(value) or named(value)
    if whole is not None:
        return whole
    if _POINTS.fullmatch(value):
        return None
    for pattern, operator in ((r"\s*\|+\s*|\s+or\s+", "OR"), (r"\s*[/,;&]\s*|\s+and\s+", "AND")):
        parts = [part for part in re.split(pattern, value.strip("()"), flags=re.IGNORECASE) if part]
        if len(parts) > 1:
            meanings = [meaning(part, slash=slash) or UNRECOGNISED for part in parts]
            return joined(meanings, slash if operator == "AND" and re.search(r"[/,]", value) else operator)
    return UNRECOGNISED


def one_value(value: object, *, slash: str = "AND") -> Stated:
    """A single value, or nothing where it says nothing."""
    if not isinstance(value, str) or value.strip().lower() in _NOTHING:
        return []
    return [(value, meaning(value, slash=slash))]


def many_values(values: list[str], operator: str) -> Stated:
    """Several values that hold together (`AND`) or are a choice (`OR`), as one statement at the first of them."""
    said = [value for value in values if value.strip().lower() not in _NOTHING]
    meanings = [meaning(value) or UNRECOGNISED for value in said]
    return [(said[0], joined(meanings, operator))] if said else []
