"""Which licence holds for each file: its own header, else the nearest evidence above it, else the forge's word.

In one folder a file named LICENSE or COPYING speaks before those with longer names (LICENSE.python, LICENSES_bundled),
which say what holds for parts, and both before package metadata; several that speak on one level all hold (AND).

A licence belongs to the bytes, not to the copy: the class that decides is the most restrictive one among all places
where the same bytes were seen with some evidence. A place without any evidence does not count, but is flagged.
"""

import pyarrow as pa

from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class
from tilth.store.sql import Sql


def licences_of_places(sql: Sql) -> None:
    """Adds to table `files`: licence, licence_source, licence_path, licence_rank, licence_class, licence_conflict.

    `licence_rank` is that of the file's own place; `licence_class` is that of the bytes.
    """
    _nearest(sql)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE files AS
        SELECT files.*,
          coalesce(own, near.expression, gha_license_id) AS licence,
          CASE WHEN own IS NOT NULL THEN coalesce(licence_kind, 'text')
               WHEN near.expression IS NOT NULL THEN near.source
               WHEN gha_license_id IS NOT NULL THEN 'forge' ELSE 'none' END AS licence_source,
          CASE WHEN own IS NOT NULL THEN files.path ELSE near.paths END AS licence_path
        FROM (SELECT *, CASE WHEN licence_kind IS DISTINCT FROM 'metadata' THEN licence_expression END AS own,
                greatest(length(path) - length(name) - 1, 0) AS dir_length FROM files) AS files
          LEFT JOIN near ON near.tree_key = files.tree_key AND near.dir = left(files.path, files.dir_length)
          JOIN units ON units.unit_ix = files.unit_ix"""
    )
    _class_of_bytes(sql)


def _nearest(sql: Sql) -> None:
    """Table `near`: for each folder of each tree, the licence of the nearest folder at or above it that states one."""
    sql.run(
        """CREATE OR REPLACE TEMP TABLE stated AS
        SELECT tree_key, left(path, greatest(length(path) - length(name) - 1, 0)) AS dir,
          CASE WHEN NOT is_licence_file THEN 'metadata'
            WHEN regexp_full_match(lower(name), '(un)?(licen[cs]e|copying)(\.(txt|md|rst|html))?') THEN 'file'
            ELSE 'file_more' END AS source,
          list(DISTINCT licence_expression ORDER BY licence_expression) AS expressions,
          string_agg(DISTINCT path, chr(10) ORDER BY path) AS paths
        FROM files WHERE licence_expression IS NOT NULL AND (is_licence_file OR licence_kind = 'metadata')
        GROUP BY ALL"""
    )
    joined = {}
    for (expressions,) in sql.rows("SELECT DISTINCT expressions FROM stated"):
        joined[tuple(expressions)] = " AND ".join(e if len(expressions) == 1 else f"({e})" for e in expressions)
    simple = {key: text.replace("(", "").replace(")", "") if " OR " not in text else text for key, text in joined.items()}
    pairs = pa.table(
        [[list(key) for key in simple], list(simple.values())],
        schema=pa.schema([("expressions", pa.list_(pa.string())), ("expression", pa.string())]),
    )
    sql.add("joined_expressions", pairs)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE near AS
        WITH dirs AS (
          SELECT DISTINCT tree_key, left(path, greatest(length(path) - length(name) - 1, 0)) AS dir FROM files),
        parts AS (SELECT *, CASE WHEN dir = '' THEN [] ELSE string_split(dir, '/') END AS parts FROM dirs),
        above AS (
          SELECT tree_key, dir, unnest(range(0, len(parts) + 1)) AS depth, parts FROM parts),
        found AS (
          SELECT above.tree_key, above.dir, above.depth, source, expressions, paths
          FROM above JOIN stated ON stated.tree_key = above.tree_key
            AND stated.dir = array_to_string(parts[1:above.depth], '/'))
        SELECT tree_key, dir, replace(source, '_more', '') AS source, expression, paths FROM found JOIN joined_expressions USING (expressions)
        QUALIFY row_number() OVER (PARTITION BY tree_key, dir ORDER BY depth DESC, source) = 1"""
    )


def _class_of_bytes(sql: Sql) -> None:
    expressions = [row[0] for row in sql.rows("SELECT DISTINCT licence FROM files WHERE licence IS NOT NULL")]
    classes = [licence_class(expression) for expression in expressions]
    ranks = [CLASS_ORDER.index(name) for name in classes]
    schema = pa.schema([("licence", pa.string()), ("class", pa.string()), ("rank", pa.int32())])
    sql.add("licence_ranks", pa.table([expressions, classes, ranks], schema=schema))
    sql.run(
        """CREATE OR REPLACE TEMP TABLE licence_of_bytes AS
        SELECT content_id, arg_max(class, rank) AS licence_class,
          count(DISTINCT licence) > 1 AS licence_conflict,
          list(DISTINCT licence ORDER BY licence) FILTER (licence IS NOT NULL) AS licences
        FROM files LEFT JOIN licence_ranks USING (licence)
        WHERE content_id IS NOT NULL GROUP BY content_id"""
    )
    sql.run(
        """CREATE OR REPLACE TEMP TABLE files AS
        SELECT files.*, coalesce(rank, -1) AS licence_rank,
          coalesce(b.licence_class, 'no_license') AS licence_class, coalesce(b.licence_conflict, false) AS licence_conflict
        FROM files LEFT JOIN licence_ranks USING (licence)
          LEFT JOIN licence_of_bytes AS b ON b.content_id = files.content_id"""
    )
