"""The tables of a release, made from the decisions: each in the order of its files, with what its cutting looks at.

Beside its own columns each has `cut_id` (a hex id that decides where files begin), `stem` (the order's name), `weight`
and `row_hash` (of its own columns; where the store keeps a text is not part of it).
"""

import pyarrow as pa

from tilth.data.policy.licence_classes import stack_license_type
from tilth.data.release import columns
from tilth.store.layout import Store
from tilth.store.packs import INDEX_SCHEMA, index_files
from tilth.store.sql import Sql

_OF_UNIT = {
    "directory_id", "revision_id", "snapshot_id", "branch_name", "revision_date", "committer_date", "origin", "repo_name",
    "star_events_count", "fork_events_count", "gha_license_id",
}  # fmt: skip
_MADE = {
    "license_type": "t.license_type",
    "detected_licenses": "coalesce(b.licences, [])",
    "license_evidence": "e.licence_evidence",
}
_STEM = "left(md5(origin), 8)"
# Two paths of one unit can have the same text, where one of them is not UTF-8: the bytes tell them apart.
_ORDER = "stem, origin, coalesce(branch_name, ''), coalesce(revision_id, ''), path, path_raw NULLS FIRST"


def make_kept(sql: Sql, store: Store) -> None:
    """Table `kept`: the rows of the data files, with the place of their contents."""
    sql.view("pack_index", index_files(store.packs), INDEX_SCHEMA, filename=True)
    sql.run(
        """CREATE OR REPLACE TEMP TABLE contents_at AS SELECT content_id,
          min((parse_filename(filename, true), "offset", packed_bytes, length_bytes)) AS at
        FROM pack_index GROUP BY content_id"""
    )
    classes = [row[0] for row in sql.rows("SELECT DISTINCT licence_class FROM files")]
    schema = pa.schema([("licence_class", pa.string()), ("license_type", pa.string())])
    sql.add("license_types", pa.table([classes, [stack_license_type(name) for name in classes]], schema=schema))
    own = ", ".join(f'{_source_of(name, column)} AS "{name}"' for name, _, column, _ in columns.COLUMNS)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE kept AS
        SELECT *, {_hash(columns.ROW_SCHEMA)} AS row_hash FROM (
          SELECT {own}, {_places("content", "p")},
            f.path_raw, f.content_id AS cut_id, {_STEM.replace("origin", "u.origin")} AS stem, f.length_bytes AS weight
          FROM (SELECT * FROM files WHERE stage IS NULL) AS f JOIN units AS u USING (unit_ix)
            JOIN licence_of_bytes AS b ON b.content_id = f.content_id
            JOIN license_types AS t ON t.licence_class = f.licence_class
            LEFT JOIN facts_licence AS e ON e.content_id = f.content_id AND e.name = f.name
            LEFT JOIN contents_at AS p ON p.content_id = f.content_id)
        ORDER BY language, {_ORDER}"""
    )


def _source_of(name: str, column: str) -> str:
    return _MADE.get(name) or (f"u.{column}" if column in _OF_UNIT else f"f.{column}")


def make_commits(sql: Sql) -> None:
    """Table `commits`: the changes that stay, with the places of both texts."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE commits AS
        SELECT *, {_hash(columns.COMMIT_SCHEMA)} AS row_hash FROM (
          SELECT c.*, licence AS license_expression, licence_class AS license_class,
            {_places("old_content", "o")}, {_places("new_content", "n")},
            md5(c.revision_id || c.path) AS cut_id, {_STEM} AS stem,
            coalesce(o.at[4], 0) + coalesce(n.at[4], 0) AS weight
          FROM judged_changes AS c LEFT JOIN contents_at AS o ON o.content_id = c.old_content_id
            LEFT JOIN contents_at AS n ON n.content_id = c.new_content_id
          WHERE reason IS NULL)
        ORDER BY stem, origin, head_id, position"""
    )


def make_places(sql: Sql) -> None:
    """Tables `occurrences` and `drops`: every path, and every path that left."""
    place = "content_id, origin, repo_name, revision_id, branch_name, path, path_raw, mode, size"
    licence = "licence AS license_expression, licence_class AS license_class"
    facts = ", ".join(columns.FACTS_OF_DROP)
    for table, schema, where, more in (
        ("occurrences", columns.OCCURRENCE_SCHEMA, "true", "licence_source AS license_source, licence_path AS license_path"),
        ("drops", columns.DROP_SCHEMA, "stage IS NOT NULL", facts),
    ):
        sql.run(
            f"""CREATE OR REPLACE TEMP TABLE {table} AS
            SELECT *, {_hash(schema)} AS row_hash FROM (
              SELECT stage, reason, "value", {place}, {licence}, {more},
                md5(origin || path) AS cut_id, {_STEM} AS stem, 1::BIGINT AS weight
              FROM files JOIN units USING (unit_ix) WHERE {where})
            ORDER BY {_ORDER}"""
        )


def unit_counts(sql: Sql) -> pa.Table:
    """The units, with how many files they had and how many stay."""
    return sql.table(
        f"""SELECT {columns.UNIT_COLUMNS}, coalesce(num_files, 0) AS num_files, coalesce(num_kept, 0) AS num_kept
        FROM units LEFT JOIN (SELECT unit_ix, count(*) AS num_files, count(*) FILTER (stage IS NULL) AS num_kept
          FROM files GROUP BY unit_ix) USING (unit_ix) ORDER BY unit_ix"""
    )


def _places(text: str, table: str) -> str:
    """SQL for the columns of a plan that say where a text lies."""
    names = columns.place_columns(text)
    return ", ".join(f'{table}.at[{at}] AS "{name}"' for at, name in enumerate(names, 1))


def _hash(schema: pa.Schema) -> str:
    """SQL for a 64-bit hash of a row; its content's id goes into a file's key beside it."""
    return "hash(row(" + ", ".join(f'"{name}"' for name in schema.names) + "))"
