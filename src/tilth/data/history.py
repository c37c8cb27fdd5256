"""Commits of the units whose source asks for their history: which changes stay, and their rows.

The quality rules judge the file after the change (before it, where it was deleted). Licences are judged as those of
files are: by the most restrictive class among all places where the bytes were seen, the files of the build and the
changes alike. As a row holds both texts, the stricter one of the two decides. Where a file states nothing itself, what
counts is the nearest folder that says something as the unit stands now, and then the forge's word.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from tilth.config.recipe import Recipe
from tilth.config.sources import GitSource
from tilth.data.facts import groups as fact_groups
from tilth.data.join import EXTENSION, GENERATED
from tilth.data.policy import opt_outs
from tilth.data.policy.corrections import place_changes
from tilth.data.policy.licence import FOLDER, LICENCE, licences_over_places
from tilth.data.policy.presets import settings_of
from tilth.data.policy.rules import Setting, verdict_sql
from tilth.data.policy.terms import terms_of
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
    files = [listed_changes.file_of(store, unit) for unit in units]
    sql.view("listed_changes", files, listed_changes.SCHEMA)
    names = ("head_id", "tree_key", "location", "origin", "repo_name", "gha_license_id")
    heads = [(unit.revision_id, *(getattr(unit, name) for name in names[1:])) for unit in units]
    columns = [list(column) for column in zip(*heads, strict=True)] if heads else [[] for _ in names]
    sql.add("heads", pa.table(columns, schema=pa.schema([(name, pa.string()) for name in names])))
    sql.run("CREATE OR REPLACE TEMP VIEW changes AS SELECT * FROM listed_changes JOIN heads USING (head_id)")


def decide_changes(sql: Sql, recipe: Recipe) -> None:
    """Table `judged_changes`: every change with the facts of its file, and a reason where it does not stay.

    The session must hold what the decisions over files leave: `joined` and `seen_licences`.
    """
    settings = settings_of(recipe.policy)
    place_changes(sql)
    _licences_of_places(sql)
    _licences_of_sides(sql, settings)
    joins = " ".join(
        f"LEFT JOIN facts_{group.NAME} AS {group.NAME}_facts USING (content_id, name)"
        for group in fact_groups.groups()
    )
    reason, _ = verdict_sql(settings)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE judged_changes AS
        SELECT *, CASE WHEN content_id IS NULL THEN 'not_a_file' WHEN blob_id IS NULL THEN 'missing_object'
            WHEN is_binary THEN 'binary' WHEN is_lfs_pointer THEN 'lfs_pointer'
            ELSE coalesce({reason}, licence_reason) END AS reason
        FROM (
          SELECT c.*, text_facts.* EXCLUDE (content_id, name),
            language_facts.* EXCLUDE (content_id, name) REPLACE ({GENERATED}),
            {EXTENSION} AS extension, place.licence,
            CASE WHEN coalesce(old.licence_rank, -1) > coalesce(new.licence_rank, -1) THEN old.licence_class
              ELSE coalesce(new.licence_class, 'no_license') END AS licence_class,
            CASE WHEN coalesce(old.licence_rank, -1) > coalesce(new.licence_rank, -1)
              THEN coalesce(old.licence_reason, new.licence_reason)
              ELSE coalesce(new.licence_reason, old.licence_reason) END AS licence_reason
          FROM (SELECT *, coalesce(new_content_id, old_content_id) AS content_id, {FOLDER} AS dir FROM changes) AS c
            {joins} LEFT JOIN change_places AS place USING (content_id, name, tree_key, dir)
            LEFT JOIN change_bytes AS old ON old.content_id = c.old_content_id
            LEFT JOIN change_bytes AS new ON new.content_id = c.new_content_id)"""
    )
    opt_outs.leave_out_changes(sql)


def _licences_of_places(sql: Sql) -> None:
    """Table `change_places`: the licence that holds where each content of a change lies, before it and after."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE change_places AS
        WITH places AS (
          SELECT DISTINCT unnest([old_content_id, new_content_id]) AS content_id, name, tree_key, {FOLDER} AS dir,
            gha_license_id, corrected
          FROM changes LEFT JOIN corrected_changes USING (origin, tree_key, path)),
        folders AS (
          SELECT tree_key, {FOLDER} AS above, any_value(near_licence) AS near_licence FROM joined
          WHERE tree_key IN (SELECT tree_key FROM heads) GROUP BY ALL),
        dirs AS (
          SELECT tree_key, dir, CASE WHEN dir = '' THEN [] ELSE string_split(dir, '/') END AS parts
          FROM (SELECT DISTINCT tree_key, dir FROM places)),
        -- A folder that is gone has what the nearest one above it that is still there has.
        near AS (
          SELECT tree_key, dir, arg_max(near_licence, depth) AS near_licence
          FROM (SELECT *, unnest(range(0, len(parts) + 1)) AS depth FROM dirs)
            JOIN folders USING (tree_key) WHERE above = array_to_string(parts[1:depth], '/') GROUP BY ALL)
        SELECT content_id, name, tree_key, dir, any_value({LICENCE}) AS licence
        FROM places LEFT JOIN facts_licence USING (content_id, name) LEFT JOIN near USING (tree_key, dir)
        WHERE content_id IS NOT NULL GROUP BY ALL"""
    )


def _licences_of_sides(sql: Sql, settings: Mapping[str, Setting]) -> None:
    """Table `change_bytes`: for each content of a change its class over all places, those of the files included."""
    sql.run(
        """CREATE OR REPLACE TEMP TABLE change_seen AS
        SELECT DISTINCT content_id, licence FROM change_places
        UNION SELECT content_id, licence FROM seen_licences
          SEMI JOIN (SELECT DISTINCT content_id FROM change_places) USING (content_id)"""
    )
    licences_over_places(sql, "change_seen", "change_bytes", terms_of(settings))


def counts(sql: Sql) -> dict[str, Any]:
    """Changes in and kept, and dropped by reason."""
    rows = sql.rows("SELECT reason, count(*) FROM judged_changes GROUP BY reason ORDER BY reason NULLS FIRST")
    return {
        "in": sum(number for _, number in rows),
        "kept": sum(number for reason, number in rows if reason is None),
        "dropped": {reason: number for reason, number in rows if reason is not None},
    }
