"""The middle of a build: facts and a policy in, and for every path of every unit one decision out.

Nothing is read here but tables. The order of the stages is the order in which a reason is given: what was asked to be
left out, what could not be read, a repository that stands there twice, quality and licence. What is in the texts,
findings, and copies of the same bytes are looked for in what is left.
"""

from collections.abc import Mapping

import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.data.dedup.repositories import find_copies
from tilth.data.policy import opt_outs
from tilth.data.policy.corrections import place
from tilth.data.policy.licence import (
    CONTRADICTION,
    LICENCE,
    LICENCE_PATH,
    LICENCE_SOURCE,
    SPOKEN,
    licences_over_places,
    see_licences,
)
from tilth.data.policy.presets import settings_of
from tilth.data.policy.rules import Setting, verdict_sql
from tilth.data.policy.spam import find_spam
from tilth.data.policy.terms import terms_of
from tilth.store.opt_outs import OptOuts
from tilth.store.sql import Sql

STAGES = (opt_outs.STAGE, "read", "repository", "quality", "licence", "inspection", "findings", "duplicate")
"""The stages that can drop a file, in their order."""


def decide(
    sql: Sql, recipe: Recipe, missing: list[tuple[str, str, str]], requests: OptOuts | None = None
) -> None:
    """Makes table `judged`: every path with its licence, and its drop (stage, reason, value) where it has one.

    The session must hold table `units`, view `joined`, and the tables of `opt_outs.match_units`.

    Args:
        sql: The session.
        recipe: What decides.
        missing: (content id, location, problem) of what could not be read.
        requests: Whose corrections of licences hold.
    """
    settings = settings_of(recipe.policy)
    place(sql, requests)
    see_licences(sql)
    licences_over_places(sql, "seen_licences", "licence_of_bytes", terms_of(settings))
    find_copies(sql, recipe.duplicates)
    if settings["spam_repositories"] == "drop":
        find_spam(sql)
    judge(sql, settings, missing)
    opt_outs.leave_out(sql)


def judge(sql: Sql, settings: Mapping[str, Setting], missing: list[tuple[str, str, str]]) -> None:
    """Makes table `judged`: every path with its licence, and the stage, reason and value of its drop.

    The session must hold tables `units`, `copies` and `lacking`, view `placed`, and those of `see_licences` and
    `licences_over_places`. Files with the same bytes are not looked for.
    """
    problems = {content_id: problem for content_id, _, problem in sorted(missing, reverse=True)}
    schema = pa.schema([("content_id", pa.string()), ("problem", pa.string())])
    sql.add("told", pa.table([list(problems), list(problems.values())], schema=schema))
    # What one place could not give, another may have given: only what is still lacking has a problem.
    sql.run(
        """CREATE OR REPLACE TEMP TABLE problems AS
        SELECT DISTINCT content_id, coalesce(problem, 'missing_object') AS problem
        FROM lacking LEFT JOIN told USING (content_id)"""
    )
    quality, value = verdict_sql(settings)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE judged AS
        SELECT {_KEPT},
          CASE WHEN unread IS NOT NULL THEN 'read' WHEN copy_reason IS NOT NULL THEN 'repository'
            WHEN reason IS NOT NULL THEN 'quality' WHEN licence_reason IS NOT NULL THEN 'licence' END AS stage,
          CASE WHEN unread IS NOT NULL THEN unread WHEN copy_reason IS NOT NULL THEN copy_reason
            WHEN reason IS NOT NULL THEN reason ELSE licence_reason END AS reason,
          CASE WHEN unread IS NOT NULL THEN unread_value WHEN copy_reason IS NOT NULL THEN copy_value
            WHEN reason IS NOT NULL THEN {value} WHEN licence_reason IS NOT NULL THEN licence_value END AS "value"
        FROM (SELECT *, {quality} AS reason,
          {_UNREAD} AS unread, CASE WHEN refused IS NOT NULL THEN refused_value
            WHEN is_binary THEN CAST(size AS VARCHAR) ELSE '' END AS unread_value
        FROM ({_PLACES}))"""
    )


_KEPT = """unit_ix, path, path_raw, content_id, size, mode, language, length_bytes, is_vendor,
  licence, licence_source, licence_path, licence_rank, licence_class, licence_conflict,
  licence_contradiction, licence_chosen"""
"""What the later steps look at; the other facts stay in `joined` until a row is written."""

_PLACES = f"""SELECT p.*, coalesce(ranks."rank", -1) AS licence_rank,
  coalesce(b.licence_class, 'no_license') AS licence_class, coalesce(b.licence_conflict, false) AS licence_conflict,
  b.licence_reason, b.licence_value, ranks.chosen AS licence_chosen,
  CASE WHEN corrected IS NULL AND sides.contradicts THEN {CONTRADICTION} END AS licence_contradiction,
  c.reason AS copy_reason, c.kept AS copy_value, problem
FROM (SELECT * EXCLUDE (gha_license_id, near_said), {LICENCE} AS licence, {LICENCE_SOURCE} AS licence_source,
    {LICENCE_PATH} AS licence_path, {SPOKEN} FROM placed) AS p
  LEFT JOIN licence_of_bytes_ranks AS ranks USING (licence) LEFT JOIN licence_of_bytes AS b USING (content_id)
  LEFT JOIN contradictory AS sides ON sides.own IS NOT DISTINCT FROM own_said
    AND sides.near IS NOT DISTINCT FROM near_said AND sides.forge IS NOT DISTINCT FROM forge_said
  LEFT JOIN copies AS c USING (unit_ix) LEFT JOIN problems USING (content_id)"""

_UNREAD = """CASE WHEN refused IS NOT NULL THEN refused WHEN content_id IS NULL THEN 'unreadable'
  WHEN problem IS NOT NULL THEN problem WHEN is_lfs_pointer THEN 'lfs_pointer'
  WHEN is_binary THEN 'binary' END"""
