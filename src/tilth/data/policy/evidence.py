"""Which licence holds for each file: its own header, else the nearest evidence above it, else the forge's word.

In one folder a file named LICENSE or COPYING speaks before those with longer names (LICENSE.python, LICENSES_bundled),
which say what holds for parts, and both before package metadata; several that speak on one level all hold (AND).

A licence belongs to the bytes, not to the copy: the class that decides is the most restrictive one among all places
where the same bytes were seen with some evidence. A place without any evidence does not count.
"""

import pyarrow as pa

from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class
from tilth.store.sql import Sql

_FOLDER = "left(path, greatest(length(path) - length(name) - 1, 0))"
_PRIMARY = r"(un)?(licen[cs]e|copying)(\.(txt|md|rst|html))?"


def licences_of_places(sql: Sql) -> None:
    """Makes table `places`: every path of every unit with licence, licence_source, licence_path and licence_rank."""
    _stated(sql)
    _nearest(sql)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE places_read AS
        SELECT p.* EXCLUDE (own, kind, dir, forge),
          coalesce(own, near.expression, forge) AS licence,
          CASE WHEN own IS NOT NULL THEN coalesce(kind, 'text') WHEN near.expression IS NOT NULL THEN near.source
            WHEN forge IS NOT NULL THEN 'forge' ELSE 'none' END AS licence_source,
          CASE WHEN own IS NOT NULL THEN p.path ELSE near.paths END AS licence_path
        FROM ("""
        + f"""SELECT unit_ix, listings.*, {_FOLDER} AS dir, licence_kind AS kind, nullif(gha_license_id, 'NOASSERTION') AS forge,
            CASE WHEN licence_kind IS DISTINCT FROM 'metadata' THEN licence_expression END AS own
          FROM units JOIN listings USING (tree_key)
            LEFT JOIN facts_licence USING (content_id, name)) AS p
          LEFT JOIN near USING (tree_key, dir)"""
    )
    expressions = [row[0] for row in sql.rows("SELECT DISTINCT licence FROM places_read WHERE licence IS NOT NULL")]
    classes = [licence_class(expression) for expression in expressions]
    ranks = [CLASS_ORDER.index(name) for name in classes]
    schema = pa.schema([("licence", pa.string()), ("class", pa.string()), ("licence_rank", pa.int32())])
    sql.add("licence_ranks", pa.table([expressions, classes, ranks], schema=schema))
    sql.run(
        """CREATE OR REPLACE TEMP VIEW places AS
        SELECT p.*, p.rowid AS place_ix, coalesce(licence_rank, -1) AS licence_rank
        FROM places_read AS p LEFT JOIN licence_ranks USING (licence)"""
    )


def licences_of_bytes(sql: Sql) -> None:
    """Makes table `licence_of_bytes`: for each content its class over all places, every expression, and whether they differ."""
    sql.run(
        """CREATE OR REPLACE TEMP TABLE licence_of_bytes AS
        SELECT content_id, arg_max(class, licence_rank) AS licence_class,
          count(DISTINCT licence) > 1 AS licence_conflict,
          list(DISTINCT licence ORDER BY licence) FILTER (licence IS NOT NULL) AS licences
        FROM (SELECT DISTINCT content_id, licence FROM places_read WHERE content_id IS NOT NULL)
          LEFT JOIN licence_ranks USING (licence)
        GROUP BY content_id"""
    )


def _stated(sql: Sql) -> None:
    """Table `stated`: what each folder's licence files and package metadata say, by how directly they say it."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE stated AS
        SELECT tree_key, {_FOLDER} AS dir,
          CASE WHEN NOT is_licence_file THEN 3 WHEN regexp_full_match(lower(name), '{_PRIMARY}') THEN 1 ELSE 2 END AS says,
          list(DISTINCT licence_expression ORDER BY licence_expression) AS expressions,
          string_agg(DISTINCT path, chr(10) ORDER BY path) AS paths
        FROM (SELECT DISTINCT tree_key FROM units) JOIN listings USING (tree_key)
          JOIN (SELECT content_id, name, licence_expression, is_licence_file FROM facts_licence
            WHERE licence_expression IS NOT NULL AND (is_licence_file OR licence_kind = 'metadata'))
            USING (content_id, name)
        GROUP BY ALL"""
    )
    distinct = [row[0] for row in sql.rows("SELECT DISTINCT expressions FROM stated")]
    types = [("expressions", pa.list_(pa.string())), ("expression", pa.string())]
    sql.add("joined", pa.table([distinct, [_all_of(parts) for parts in distinct]], schema=pa.schema(types)))


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
          SELECT DISTINCT tree_key, {_FOLDER} AS dir FROM (SELECT DISTINCT tree_key FROM stated) JOIN listings USING (tree_key)),
        parts AS (SELECT *, CASE WHEN dir = '' THEN [] ELSE string_split(dir, '/') END AS parts FROM dirs),
        above AS (SELECT tree_key, dir, parts, unnest(range(0, len(parts) + 1)) AS depth FROM parts),
        found AS (
          SELECT above.tree_key, above.dir, depth, says, expressions, paths
          FROM above JOIN stated ON stated.tree_key = above.tree_key
            AND stated.dir = array_to_string(parts[1:depth], '/'))
        SELECT tree_key, dir, CASE WHEN says = 3 THEN 'metadata' ELSE 'file' END AS source, expression, paths
        FROM found JOIN joined USING (expressions)
        QUALIFY row_number() OVER (PARTITION BY tree_key, dir ORDER BY depth DESC, says) = 1"""
    )
