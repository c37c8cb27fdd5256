"""Which licence holds for each file, and what its bytes are under over all places.

At one place a correction on request holds. Without one the most direct evidence speaks: the file itself (or the file
with a tag that REUSE puts beside it, or what a file above it states of its path), then the nearest folder at or above
it with a licence file or package metadata, then the nearest README, then the forge. In one folder a file named LICENSE
or COPYING speaks before those with longer names (LICENSE.python, LICENSES_bundled), which say what holds for parts, and
both before package metadata; several that speak on one level all hold (AND). Metadata that offers a choice between
exactly the licences whose texts lie beside it decides: texts cannot say OR.

A licence belongs to the bytes, not to the copy: the class that decides is the most restrictive one among all places
where the same bytes were seen with some evidence. A place without any evidence does not count.
"""

import re
from typing import Any

import pyarrow as pa

from tilth.data.policy.contradictions import VAGUE, Said, contradicts, same_licences
from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class
from tilth.data.policy.stated_paths import state_paths
from tilth.data.policy.terms import Terms, verdict
from tilth.store.sql import Sql

FOLDER = "left(path, greatest(length(path) - length(name) - 1, 0))"
"""SQL: the folder of a path."""
LEVELS = ("file", "part", "metadata", "readme")
"""What can speak in one folder, in the order in which it is heard."""
SIDES = pa.list_(pa.struct([("source", pa.string()), ("path", pa.string()), ("expression", pa.string())]))
"""Type of a list of those who speak: what, where, and what it says."""

_PRIMARY = r"(un)?(licen[cs]e|copying)(\.(txt|md|rst|html))?"
_README = (
    r"readme([._-][a-z]{2}([._-][a-z]{2})?)?(\.(md|markdown|mkd|rst|txt|html?|adoc|asciidoc|org|rdoc|pod))?"
)
_BESIDE = r".+\.license"

_OWN = "CASE WHEN licence_kind IS DISTINCT FROM 'metadata' THEN licence_expression END"
_FORGE = "nullif(gha_license_id, 'NOASSERTION')"
LICENCE = f"coalesce(corrected, {_OWN}, near_licence, {_FORGE})"
"""SQL: the expression that holds at a place, over a row of `placed`."""
LICENCE_SOURCE = f"""CASE WHEN corrected IS NOT NULL THEN 'correction'
  WHEN {_OWN} IS NOT NULL THEN coalesce(licence_kind, 'text')
  WHEN near_licence IS NOT NULL THEN near_source
  WHEN {_FORGE} IS NOT NULL THEN 'forge' ELSE 'none' END"""
LICENCE_PATH = f"""CASE WHEN corrected IS NOT NULL THEN corrected_by
  WHEN {_OWN} IS NOT NULL THEN path ELSE near_path END"""

# What is in a text of a licence, and in another project's file, says nothing against the folder that it lies in.
_TEXTS = r"(?i)(^|/)licen[cs]es/|(licen[cs]es?|copying|notices?)([-_][\w-]*)?(\.(txt|md|rst|html?))?$"
# Each WHEN is asked of the rows that are left, so the pattern meets only the few that state something.
_OF_PLACE = f"""CASE WHEN {_OWN} IS NULL OR is_licence_file OR is_vendor THEN NULL
  WHEN regexp_matches(path, '{_TEXTS}') THEN NULL ELSE {_OWN} END"""
# The forge speaks of a whole repository.
_OF_WHOLE = f"CASE WHEN near_said IS NULL OR near_is_root THEN {_FORGE} END"
SPOKEN = f"{_OF_PLACE} AS own_said, licence_kind AS own_kind, near_said, {_OF_WHOLE} AS forge_said"
"""SQL: the columns by which `contradictory` tells whether those who speak of a place contradict each other."""
CONTRADICTION = """list_concat(
  CASE WHEN own_said IS NULL THEN [] ELSE [{'source': own_kind, 'path': path, 'expression': own_said}] END,
  list_filter(near_claims, lambda c: own_said IS NULL OR c.path <> path),
  CASE WHEN forge_said IS NULL THEN [] ELSE [{'source': 'forge', 'path': NULL, 'expression': forge_said}] END)"""
"""SQL: the sides of a contradiction, over a joined row with the columns of `SPOKEN`."""


def licences_of_folders(sql: Sql) -> None:
    """Makes tables `near` and `beside` from what the trees of `new_trees` state.

    `near` has for each of their folders what the nearest folder at or above it states, `beside` for each file that has
    one what the file with a tag beside it states, or else what a file above it states of its path.
    """
    _stated(sql)
    state_paths(sql)
    _folders(sql)
    _nearest(sql)


def licences_over_places(sql: Sql, seen: str, made: str, terms: Terms) -> None:
    """Makes from table `seen` (content_id, licence) one row for each content, and for each licence.

    Table `made` has the class that decides with its rank, every expression, whether they differ, and where the terms
    do not allow one of them, wherever the bytes were seen with it, the reason and that expression: the most restrictive
    one. Table `{made}_ranks` has each licence's class, and what the terms let it be used under.
    """
    found = sql.rows(f"SELECT DISTINCT licence FROM {seen} WHERE licence IS NOT NULL ORDER BY 1")
    expressions = [row[0] for row in found]
    classes = [licence_class(expression, terms.permissive_lists) for expression in expressions]
    ranks = [CLASS_ORDER.index(name) for name in classes]
    verdicts = [verdict(expression, terms) for expression in expressions]
    columns = [expressions, classes, ranks, [v.reason for v in verdicts], [v.chosen for v in verdicts]]
    types = [("licence", pa.string()), ("class", pa.string()), ("rank", pa.int32())]
    types += [("reason", pa.string()), ("chosen", pa.string())]
    sql.add(f"{made}_ranks", pa.table(columns, schema=pa.schema(types)))
    unstated = f"'{reason}'" if (reason := verdict(None, terms).reason) else "NULL"
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE {made} AS
        SELECT * EXCLUDE (worst), CASE WHEN len(licences) = 0 THEN {unstated} ELSE worst.reason END AS licence_reason,
          coalesce(worst.licence, '') AS licence_value
        FROM (SELECT content_id, coalesce(arg_max("class", "rank"), 'no_license') AS licence_class,
            coalesce(max("rank"), {CLASS_ORDER.index("no_license")}) AS licence_rank,
            count(licence) > 1 AS licence_conflict,
            max({{'rank': "rank", 'licence': licence, 'reason': reason}}) FILTER (reason IS NOT NULL) AS worst,
            coalesce(list_sort(list(licence) FILTER (licence IS NOT NULL)), []) AS licences
          FROM {seen} LEFT JOIN {made}_ranks USING (licence) GROUP BY content_id)"""
    )


def see_licences(sql: Sql) -> None:
    """Makes table `seen_licences`: each content with the licences of its places; and table `contradictory`.

    The session must hold view `placed`.
    """
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE seen_licences AS
        SELECT DISTINCT content_id, {LICENCE} AS licence FROM placed WHERE content_id IS NOT NULL"""
    )
    spoken = sql.rows(
        f"""SELECT DISTINCT own_said, CASE WHEN own_said IS NOT NULL THEN own_kind END, near_said, forge_said
        FROM (SELECT {SPOKEN} FROM placed WHERE corrected IS NULL)
        WHERE own_said IS NOT NULL OR forge_said IS NOT NULL OR near_said LIKE '%' || chr(10) || '%' ORDER BY ALL"""
    )
    found = {
        (own, near, forge)
        for own, kind, near, forge in spoken
        if contradicts([*_one(kind, own), *_claims(near), *_one("forge", forge)])
    }
    names = ("own", "near", "forge")
    columns = [[row[at] for row in sorted(found, key=repr)] for at in range(len(names))]
    columns.append([True] * len(found))
    types = [*((name, pa.string()) for name in names), ("contradicts", pa.bool_())]
    sql.add("contradictory", pa.table(columns, schema=pa.schema(types)))


def is_readme(name: str) -> bool:
    """Whether a file of this name may state the licence of its folder, where nothing better does."""
    return re.fullmatch(_README, name.lower()) is not None


def _one(source: str | None, expression: str | None) -> list[Said]:
    return [Said(source or "text", expression)] if expression else []


def _claims(near: str | None) -> list[Said]:
    """What a folder says, from one text."""
    return [Said(*line.split("=", 1)) for line in near.split("\n")] if near else []


def _stated(sql: Sql) -> None:
    """Tables `beside`, and `stated`: what each folder's files say, by the level at which they speak."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE speaking AS
        SELECT tree_key, path, name, {FOLDER} AS dir, licence_expression, is_licence_file, licence_kind
        FROM new_trees JOIN listings USING (tree_key)
          JOIN (SELECT content_id, name, licence_expression, is_licence_file, licence_kind FROM facts_licence
            WHERE licence_expression IS NOT NULL AND (is_licence_file OR licence_kind = 'metadata'
              OR (regexp_full_match(lower(name), '{_README}')
                AND NOT regexp_matches(licence_expression, '{VAGUE}'))))
            USING (content_id, name)"""
    )
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE may_be_beside AS
        SELECT tree_key, path[:-9] AS path, any_value(licence_expression) AS beside, path AS beside_path,
          'file' AS beside_source
        FROM speaking WHERE regexp_full_match(lower(name), '{_BESIDE}') GROUP BY ALL"""
    )
    # A look at every path, which few trees need.
    there = "SEMI JOIN listings USING (tree_key, path)" if sql.rows("FROM may_be_beside LIMIT 1") else ""
    sql.run(f"CREATE OR REPLACE TEMP TABLE beside AS FROM may_be_beside {there}")
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE stated AS
        SELECT tree_key, dir,
          CASE WHEN licence_kind = 'metadata' AND NOT is_licence_file THEN 3 WHEN NOT is_licence_file THEN 4
            WHEN regexp_full_match(lower(name), '{_PRIMARY}') THEN 1 ELSE 2 END AS "level",
          list(DISTINCT licence_expression ORDER BY licence_expression) AS expressions,
          string_agg(DISTINCT path, chr(10) ORDER BY path) AS path
        FROM speaking ANTI JOIN (SELECT tree_key, beside_path AS path FROM beside) USING (tree_key, path)
        GROUP BY ALL"""
    )


def _folders(sql: Sql) -> None:
    """Table `folders`: what each folder with a voice says, which of its levels holds, and all that it claims."""
    sql.run(
        """CREATE OR REPLACE TEMP TABLE voices AS
        SELECT tree_key, dir, list({'level': "level", 'expressions': expressions} ORDER BY "level") AS voices,
          list(path ORDER BY "level") AS paths
        FROM stated GROUP BY ALL"""
    )
    distinct = [row[0] for row in sql.rows("SELECT DISTINCT voices FROM voices")]
    voice = pa.struct([("level", pa.int32()), ("expressions", pa.list_(pa.string()))])
    claim = pa.struct([("nth", pa.int32()), ("source", pa.string()), ("expression", pa.string())])
    types = [
        ("voices", pa.list_(voice)),
        ("holds", pa.int32()),
        ("said", pa.string()),
        ("claims", pa.list_(claim)),
    ]
    readings = [{"voices": voices} | _reading(voices) for voices in distinct]
    sql.add("readings", pa.Table.from_pylist(readings, schema=pa.schema(types)))
    sql.run(
        """CREATE OR REPLACE TEMP TABLE folders AS
        SELECT tree_key, dir, claims[holds].source AS source, claims[holds].expression AS expression,
          paths[claims[holds].nth] AS path, said,
          list_transform(claims, lambda c: {'source': c.source, 'path': paths[c.nth], 'expression': c.expression})
            AS claims
        FROM voices JOIN readings USING (voices)"""
    )


def _reading(voices: list[dict[str, Any]]) -> dict[str, Any]:
    """What a folder's voices amount to: which of its claims holds (from 1), all of them, and the whole as one text."""
    sources = [LEVELS[voice["level"] - 1] for voice in voices]
    if sources[0] == "part":
        # Without a file for the whole, those for the parts are what the folder says.
        sources[0] = "file"
    said = list(zip(sources, (_all_of(voice["expressions"]) for voice in voices), strict=True))
    texts = _all_of([expression for source, expression in said if source in ("file", "part")])
    claims = [
        {"nth": nth, "source": source, "expression": expression}
        for nth, (source, expression) in enumerate(said, 1)
        if source != "part"
    ]
    choices = [
        at
        for at, claim in enumerate(claims, 1)
        if claim["source"] == "metadata" and _is_choice_of(str(claim["expression"]), texts)
    ]
    text = "\n".join(f"{source}={expression}" for source, expression in said)
    return {"holds": choices[0] if choices else 1, "said": text, "claims": claims}


def _is_choice_of(expression: str, texts: str) -> bool:
    """Whether metadata offers a choice between exactly the licences whose texts lie beside it."""
    return " OR " in expression and same_licences(expression, texts)


def _all_of(expressions: list[str]) -> str:
    """One expression that holds where all of these do."""
    if len(expressions) == 1:
        return expressions[0]
    return " AND ".join(f"({part})" if " OR " in part else part for part in expressions)


def _nearest(sql: Sql) -> None:
    """Table `near`: for each folder of each tree, the nearest one at or above it that says something.

    A README speaks only where no licence file and no metadata does.
    """
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE near AS
        WITH dirs AS (
          SELECT DISTINCT tree_key, {FOLDER} AS dir
          FROM (SELECT DISTINCT tree_key FROM folders) JOIN listings USING (tree_key)),
        parts AS (SELECT *, CASE WHEN dir = '' THEN [] ELSE string_split(dir, '/') END AS parts FROM dirs),
        above AS (SELECT tree_key, dir, parts, unnest(range(0, len(parts) + 1)) AS depth FROM parts)
        SELECT above.tree_key, above.dir, expression AS near_licence, source AS near_source, path AS near_path,
          claims AS near_claims, said AS near_said, depth = 0 AS near_is_root
        FROM above JOIN folders ON folders.tree_key = above.tree_key
          AND folders.dir = array_to_string(parts[1:depth], '/')
        QUALIFY row_number() OVER (PARTITION BY above.tree_key, above.dir
          ORDER BY source = 'readme', depth DESC) = 1"""
    )
