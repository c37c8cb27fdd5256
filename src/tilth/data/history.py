"""Commits of the units whose source asks for their history: which changes stay, and their rows.

A change is judged by the file after it (before it, where it was deleted): by the quality rules, and by the licence that
the file itself states, or else the one that holds for its folder as the unit stands now.
"""

from typing import Any

import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.config.sources import GitSource
from tilth.data.facts import groups as fact_groups
from tilth.data.policy.evidence import FOLDER
from tilth.data.policy.licence_classes import licence_class
from tilth.data.policy.presets import settings_of
from tilth.data.policy.rules import verdict_sql
from tilth.data.stages import changes as listed_changes
from tilth.records import Unit
from tilth.store.layout import Store
from tilth.store.sql import Sql


def with_history(recipe: Recipe, units: list[tuple[int, Unit]]) -> list[Unit]:
    """The units whose source asks for their history; each revision once."""
    heads: dict[str, Unit] = {}
    for source_ix, unit in units:
        source = recipe.sources[source_ix]
        if isinstance(source, GitSource) and source.history and unit.revision_id:
            heads.setdefault(unit.revision_id, unit)
    return list(heads.values())


def view_changes(sql: Sql, store: Store, units: list[Unit]) -> None:
    """View `changes`: every change of every commit of `units`, with the unit's origin and location."""
    files = [listed_changes.file_of(store, str(unit.revision_id)) for unit in units]
    sql.view("listed_changes", files, listed_changes.SCHEMA)
    heads = [(unit.revision_id, unit.tree_key, unit.location, unit.origin, unit.repo_name) for unit in units]
    names = ("head_id", "tree_key", "location", "origin", "repo_name")
    columns = [list(column) for column in zip(*heads, strict=True)] if heads else [[] for _ in names]
    sql.add("heads", pa.table(columns, schema=pa.schema([(name, pa.string()) for name in names])))
    sql.run("CREATE OR REPLACE TEMP VIEW changes AS SELECT * FROM listed_changes JOIN heads USING (head_id)")


def decide_changes(sql: Sql, recipe: Recipe) -> None:
    """Table `judged_changes`: every change with the facts of its file, and a reason where it does not stay."""
    settings = settings_of(recipe.policy)
    joins = " ".join(
        f"LEFT JOIN facts_{group.NAME} AS {group.NAME}_facts USING (content_id, name)"
        for group in fact_groups.groups()
    )
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE folders AS
        SELECT tree_key, {FOLDER} AS dir, any_value(near_licence) AS expression FROM joined
        WHERE tree_key IN (SELECT tree_key FROM heads) GROUP BY ALL"""
    )
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE change_files AS
        SELECT c.*, text_facts.* EXCLUDE (content_id, name),
          language_facts.* EXCLUDE (content_id, name),
          lower(regexp_extract(name, '[^.]\\.([^.]+)$', 1)) AS extension,
          coalesce(CASE WHEN licence_kind IS DISTINCT FROM 'metadata' THEN licence_expression END,
            folder.expression, root.expression) AS licence
        FROM (SELECT *, coalesce(new_content_id, old_content_id) AS content_id, {FOLDER} AS dir FROM changes) AS c
          {joins}
          LEFT JOIN folders AS folder ON folder.tree_key = c.tree_key AND folder.dir = c.dir
          LEFT JOIN folders AS root ON root.tree_key = c.tree_key AND root.dir = ''"""
    )
    expressions = [
        row[0] for row in sql.rows("SELECT DISTINCT licence FROM change_files WHERE licence IS NOT NULL")
    ]
    classes = pa.table(
        [expressions, [licence_class(expression) for expression in expressions]],
        schema=pa.schema([("licence", pa.string()), ("class", pa.string())]),
    )
    sql.add("change_licences", classes)
    reason, _ = verdict_sql(settings)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE judged_changes AS
        SELECT *, coalesce(class, 'no_license') AS licence_class,
          CASE WHEN content_id IS NULL THEN 'not_a_file' WHEN blob_id IS NULL THEN 'missing_object'
            WHEN is_binary THEN 'binary' WHEN is_lfs_pointer THEN 'lfs_pointer'
            ELSE coalesce({reason}, {_licence_reason(settings.get("licences"))}) END AS reason
        FROM change_files LEFT JOIN change_licences USING (licence)"""
    )


def _licence_reason(allowed: Any) -> str:
    if not isinstance(allowed, tuple):
        return "NULL"
    names = ", ".join(f"'{name}'" for name in allowed) or "''"
    class_of = "coalesce(class, 'no_license')"
    return f"CASE WHEN {class_of} NOT IN ({names}) THEN 'licence_' || {class_of} END"


def counts(sql: Sql) -> dict[str, Any]:
    """Changes in and kept, and dropped by reason."""
    rows = sql.rows("SELECT reason, count(*) FROM judged_changes GROUP BY reason ORDER BY reason NULLS FIRST")
    return {
        "in": sum(number for _, number in rows),
        "kept": sum(number for reason, number in rows if reason is None),
        "dropped": {reason: number for reason, number in rows if reason is not None},
    }
