"""Which licence holds for each file: its own header, else the nearest evidence above it, else the forge's word.

In one folder a file named LICENSE or COPYING speaks before those with longer names (LICENSE.python, LICENSES_bundled),
which say what holds for parts, and both before package metadata; several that speak on one level all hold (AND).

A licence belongs to the bytes, not to the copy: the class that decides is the most restrictive one among all places
where the same bytes were seen with some evidence. A place without any evidence does not count.
"""

import pyarrow as pa

from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class
from tilth.data.policy.rules import Setting
from tilth.store.sql import Sql

FOLDER = "left(path, greatest(length(path) - length(name) - 1, 0))"
"""SQL: the folder of a path."""
_PRIMARY = r"(un)?(licen[cs]e|copying)(\.(txt|md|rst|html))?"

_OWN = "CASE WHEN licence_kind IS DISTINCT FROM 'metadata' THEN licence_expression END"
LICENCE = f"coalesce({_OWN}, near_licence, nullif(gha_license_id, 'NOASSERTION'))"
"""SQL: the expression that holds at a place, over a joined row and its unit."""
LICENCE_SOURCE = f"""CASE WHEN {_OWN} IS NOT NULL THEN coalesce(licence_kind, 'text')
  WHEN near_licence IS NOT NULL THEN near_source
  WHEN nullif(gha_license_id, 'NOASSERTION') IS NOT NULL THEN 'forge' ELSE 'none' END"""
LICENCE_PATH = f"CASE WHEN {_OWN} IS NOT NULL THEN path ELSE near_path END"


def licences_of_folders(sql: Sql) -> None:
    """Makes table `near`: for each folder of each of `new_trees`, what the nearest folder at or above it states."""
    _stated(sql)
    _nearest(sql)


def licences_of_bytes(sql: Sql) -> None:
    """Makes tables `licence_ranks`, and `licence_of_bytes`: for each content its class over all places.

    Beside the class: every expression, and whether they differ.
    """
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE seen_licences AS
        SELECT DISTINCT content_id, {LICENCE} AS licence FROM units JOIN joined USING (tree_key)
        WHERE content_id IS NOT NULL"""
    )
    expressions = [
        row[0] for row in sql.rows("SELECT DISTINCT licence FROM seen_licences WHERE licence IS NOT NULL")
    ]
    classes = [licence_class(expression) for expression in expressions]
    ranks = [CLASS_ORDER.index(name) for name in classes]
    schema = pa.schema([("licence", pa.string()), ("class", pa.string()), ("licence_rank", pa.int32())])
    sql.add("licence_ranks", pa.table([expressions, classes, ranks], schema=schema))
    sql.run(
        """CREATE OR REPLACE TEMP TABLE licence_of_bytes AS
        SELECT content_id, arg_max(class, licence_rank) AS licence_class, count(licence) > 1 AS licence_conflict,
          list_sort(list(licence) FILTER (licence IS NOT NULL)) AS licences
        FROM seen_licences LEFT JOIN licence_ranks USING (licence) GROUP BY content_id"""
    )


def banned_classes(allowed: Setting) -> str:
    """SQL over `licence_class`: whether a file of that class may not stay."""
    if not isinstance(allowed, tuple):
        return "false"
    names = ", ".join(f"'{name}'" for name in allowed)
    return f"licence_class NOT IN ({names})" if names else "true"


def listed_licences(sql: Sql, dropped_ids: tuple[str, ...]) -> None:
    """Makes table `listed_licences`: the contents seen anywhere with an expression that names one of `dropped_ids`.

    As with classes, what counts is every place where the bytes were seen.
    """
    expressions = [row[0] for row in sql.rows("SELECT licence FROM licence_ranks ORDER BY licence")]
    named = [expression for expression in expressions if names_one_of(expression, dropped_ids)]
    sql.add("banned", pa.table([named], schema=pa.schema([("licence", pa.string())])))
    sql.run(
        """CREATE OR REPLACE TEMP TABLE listed_licences AS
        SELECT content_id, min(licence) AS listed FROM seen_licences SEMI JOIN banned USING (licence) GROUP BY ALL"""
    )


def names_one_of(expression: str, ids: tuple[str, ...]) -> bool:
    """Whether an SPDX expression names one of some ids."""
    words = expression.replace("(", " ").replace(")", " ").split()
    return any(name in words for name in ids)


def _stated(sql: Sql) -> None:
    """Table `stated`: what each folder's licence files and package metadata say, by how directly they say it."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE stated AS
        SELECT tree_key, {FOLDER} AS dir,
          CASE WHEN NOT is_licence_file THEN 3 WHEN regexp_full_match(lower(name), '{_PRIMARY}') THEN 1
            ELSE 2 END AS says,
          list(DISTINCT licence_expression ORDER BY licence_expression) AS expressions,
          string_agg(DISTINCT path, chr(10) ORDER BY path) AS paths
        FROM new_trees JOIN listings USING (tree_key)
          JOIN (SELECT content_id, name, licence_expression, is_licence_file FROM facts_licence
            WHERE licence_expression IS NOT NULL AND (is_licence_file OR licence_kind = 'metadata'))
            USING (content_id, name)
        GROUP BY ALL"""
    )
    distinct = [row[0] for row in sql.rows("SELECT DISTINCT expressions FROM stated")]
    types = [("expressions", pa.list_(pa.string())), ("expression", pa.string())]
    sql.add("all_of", pa.table([distinct, [_all_of(parts) for parts in distinct]], schema=pa.schema(types)))


def _all_of(expressions: list[str]) -> str:
    """One expression that holds where all of these do."""
    if len(expressions) == 1:
        return expressions[0]
    return " AND ".join(f"({part})" if " OR " in part else part for part in expressions)


def _nearest(sql: Sql) -> None:
    """Table `near`: for each folder of each tree, what the nearest folder at or above it states most directly."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE near AS
        WITH dirs AS (
          SELECT DISTINCT tree_key, {FOLDER} AS dir
          FROM (SELECT DISTINCT tree_key FROM stated) JOIN listings USING (tree_key)),
        parts AS (SELECT *, CASE WHEN dir = '' THEN [] ELSE string_split(dir, '/') END AS parts FROM dirs),
        above AS (SELECT tree_key, dir, parts, unnest(range(0, len(parts) + 1)) AS depth FROM parts),
        found AS (
          SELECT above.tree_key, above.dir, depth, says, expressions, paths
          FROM above JOIN stated ON stated.tree_key = above.tree_key
            AND stated.dir = array_to_string(parts[1:depth], '/'))
        SELECT tree_key, dir, CASE WHEN says = 3 THEN 'metadata' ELSE 'file' END AS source, expression, paths
        FROM found JOIN all_of USING (expressions)
        QUALIFY row_number() OVER (PARTITION BY tree_key, dir ORDER BY depth DESC, says) = 1"""
    )
