"""Secrets and personal data in a build: looked for in the files that would stay, and only where the recipe asks.

What is found is a fact of a content and its name, and stays in the store; which of it counts follows from the recipe's
thresholds alone, so another sensitivity reads no text again.
"""

from pathlib import Path

from tilth.config.findings import Findings
from tilth.data.asked import ask
from tilth.data.contents import view_packs
from tilth.data.policy.findings import NAME, asked, kinds_that_count
from tilth.engine.task import Engine
from tilth.report.progress import Progress
from tilth.store.layout import Store
from tilth.store.sql import Sql


def mark_findings(
    sql: Sql, findings: Findings, store: Store, building: Path, engine: Engine, progress: Progress
) -> None:
    """Makes table `found_GROUP` for each group that is asked for, and drops from table `judged` where a recipe says so.

    The table has the findings of each content and name that has any.
    """
    groups = asked(findings)
    if groups:
        view_packs(sql, store)
    for group in groups:
        wanted = f"SELECT DISTINCT content_id, {NAME} AS name FROM judged WHERE stage IS NULL"
        ask(sql, f"tilth.data.facts.{group}", wanted, store, building, engine, progress)
        sql.run(
            f"""CREATE OR REPLACE TEMP TABLE found_{group} AS
            SELECT content_id, name, any_value({group}) AS {group}
            FROM facts_{group} SEMI JOIN ({wanted}) USING (content_id, name) WHERE len({group}) > 0 GROUP BY ALL"""
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
