"""The tables of a release, made from the decisions: what decides their files, and the rows of the files to be written.

A table is cut by what is narrow: the order of its rows, a weight and a hash of each. Its whole rows are put together
only for the files that the store does not have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from tilth.data.contents import contents_at, view_packs
from tilth.data.facts import groups as fact_groups
from tilth.data.facts import path_flags
from tilth.data.facts.kinds import GROUPS
from tilth.data.policy.licence_classes import stack_license_type
from tilth.data.policy.opt_outs import STAGE
from tilth.data.release import columns
from tilth.data.release.languages import folder_of
from tilth.data.stages.asked import group_of
from tilth.data.stages.cutting import CUTS, SPANS_TYPE
from tilth.store.layout import Store
from tilth.store.sql import Sql


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a release.

    `name` is also that of a table in the session, whose rows lie in their order, with columns `cut_id` (hex, decides
    where files begin), `stem` (the order's name), `weight` and `row_hash`.
    """

    name: str
    schema: pa.Schema
    rows: str
    """SQL that gives the whole rows of `wanted` (a part of the session's table with `number`, the order, and `lot`)."""
    texts: tuple[str, ...] = ()
    """Columns of text that are filled in from the store."""
    folder: str = "''"
    """SQL over the session's table: what rows of one folder share."""
    folder_of: Callable[[str | None], str] = str

    @property
    def plan_schema(self) -> pa.Schema:
        """The columns of `rows`: the table's own, and the places of its texts."""
        return columns.plan_schema(self.schema, self.texts)


_OF_UNIT = {
    "directory_id", "revision_id", "snapshot_id", "branch_name", "revision_date", "committer_date", "origin",
    "repo_name", "star_events_count", "fork_events_count", "gha_license_id",
}  # fmt: skip
_OF_FILE = {
    "licence",
    "licence_source",
    "licence_path",
    "licence_class",
    "licence_conflict",
    "licence_contradiction",
    "licence_chosen",
    "content_id",
    "path",
    *(name for name, _, _ in columns.ASKED),
}
_MADE = {
    "license_type": "t.license_type",
    "detected_licenses": "coalesce(b.licences, [])",
    "redactions": "CAST(0 AS INTEGER)",
}
_NAME = "list_last(string_split(f.path, '/'))"
_STEM = "left(md5(u.origin), 8)"
_UNITS_IN_ORDER = f"""SELECT *, rank() OVER (
  ORDER BY {_STEM}, u.origin, coalesce(u.branch_name, ''), coalesce(u.revision_id, '')) AS unit_place FROM units AS u"""
# In the names of files and the order of rows, too, a unit that is left out is its request.
_UNITS_UNNAMED = """SELECT units.* REPLACE (coalesce(request, origin) AS origin)
  FROM units LEFT JOIN opted_units USING (unit_ix)"""
_TOLD = ("stage", "reason", "value")
# Two paths of one unit can have the same text, where one of them is not UTF-8: the bytes tell them apart.
_ORDER = "unit_place, f.path, f.path_raw NULLS FIRST"
_SAME_PLACE = "j.tree_key = u.tree_key AND j.path = f.path AND j.path_raw IS NOT DISTINCT FROM f.path_raw"
# A row's facts follow from its bytes, its name and the versions of the detectors, which are part of every file's key.
_DECIDES_ROW = [column for name, _, column, _ in columns.COLUMNS if column in _OF_UNIT | _OF_FILE]


def kept(sql: Sql, store: Store, *, findings: Sequence[str] = (), cut: bool = False) -> Table:
    """The rows of the data files.

    Args:
        sql: The session.
        store: Where the texts are.
        findings: Groups of findings whose columns table `found_GROUP` fills.
        cut: Also give the spans that table `cuts` takes out of the texts.
    """
    view_packs(sql, store)
    classes = [row[0] for row in sql.rows("SELECT DISTINCT licence_class FROM files")]
    types = pa.schema([("licence_class", pa.string()), ("license_type", pa.string())])
    sql.add(
        "license_types", pa.table([classes, [stack_license_type(name) for name in classes]], schema=types)
    )
    hashed = ", ".join(f"u.{name}" if name in _OF_UNIT else f"f.{name}" for name in _DECIDES_ROW)
    schema = columns.ROW_SCHEMA.append(pa.field(CUTS, SPANS_TYPE)) if cut else columns.ROW_SCHEMA
    cuts = f", c.{CUTS}" if cut else ""
    of_cuts = "LEFT JOIN cuts AS c ON c.content_id = f.content_id" if cut else ""
    found = {name: f"coalesce({name}.{name}, [])" for name in findings}
    of_found = " ".join(
        f"LEFT JOIN found_{name} AS {name} ON {name}.content_id = f.content_id AND {name}.name = {_NAME}"
        for name in findings
    )
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE kept AS
        SELECT f.rowid AS file, language, f.content_id AS cut_id, {_STEM} AS stem, length_bytes AS weight,
          hash(row({hashed}, {", ".join([_MADE["detected_licenses"], *found.values()])}{cuts})) AS row_hash
        FROM files AS f JOIN ({_UNITS_IN_ORDER}) AS u USING (unit_ix)
          JOIN licence_of_bytes AS b ON b.content_id = f.content_id {of_cuts} {of_found}
        WHERE stage IS NULL ORDER BY language, {_ORDER}"""
    )
    made = {name: "NULL" for name in GROUPS} | _MADE | found
    own = ", ".join(
        f'{made.get(name) or _source_of(column)} AS "{name}"' for name, _, column, _ in columns.COLUMNS
    )
    rows = f"""SELECT {own}{cuts}, {_places("content", "p")}, lot
      FROM wanted AS w JOIN files AS f ON f.rowid = w.file JOIN units AS u USING (unit_ix)
        JOIN joined AS j ON {_SAME_PLACE}
        JOIN licence_of_bytes AS b ON b.content_id = f.content_id
        JOIN license_types AS t ON t.licence_class = f.licence_class
        JOIN ({contents_at("SELECT cut_id FROM wanted")}) AS p ON p.content_id = f.content_id
        {of_cuts} {of_found}
      ORDER BY w.number"""
    return Table("kept", schema, rows, ("content",), "language", lambda name: f"data/{folder_of(name)}")


def _source_of(column: str) -> str:
    return f"{'u' if column in _OF_UNIT else 'f' if column in _OF_FILE else 'j'}.{column}"


def commits(sql: Sql) -> Table:
    """The changes that stay."""
    names = ", ".join(f'c."{name}"' for name in columns.COMMIT_SCHEMA.names)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE commits AS
        WITH lengths AS (SELECT content_id, any_value(length_bytes) AS length_bytes FROM facts_text GROUP BY content_id)
        SELECT * EXCLUDE (head_id, position), 
          -- whether there is a text decides the row too
          hash(row({names.replace("c.", "")}, old_bytes, new_bytes)) AS row_hash FROM (
          SELECT c.*, licence AS license_expression, licence_class AS license_class,
            md5(c.revision_id || c.path) AS cut_id, {_STEM.replace("u.", "c.")} AS stem,
            o.length_bytes AS old_bytes, n.length_bytes AS new_bytes,
            coalesce(old_bytes, 0) + coalesce(new_bytes, 0) AS weight
          FROM judged_changes AS c
            LEFT JOIN lengths AS o ON o.content_id = c.old_content_id
            LEFT JOIN lengths AS n ON n.content_id = c.new_content_id
          WHERE reason IS NULL ORDER BY stem, c.origin, head_id, position)"""
    )
    at = contents_at(
        "SELECT unnest([old_content_id, new_content_id]) FROM wanted EXCEPT SELECT content_id FROM absent"
    )
    rows = f"""WITH located AS ({at})
      SELECT {names}, {_places("old_content", "o")}, {_places("new_content", "n")}, lot
      FROM wanted AS c LEFT JOIN located AS o ON o.content_id = c.old_content_id
        LEFT JOIN located AS n ON n.content_id = c.new_content_id ORDER BY c.number"""
    texts = ("old_content", "new_content")
    return Table("commits", columns.COMMIT_SCHEMA, rows, texts, folder_of=lambda _: "commits")


def places(sql: Sql, name: str) -> Table:
    """Table `occurrences` (every path) or `drops` (every path that left): its files end where a unit ends."""
    schema = columns.OCCURRENCE_SCHEMA if name == "occurrences" else columns.DROP_SCHEMA
    where = "true" if name == "occurrences" else "stage IS NOT NULL"
    made = {
        "license_expression": "f.licence",
        "license_source": "f.licence_source",
        "license_path": "f.licence_path",
    }
    made |= {"license_class": "f.licence_class", "license_contradiction": "f.licence_contradiction"}
    hashed = """content_id, path, path_raw, size, mode, licence, licence_source, licence_path, licence_class,
      licence_contradiction"""
    asked = [column for column, _, _ in columns.ASKED]
    if name == "drops":
        hashed += ", " + ", ".join(asked)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE {name} AS
        SELECT unit_ix, md5(any_value(u.origin) || coalesce(any_value(u.revision_id), '')) AS cut_id,
          any_value({_STEM}) AS stem, count(*) AS weight,
          hash(row(count(*), bit_xor(h), sum(h), any_value(u.origin), any_value(u.repo_name),
            any_value(u.revision_id), any_value(u.branch_name))) AS row_hash
        FROM (SELECT unit_ix, hash(row({hashed}, stage, reason, "value")) AS h FROM files WHERE {where})
          JOIN ({_UNITS_UNNAMED}) AS u USING (unit_ix) GROUP BY unit_ix
        ORDER BY stem, any_value(u.origin), coalesce(any_value(u.branch_name), ''),
          coalesce(any_value(u.revision_id), '')"""
    )
    of_unit = {"origin", "repo_name", "revision_id", "branch_name"}
    of_file = {"stage", "reason", "value", "content_id", "path", "path_raw", "mode", "size", *asked}
    own = ", ".join(
        f'{_withheld(c, made.get(c) or ("u." if c in of_unit else "f." if c in of_file else "j.") + c)} AS "{c}"'
        for c in schema.names
    )
    facts = "" if name == "occurrences" else f"JOIN joined AS j ON {_SAME_PLACE}"
    rows = f"""SELECT {own}, lot FROM wanted AS w JOIN (SELECT * FROM files WHERE {where}) AS f USING (unit_ix)
        JOIN units AS u USING (unit_ix) {facts}
      ORDER BY w.number, f.path, f.path_raw NULLS FIRST"""
    return Table(name, schema, rows, folder_of=lambda _: f"metadata/{name}")


def _withheld(name: str, source: str) -> str:
    """SQL for a column: of what was left out on request nothing is told but that it was, and for which."""
    return source if name in _TOLD else f"CASE WHEN f.stage IS DISTINCT FROM '{STAGE}' THEN {source} END"


def unit_counts(sql: Sql) -> pa.Table:
    """The units, with how many files they had and how many stay."""
    return sql.table(
        f"""SELECT {columns.UNIT_COLUMNS}, coalesce(num_files, 0) AS num_files, coalesce(num_kept, 0) AS num_kept
        FROM units ANTI JOIN opted_units USING (unit_ix)
        LEFT JOIN (SELECT unit_ix, count(*) AS num_files, count(*) FILTER (stage IS NULL) AS num_kept
          FROM files GROUP BY unit_ix) USING (unit_ix) ORDER BY unit_ix"""
    )


def fact_versions(findings: Sequence[str]) -> dict[str, str]:
    """Version of each group of facts, of the flags of paths, and of some groups of findings."""
    groups = [*fact_groups.groups(), *(group_of(f"tilth.data.facts.{name}") for name in findings)]
    return {group.NAME: group.VERSION for group in groups} | {"path": path_flags.VERSION}


def _places(text: str, table: str) -> str:
    """SQL for the columns of a plan that say where a text lies."""
    names = columns.place_columns(text)
    return ", ".join(f'{table}.place[{at}] AS "{name}"' for at, name in enumerate(names, 1))
