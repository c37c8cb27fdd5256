"""Findings -> what counts: thresholds on their confidence, so that another sensitivity computes no fact again."""

from collections.abc import Iterable, Mapping

from tilth.config.findings import Findings
from tilth.data.facts.findings import SENSITIVITIES, Finding, threshold
from tilth.data.facts.kinds import GROUPS, kinds
from tilth.errors import UserError

NAME = "list_last(string_split(path, '/'))"
"""SQL: the name of a file, which its findings are stored under beside its bytes."""
OTHERS = ""
"""Stands for the kinds that no table has, a model's labels, among the least confidences."""
_NEVER = 2.0


def asked(findings: Findings) -> list[str]:
    """The groups of findings that a recipe asks for."""
    return [group for group in GROUPS if getattr(findings, group) != "ignore"]


def least_of(findings: Findings) -> dict[str, float]:
    """Kind -> least confidence at which a finding of it counts.

    Raises:
        UserError: A sensitivity is stated for a kind that there is not.
    """
    names = kinds()
    known = {part for name in names for part in (name, name.split(".")[0])}
    for name in findings.sensitivity_by_kind:
        if name not in known:
            raise UserError(f"there is no kind `{name}`", hint=f"kinds: {', '.join(sorted(known))}")
    least = {name: threshold(name, findings.sensitivity, findings.sensitivity_by_kind) for name in names}
    least[OTHERS] = SENSITIVITIES[findings.sensitivity]
    if findings.copyright_holders == "keep":
        least["name.copyright"] = _NEVER
    return least


def counted(found: Iterable[Finding], least: Mapping[str, float]) -> list[Finding]:
    """The findings that count."""
    # Confidences are stored as 32-bit numbers: 0.9 would not reach 0.9.
    return [one for one in found if round(one.confidence, 4) >= least.get(one.kind, least.get(OTHERS, 0))]


def _counts(least: Mapping[str, float]) -> str:
    """SQL for whether finding `one` counts."""
    by_least: dict[float, list[str]] = {}
    for name, value in sorted(least.items()):
        by_least.setdefault(value, []).append(f"'{name}'")
    cases = " ".join(
        f"WHEN one.kind IN ({', '.join(names)}) THEN {value!r}" for value, names in by_least.items()
    )
    return f"round(one.confidence::DOUBLE, 4) >= CASE {cases} ELSE {least[OTHERS]!r} END"


def counts_by_kind(findings: Findings, group: str, rows: str) -> str:
    """SQL for kind, files, spans, and the spans that count, of rows with the column of a group."""
    return f"""SELECT one.kind AS kind, count(DISTINCT number) AS files, count(*) AS spans,
        count(*) FILTER ({_counts(least_of(findings))}) AS counted
      FROM (SELECT number, unnest({group}) AS one FROM (SELECT {group}, row_number() OVER () AS number
        FROM ({rows}))) GROUP BY kind ORDER BY kind"""


def kinds_that_count(findings: Findings, group: str) -> str:
    """SQL for the kinds of a group's findings that count, as text; NULL where none does."""
    found = f"[one.kind FOR one IN {group} IF {_counts(least_of(findings))}]"
    return f"nullif(array_to_string(list_sort(list_distinct({found})), ', '), '')"
