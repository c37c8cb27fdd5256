"""The quality rules whose facts have to be asked for, in a build: comments, parsing, scores."""

from collections.abc import Mapping

import pyarrow as pa

from tilth.data.facts.code.syntaxes import syntax_of_language
from tilth.data.facts.parsed import GRAMMARS
from tilth.data.policy.asked_rules import ASKED_RULES
from tilth.data.policy.rules import Setting, active, verdict_sql
from tilth.data.stages.asked import group_of
from tilth.store.sql import Sql

MODULES = {
    "quality": "tilth.data.facts.quality",
    "parsed": "tilth.data.facts.parsed:installed",
    "scored": "tilth.data.facts.scored",
}
"""Group of facts -> its module; that of scores is made for the scorer that the recipe names."""


def groups_for(settings: Mapping[str, Setting]) -> dict[str, str]:
    """The groups of facts that the rules ask for; those of a scorer also without a rule.

    Raises:
        UserError: A scorer or a grammar that they need is not there.
    """
    asked = {rule.asks for rule in active(settings, ASKED_RULES)}
    found = {}
    for name, module in MODULES.items():
        if name == "scored" and settings["scorer"]:
            found[name] = f"{module}:{settings['scorer']}"
        elif name in asked:
            found[name] = module
    for module in found.values():
        group_of(module)
    return found


def wanted(sql: Sql, name: str) -> str:
    """SQL for the contents that a group is asked about, with what it has to know beside the bytes."""
    known = {"quality": syntax_of_language(), "parsed": dict(zip(GRAMMARS, GRAMMARS, strict=True))}.get(
        name, {}
    )
    schema = pa.schema([("language", pa.string()), ("name", pa.string())])
    sql.add("asked_names", pa.table([list(known), list(known.values())], schema=schema))
    # Without a grammar there is no answer; without a lexer, there are others.
    join = "JOIN" if name == "parsed" else "LEFT JOIN"
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE asked_files AS
        SELECT judged.rowid AS file, content_id, coalesce(asked_names.name, '') AS name
        FROM judged {join} asked_names USING (language) WHERE stage IS NULL"""
    )
    return "SELECT DISTINCT content_id, name FROM asked_files"


def take(sql: Sql, name: str, module: str) -> None:
    """Puts the facts of a group that were asked for by `wanted` into table `judged`."""
    columns = group_of(module).SCHEMA.names
    values = ", ".join(f"{column} = facts.{column}" for column in columns)
    sql.run(
        f"""UPDATE judged SET {values}
        FROM (SELECT DISTINCT ON (file) file, {", ".join(columns)}
          FROM asked_files JOIN facts_{name} USING (content_id, name)) AS facts
        WHERE judged.rowid = facts.file"""
    )


def drop(sql: Sql, settings: Mapping[str, Setting]) -> None:
    """Drops from table `judged` what a rule over these facts takes out."""
    reason, value = verdict_sql(settings, ASKED_RULES)
    sql.run(
        f"""UPDATE judged SET stage = 'inspection', reason = found.reason, "value" = found."value"
        FROM (SELECT file, reason, {value} AS "value" FROM
          (SELECT rowid AS file, * EXCLUDE (reason, "value"), {reason} AS reason FROM judged WHERE stage IS NULL)
          WHERE reason IS NOT NULL) AS found
        WHERE judged.rowid = found.file"""
    )
