"""The middle of a build: facts and a policy in, and for every path of every unit one decision out.

Nothing is read here but tables. The order of the stages is the order in which a reason is given: what could not be read,
a repository that stands there twice, quality, licence, and last the copies of the same bytes.
"""

from collections.abc import Mapping

import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.data.dedup.exact import mark_duplicates
from tilth.data.dedup.repositories import mark_repositories
from tilth.data.facts import groups as fact_groups
from tilth.data.policy.evidence import licences_of_places
from tilth.data.policy.licence_classes import licence_class
from tilth.data.policy.presets import settings_of
from tilth.data.policy.rules import Setting, verdict_sql
from tilth.records import Unit
from tilth.store.sql import Sql

STAGES = ("read", "repository", "quality", "licence", "duplicate")
"""The stages that can drop a file, in their order."""

FILE_COLUMNS = ", ".join(
    [f"o.{name}" for name in ("unit_ix", "tree_key", "path", "path_raw", "name", "mode", "content_id", "size")]
    + [f"o.{name}" for name in ("is_vendor", "is_test", "is_documentation")]
    + ["lower(regexp_extract(o.name, '[^.]\\.([^.]+)$', 1)) AS extension"]
)


def decide(sql: Sql, recipe: Recipe, units: list[tuple[int, Unit]], missing: list[tuple[str, str, str]]) -> None:
    """Makes table `files`: every path with its facts, licence, and its drop (stage, reason, value) where it has one.

    The session must hold the views that `collect` leaves.
    """
    settings = settings_of(recipe.policy)
    _files(sql, missing)
    licences_of_places(sql)
    mark_repositories(sql, units, recipe.duplicates)
    _judge_quality(sql, settings)
    _judge_licence(sql, settings, recipe.policy.licence_ids_drop)
    mark_duplicates(sql, keep_all=recipe.duplicates.files == "keep_all")


def _files(sql: Sql, missing: list[tuple[str, str, str]]) -> None:
    problems = pa.table(
        [[row[0] for row in missing], [row[2] for row in missing]],
        schema=pa.schema([("content_id", pa.string()), ("problem", pa.string())]),
    )
    sql.add("problems", problems)
    columns, joins = [], []
    for group in fact_groups.groups():
        kept = [field.name for field in group.SCHEMA if not pa.types.is_list(field.type)]
        columns += [f"{group.NAME}_facts.{name}" for name in kept]
        joins.append(f"LEFT JOIN facts_{group.NAME} AS {group.NAME}_facts USING (content_id, name)")
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE files AS
        SELECT {FILE_COLUMNS}, {", ".join(columns)},
          coalesce(num_chars = 0, true) AS is_blank,
          CASE WHEN o.refused IS NOT NULL OR o.content_id IS NULL OR is_binary OR is_lfs_pointer
                 OR blob_id IS NULL THEN 'read' END AS stage,
          CASE WHEN o.refused IS NOT NULL THEN o.refused
               WHEN o.content_id IS NULL THEN 'unreadable'
               WHEN blob_id IS NULL THEN coalesce(problem, 'missing_object')
               WHEN is_lfs_pointer THEN 'lfs_pointer'
               WHEN is_binary THEN 'binary' END AS reason,
          CASE WHEN o.refused IS NOT NULL THEN o.refused_value
               WHEN is_binary THEN CAST(o.size AS VARCHAR) ELSE '' END AS "value"
        FROM (SELECT unit_ix, listings.* FROM units JOIN listings USING (tree_key)) AS o
          {" ".join(joins)}
          LEFT JOIN (SELECT content_id, min(problem) AS problem FROM problems GROUP BY content_id)
            USING (content_id)"""
    )


def _judge_quality(sql: Sql, settings: Mapping[str, Setting]) -> None:
    reason, value = verdict_sql(settings)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE verdicts AS
        SELECT unit_ix, path, reason, {value} AS "value" FROM
          (SELECT * EXCLUDE (reason), {reason} AS reason FROM files WHERE stage IS NULL)
        WHERE reason IS NOT NULL"""
    )
    sql.run(
        """UPDATE files SET stage = 'quality', reason = v.reason, "value" = v."value"
        FROM verdicts AS v WHERE files.unit_ix = v.unit_ix AND files.path = v.path"""
    )


def _judge_licence(sql: Sql, settings: Mapping[str, Setting], dropped_ids: tuple[str, ...]) -> None:
    allowed = settings.get("licences")
    banned = {expression for expression in _expressions(sql) if _names_one_of(expression, dropped_ids)}
    sql.add("banned", pa.table({"expression": pa.array(sorted(banned), pa.string())}))
    condition = "false"
    if isinstance(allowed, tuple):
        condition = "licence_class NOT IN (" + ", ".join(f"'{name}'" for name in allowed) + ")"
        if not allowed:
            condition = "true"
    sql.run(
        f"""UPDATE files SET stage = 'licence', reason = 'licence_' || licence_class,
          "value" = coalesce(licence, '')
        WHERE stage IS NULL AND ({condition} OR licence IN (SELECT expression FROM banned))"""
    )


def _expressions(sql: Sql) -> list[str]:
    return [row[0] for row in sql.rows("SELECT DISTINCT licence FROM files WHERE licence IS NOT NULL")]


def _names_one_of(expression: str, ids: tuple[str, ...]) -> bool:
    words = expression.replace("(", " ").replace(")", " ").split()
    return any(name in words for name in ids)


__all__ = ["STAGES", "decide", "licence_class"]
