"""From the evidence in a file to one expression: the careful reading wherever the evidence leaves a doubt."""

from functools import lru_cache

from tilth.data.facts.licence.expressions import canonical, joined, without_shadowed
from tilth.data.facts.licence.finding import PUBLIC_DOMAIN, UNKNOWN, UNRECOGNISED, Finding

# Most files say what their neighbours say.
_KEPT_ANSWERS = 4_096
_DEDICATIONS = {"CC0-1.0", "Unlicense"}
_STRENGTH = ("tag", "text", "notice", "metadata", "reference")


def settled(findings: list[Finding]) -> tuple[str | None, str | None]:
    """The licence expression of a file and the kind of its strongest evidence; (None, None) without evidence.

    Statements hold together (AND) unless the file offers a choice; an opening statement "A or B" covers the
    texts of A and of B that follow it.
    """
    ordered = sorted(findings, key=lambda one: one.start)
    return _settled(tuple((one.kind, one.rule, one.expression, one.choice) for one in ordered))


@lru_cache(_KEPT_ANSWERS)
def _settled(said: tuple[tuple[str, str, str | None, bool], ...]) -> tuple[str | None, str | None]:
    if not said:
        return None, None
    findings = [
        Finding(at, at, kind, rule, expression, choice=choice)
        for at, (kind, rule, expression, choice) in enumerate(said)
    ]
    kind = min((one.kind for one in findings), key=_STRENGTH.index)
    stating = [one for one in findings if one.expression is not None]
    stating = _without_covered(_without_vague(stating))
    if not stating:
        return None, kind
    kind = min((one.kind for one in stating), key=_STRENGTH.index)
    offered = [one.expression or UNKNOWN for one in stating if one.choice]
    bound = [one.expression or UNKNOWN for one in stating if not one.choice]
    texts = {one.expression or UNKNOWN for one in stating if one.kind == "text"}
    texts -= {one.expression for one in stating if one.kind != "text"}
    if offered and len(bound) == 1 and bound[0] not in (UNKNOWN, UNRECOGNISED):
        # "MPL 1.1 ... Alternatively, ... under the GPL": the first offer is not called one.
        offered, bound = [*bound, *offered], []
    parts = without_shadowed(bound, texts)
    choice = joined(without_shadowed(offered, texts), "OR")
    expression = joined([*parts, choice] if choice else parts, "AND")
    return expression or UNKNOWN, kind


def _without_vague(stating: list[Finding]) -> list[Finding]:
    """Drop "the BSD licence" or "public domain" where its text, or a better name of it, is there too."""
    names = {one.expression for one in stating}
    if names & _DEDICATIONS:
        stating = [one for one in stating if one.expression != PUBLIC_DOMAIN]
    clear = [(one.expression or "").lower() for one in stating if one.expression != UNRECOGNISED]
    kept = []
    for one in stating:
        word = one.rule.split(":")[-1]
        if one.expression == UNRECOGNISED and any(name.startswith(word) for name in clear):
            continue
        kept.append(one)
    return kept


def _without_covered(stating: list[Finding]) -> list[Finding]:
    """Drop what an opening choice already names."""
    first = stating[0] if stating else None
    if first is None or first.kind == "text" or " OR " not in (first.expression or "") or first.choice:
        return stating
    names = {canonical(part.strip("() ")) for part in (first.expression or "").split(" OR ")}
    loose = names | {name.replace("-or-later", "-only") for name in names if name}
    return [first, *(one for one in stating[1:] if one.expression not in loose)]
