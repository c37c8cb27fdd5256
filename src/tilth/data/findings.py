"""Secrets and personal data in a build: looked for in the files that would stay, and only where the recipe asks.

What is found is a fact of a content and its name, and stays in the store; which of it counts follows from the recipe's
thresholds alone, so another sensitivity reads no text again.
"""

from tilth.config.findings import Findings
from tilth.data.facts.kinds import secret_kinds
from tilth.data.policy.findings import NAME, asked, kinds_that_count, least_of
from tilth.data.stages.asked import group_of
from tilth.store.sql import Sql

MODEL = "model_findings"


def groups_for(findings: Findings) -> dict[str, str]:
    """The groups of facts that a recipe asks for; that of a model first, whose findings the others take up.

    Raises:
        UserError: A sensitivity is stated for a kind that there is not, or there is no such model.
    """
    groups = {group: f"tilth.data.facts.{group}" for group in asked(findings)}
    if groups:
        least_of(findings)
    if groups and findings.model:
        groups = {MODEL: f"tilth.data.facts.{MODEL}:{findings.model}"} | groups
        group_of(groups[MODEL])
    return groups


def wanted(name: str) -> str:
    """SQL for the contents that a group is asked about; a model does not look at names."""
    return f"SELECT DISTINCT content_id, {repr('') if name == MODEL else NAME} AS name FROM judged WHERE stage IS NULL"


def mark_findings(sql: Sql, findings: Findings, group: str) -> None:
    """Makes table `found_GROUP` of a group that was asked for, and drops from table `judged` where a recipe says so.

    The table has the findings of each content and name that has any, a model's among them.
    """
    found, model = group, ""
    if findings.model:
        names = ", ".join(f"'{name}'" for name in sorted(secret_kinds()))
        own = f"one.kind {'' if group == 'secrets' else 'NOT '}IN ({names})"
        both = f"list_concat({group}, [one FOR one IN coalesce({MODEL}, []) IF {own}])"
        found = f"[each.one FOR each IN list_sort([{{'start': one.start, 'one': one}} FOR one IN {both}])]"
        model = f"LEFT JOIN (SELECT DISTINCT content_id, {MODEL} FROM facts_{MODEL}) USING (content_id)"
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE found_{group} AS
        SELECT content_id, name, any_value(found) AS {group} FROM (SELECT content_id, name, {found} AS found
          FROM facts_{group} SEMI JOIN ({wanted(group)}) USING (content_id, name) {model})
        WHERE len(found) > 0 GROUP BY ALL"""
    )
    if getattr(findings, group) == "drop":
        _drop(sql, findings, group)


def _drop(sql: Sql, findings: Findings, group: str) -> None:
    """Takes out the files with findings that count; the value is their kinds."""
    sql.run(
        f"""UPDATE judged SET stage = 'findings', reason = '{group}', "value" = found
        FROM (SELECT content_id, name, {kinds_that_count(findings, group)} AS found FROM found_{group}) AS f
        WHERE stage IS NULL AND judged.content_id = f.content_id AND {NAME} = f.name AND found IS NOT NULL"""
    )
