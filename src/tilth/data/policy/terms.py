"""Which licences a policy allows: SPDX expressions evaluated licence by licence, a choice taken where there is one.

Of an OR, the operands that the policy allows are chosen; of an AND, all are needed. A licence WITH an exception is
judged as such by its class, and as the licence alone by lists that do not know exceptions. Bytes without any licence
are a class of their own, which only `licences` can let in where a licence key is set at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tilth.data.facts.licence.expressions import canonical, licensing, parse
from tilth.data.policy.compatibility import ANSWERS, compatible
from tilth.data.policy.licence_classes import licence_class
from tilth.data.policy.rules import Setting
from tilth.data.policy.tables import lists
from tilth.errors import UserError

RATINGS = ("model", "gold", "silver", "bronze", "lead")
"""The Blue Oak Council's, from the best to the worst."""
SETTINGS = (
    "licences", "permissive_lists", "blue_oak_min", "scancode_categories", "compatible_with", "compatible_min",
    "licence_ids_keep", "licence_ids_drop",
)  # fmt: skip
"""The keys of a policy that terms are made of."""
REASONS = ("licence_rating", "licence_category", "licence_incompatible", "licence_listed")
"""Reasons of drops beside those of classes (`licence_CLASS`), in the order in which they are asked."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says of licences; None where it does not say."""

    permissive_lists: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    blue_oak_min: str | None = None
    categories: tuple[str, ...] | None = None
    compatible_with: str | None = None
    compatible_min: str = "yes"
    keep: frozenset[str] = frozenset()
    drop: frozenset[str] = frozenset()

    @property
    def asks(self) -> bool:
        """Whether anything but a single id can be refused."""
        said = (self.classes, self.blue_oak_min, self.categories, self.compatible_with)
        return any(one is not None for one in said)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the terms say of an expression."""

    chosen: str | None
    """What of it the file may be used under; None where it may not stay, or nothing is stated."""
    reason: str | None = None
    """Why it may not stay."""


def terms_of(settings: Mapping[str, Setting]) -> Terms:
    """The terms of a policy's settings.

    Raises:
        UserError: A name in them is no licence.
    """

    def names(key: str) -> tuple[str, ...] | None:
        found = settings.get(key)
        return tuple(found) if isinstance(found, tuple | list) else None

    whole = settings.get("compatible_with")
    if whole is not None and canonical(str(whole)) is None:
        raise UserError(f"`{whole}` is no SPDX expression", where="policy.compatible_with")
    return Terms(
        names("permissive_lists") or (),
        names("licences"),
        str(settings["blue_oak_min"]) if settings.get("blue_oak_min") else None,
        names("scancode_categories"),
        str(whole) if whole is not None else None,
        str(settings.get("compatible_min") or "yes"),
        frozenset(_known("licence_ids_keep", names("licence_ids_keep") or ())),
        frozenset(_known("licence_ids_drop", names("licence_ids_drop") or ())),
    )


@lru_cache(65_536)
def verdict(expression: str | None, terms: Terms) -> Verdict:
    """Whether the terms allow what an expression states, and under which part of it.

    Args:
        expression: SPDX expression of a file; None where nothing is stated.
        terms: What is allowed.
    """
    if expression is None or expression.strip() in ("", "NONE"):
        allowed = not terms.asks if terms.classes is None else "no_license" in terms.classes
        return Verdict(None, None if allowed else "licence_no_license")
    parsed = parse(canonical(expression) or "")
    if parsed is None:
        reason = _refusal(expression, expression, terms)
        return Verdict(None if reason else expression, reason and reason[1])
    chosen, refusal = _evaluated(parsed, terms)
    # What is left of `MIT AND (MIT OR X)` without X is said once.
    return Verdict(None, refusal[1]) if refusal else Verdict(canonical(str(chosen.render())))


_Refusal = tuple[int, str]
"""How many questions were passed before the one that refused, and the reason."""


def _evaluated(parsed: Any, terms: Terms) -> tuple[Any, _Refusal | None]:
    """The part of an expression that is allowed; else the refusal, of a choice that which came furthest."""
    grammar = licensing()
    if not isinstance(parsed, grammar.OR | grammar.AND):
        return parsed, _refusal(str(parsed.render()), _id_of(parsed), terms)
    found = [_evaluated(operand, terms) for operand in parsed.args]
    refused = [refusal for _, refusal in found if refusal]
    if isinstance(parsed, grammar.AND):
        if refused:
            return parsed, min(refused)
        return _joined(grammar.AND, [part for part, _ in found]), None
    allowed = [part for part, refusal in found if not refusal]
    return (_joined(grammar.OR, allowed), None) if allowed else (parsed, max(refused))


def _joined(operator: Any, parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else operator(*parts)


def _refusal(name: str, base: str, terms: Terms) -> _Refusal | None:
    """Why one licence, maybe with an exception, is not allowed: the first question that it fails."""
    dropped = name in terms.drop or base in terms.drop
    if name in terms.keep and not dropped:
        return None
    for number, (passes, reason) in enumerate(_asked(name, base.removesuffix("+").lower(), terms)):
        if not passes:
            return number, reason
    return (len(REASONS) + 1, "licence_listed") if dropped else None


def _asked(name: str, base: str, terms: Terms) -> Iterator[tuple[bool, str]]:
    if terms.classes is not None:
        found = licence_class(name, terms.permissive_lists)
        yield found in terms.classes, f"licence_{found}"
    if terms.blue_oak_min is not None:
        rating = (lists.blue_oak().get(base) or "").lower()
        best = RATINGS[: RATINGS.index(terms.blue_oak_min) + 1]
        yield rating in best, "licence_rating"
    if terms.categories is not None:
        yield lists.scancode().get(base) in terms.categories, "licence_category"
    if terms.compatible_with is not None:
        enough = ANSWERS[: ANSWERS.index(terms.compatible_min) + 1]
        yield compatible(name, terms.compatible_with) in enough, "licence_incompatible"


def _id_of(parsed: Any) -> str:
    """The id of a licence without its exception."""
    return str(getattr(parsed, "license_symbol", parsed).key)


def _known(key: str, names: tuple[str, ...]) -> Iterator[str]:
    """The names in their canonical spelling."""
    for name in names:
        parsed = parse(canonical(name) or "")
        if parsed is None or not parsed.isliteral:
            raise UserError(
                f"`{name}` is not the id of a licence",
                where=f"policy.{key}",
                hint="an SPDX id, `LicenseRef-…`, or `ID WITH EXCEPTION`",
            )
        yield str(parsed.render())
