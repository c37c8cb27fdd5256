"""Findings -> what counts: thresholds on their confidence, so that another sensitivity computes no fact again."""

from collections.abc import Iterable, Mapping

from tilth.config.findings import Findings
from tilth.data.facts.findings import Finding, threshold
from tilth.data.facts.kinds import kinds
from tilth.errors import UserError

_NEVER = 2.0


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
    if findings.copyright_holders == "keep":
        least["name.copyright"] = _NEVER
    return least


def counted(found: Iterable[Finding], least: Mapping[str, float]) -> list[Finding]:
    """The findings that count; one of a kind that has no threshold does."""
    # Confidences are stored as 32-bit numbers: 0.9 would not reach 0.9.
    return [one for one in found if round(one.confidence, 4) >= least.get(one.kind, 0)]


def _counts(least: Mapping[str, float]) -> str:
    """SQL for whether finding `one` counts."""
    cases = " ".join(f"WHEN '{name}' THEN {value!r}" for name, value in sorted(least.items()))
    return f"round(one.confidence::DOUBLE, 4) >= CASE one.kind {cases} ELSE 0 END"


def counts_by_kind(findings: Findings, rows: str) -> str:
    """SQL for kind, files, spans, and the spans that count, of rows with a column `personal_data`."""
    return f"""SELECT one.kind AS kind, count(DISTINCT number) AS files, count(*) AS spans,
        count(*) FILTER ({_counts(least_of(findings))}) AS counted
      FROM (SELECT number, unnest(personal_data) AS one FROM (SELECT personal_data, row_number() OVER () AS number
        FROM ({rows}))) GROUP BY kind ORDER BY kind"""


def drop_sql(findings: Findings) -> str:
    """SQL for the kinds of personal data for which a file leaves; NULL where it stays."""
    if findings.personal_data != "drop":
        return "NULL"
    found = f"[one.kind FOR one IN personal_data IF {_counts(least_of(findings))}]"
    return f"nullif(array_to_string(list_sort(list_distinct({found})), ', '), '')"
