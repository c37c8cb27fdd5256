"""The difference between two releases, row by row."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from tilth.data.release.columns import DROP_SCHEMA, OCCURRENCE_SCHEMA
from tilth.data.release.sealed import read_manifest
from tilth.data.release.steps import step_between
from tilth.data.stages.cutting import CUTS
from tilth.errors import UserError
from tilth.store.sql import Sql, parquet

CHANGES = ("added", "removed", "edited", "moved", "relicensed", "same")
"""What can become of a row, from what weighs most in a change log to nothing."""

_PLACE = "origin || ' ' || path"
_ROWS = f"""SELECT content_id, language, license_expression AS licence, length_bytes, origin, path,
  {_PLACE} AS place, TEXT AS text, true AS there FROM ROWS"""
# A row is the same where content and place are; of the rows that are left, those with the same content have moved.
_PAIRS = """CREATE TEMP TABLE pairs AS
WITH o AS (SELECT *, row_number() OVER (PARTITION BY content_id, place ORDER BY licence) AS nth FROM old_rows),
  n AS (SELECT *, row_number() OVER (PARTITION BY content_id, place ORDER BY licence) AS nth FROM new_rows),
  here AS (SELECT o, n FROM o FULL JOIN n USING (content_id, place, nth)),
  gone AS (SELECT unnest(o), row_number() OVER (PARTITION BY o.content_id ORDER BY o.place, o.nth) AS turn
    FROM here WHERE n.there IS NULL),
  came AS (SELECT unnest(n), row_number() OVER (PARTITION BY n.content_id ORDER BY n.place, n.nth) AS turn
    FROM here WHERE o.there IS NULL),
  both_sides AS (SELECT o, n FROM here WHERE o.there AND n.there
    UNION ALL SELECT gone AS o, came AS n FROM gone FULL JOIN came USING (content_id, turn))
SELECT CASE WHEN o.there IS NULL THEN 'added' WHEN n.there IS NULL THEN 'removed'
    WHEN o.text IS DISTINCT FROM n.text THEN 'edited' WHEN o.place <> n.place THEN 'moved'
    WHEN o.licence IS DISTINCT FROM n.licence THEN 'relicensed' ELSE 'same' END AS change,
  coalesce(n.content_id, o.content_id) AS content_id, coalesce(n.origin, o.origin) AS origin,
  coalesce(n.path, o.path) AS path, coalesce(n.language, o.language, 'unknown') AS language,
  coalesce(n.licence, o.licence, 'none') AS licence, o.licence AS old_licence, n.licence AS new_licence,
  o.place AS old_place, n.place AS new_place, coalesce(n.length_bytes, o.length_bytes) AS length_bytes
FROM both_sides"""


def diff(old: Path, new: Path) -> dict[str, Any]:
    """What changed between two releases: rows by language, licence and reason, settings, units, files, version.

    A row is the same where its content and its place are. It has moved where another place stands for the content, and
    was edited where another part of the text was cut out.

    Raises:
        UserError: One of them is not a release.
    """
    return compare(old, read_manifest(old, withdrawn=True), new, read_manifest(new, withdrawn=True))


def compare(old: Path, told_old: dict[str, Any], new: Path, told_new: dict[str, Any]) -> dict[str, Any]:
    """As `diff`, of releases whose manifests are given: that of `new` may still be unwritten."""
    manifests = told_old, told_new
    with _compared(old, new) as sql:
        rows = {
            change: {"files": n, "bytes": int(size)}
            for change, n, size in sql.rows(
                "SELECT change, count(*), sum(length_bytes) FROM pairs GROUP BY change ORDER BY change"
            )
        }
        by = {key: _by(sql, key) for key in ("language", "licence")}
        lost = sql.rows("SELECT reason, count(*) FROM removed GROUP BY 1 ORDER BY 2 DESC, 1")
        columns = _columns(old, new)
    policies = [manifest["policy"] | manifest.get("duplicates", {}) for manifest in manifests]
    found = {
        "old": f"{manifests[0]['name']} {manifests[0]['version']}",
        "new": f"{manifests[1]['name']} {manifests[1]['version']}",
        "rows": rows,
        "by_language": by["language"],
        "by_licence": by["licence"],
        "removed_because": dict(lost),
        "reasons": _changed(*(_reasons(manifest) for manifest in manifests)),
        "policy": _changed(*policies),
        "columns": columns,
        "units": _units(*manifests),
        "files": _files(*manifests),
    }
    return found | {"version": step_between(found, manifests[0]["version"], manifests[1]["version"])}


def rows_that_changed(old: Path, new: Path, change: str, limit: int) -> list[dict[str, Any]]:
    """The rows of one change, in the order of their places; why, where they were removed.

    Raises:
        UserError: One of them is not a release, or there is no such change.
    """
    if change not in CHANGES:
        raise UserError(f"a row cannot be `{change}`", hint=f"changes: {', '.join(CHANGES)}")
    for release in (old, new):
        read_manifest(release, withdrawn=True)
    with _compared(old, new) as sql:
        reason = ", reason, removed.value" if change == "removed" else ""
        table = "removed" if change == "removed" else "pairs"
        return sql.records(
            f"""SELECT content_id, origin, path, language, old_licence, new_licence, length_bytes{reason}
            FROM {table} WHERE change = '{change}' ORDER BY origin, path, content_id LIMIT {int(limit)}"""
        )


@contextmanager
def _compared(old: Path, new: Path) -> Iterator[Sql]:
    """A session with tables `pairs` (every row of either) and `removed` (with the reason and its value)."""
    with TemporaryDirectory() as spill, Sql(Path(spill), threads=2) as sql:
        for name, release in (("old", old), ("new", new)):
            _load(sql, name, release)
        sql.run(_PAIRS)
        _explain(sql, new)
        yield sql


def _explain(sql: Sql, new: Path) -> None:
    """Table `removed`: the rows that left, with the reason and the value of their drops."""
    for table, schema in (("drops", DROP_SCHEMA), ("occurrences", OCCURRENCE_SCHEMA)):
        sql.view(f"new_{table}", sorted(new.glob(f"metadata/{table}/*.parquet")), schema)
    # Of what left on request a release does not say which paths they were.
    on_request = sql.rows("SELECT 1 FROM new_drops WHERE reason = 'opt_out' LIMIT 1")
    untold = "opt_out_or_not_in_sources" if on_request else "not_in_sources"
    sql.run(
        f"""CREATE TEMP TABLE removed AS
        SELECT pairs.*, coalesce(d."value", '') AS "value",
          coalesce(d.reason, CASE WHEN old_place IN (SELECT {_PLACE} FROM new_occurrences WHERE path IS NOT NULL)
            THEN 'changed' END, '{untold}') AS reason
        FROM pairs LEFT JOIN (SELECT content_id, {_PLACE} AS old_place, min(reason) AS reason,
            arg_min("value", reason) AS "value" FROM new_drops GROUP BY ALL) AS d USING (content_id, old_place)
        WHERE change = 'removed'"""
    )


def gone(old: Path, new: Path) -> list[str]:
    """Ids of the contents that one release keeps and the other does not, in order.

    Raises:
        UserError: One of them is not a release.
    """
    read_manifest(old), read_manifest(new)
    with TemporaryDirectory() as spill, Sql(Path(spill), threads=2) as sql:
        for name, release in (("old", old), ("new", new)):
            _load(sql, name, release)
        rows = sql.rows("SELECT content_id FROM old_rows EXCEPT SELECT content_id FROM new_rows ORDER BY 1")
    return [content_id for (content_id,) in rows]


def _load(sql: Sql, name: str, release: Path) -> None:
    files = _data(release)
    if not files:
        sql.run(
            f"""CREATE TEMP TABLE {name}_rows (content_id VARCHAR, language VARCHAR, licence VARCHAR,
              length_bytes BIGINT, origin VARCHAR, path VARCHAR, place VARCHAR, text VARCHAR, there BOOLEAN)"""
        )
        return
    text = f"md5(CAST({CUTS} AS VARCHAR))" if CUTS in pq.read_schema(files[0]).names else "NULL::VARCHAR"
    query = _ROWS.replace("TEXT", text).replace("ROWS", parquet(files))
    sql.run(f"CREATE TEMP TABLE {name}_rows AS {query}")


def _data(release: Path) -> list[Path]:
    return sorted(release.glob("data/*/*.parquet"))


def _columns(old: Path, new: Path) -> dict[str, list[str]]:
    """Columns that only one of them has; none where one has no row to tell."""
    files = _data(old), _data(new)
    names = [pq.read_schema(paths[0]).names if paths else [] for paths in files]
    if not all(files):
        return {"added": [], "removed": []}
    return {
        "added": [name for name in names[1] if name not in names[0]],
        "removed": [name for name in names[0] if name not in names[1]],
    }


def _by(sql: Sql, key: str) -> dict[str, dict[str, int]]:
    rows = sql.rows(
        f"SELECT {key}, change, count(*) FROM pairs WHERE change <> 'same' GROUP BY ALL ORDER BY ALL"
    )
    table: dict[str, dict[str, int]] = {}
    for value, change, number in rows:
        table.setdefault(value, {})[change] = number
    return table


def _reasons(manifest: dict[str, Any]) -> dict[str, int]:
    stages = manifest["counts"]["stages"]
    return {reason: drop["files"] for stage in stages for reason, drop in stage["dropped"].items()}


def _changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, dict[str, Any]]:
    names = sorted(old.keys() | new.keys())
    return {n: {"old": old.get(n), "new": new.get(n)} for n in names if old.get(n) != new.get(n)}


def _units(old: dict[str, Any], new: dict[str, Any]) -> dict[str, list[str]]:
    at = [
        {unit["origin"]: unit["directory"] for unit in manifest["inputs"]["units"]} for manifest in (old, new)
    ]
    withheld = new.get("opt_outs", {}).get("withheld_units", 0)
    return {
        "added": sorted(at[1].keys() - at[0].keys()),
        # Of what left on request nothing is told, and a changelog goes with the release.
        "removed": [] if withheld else sorted(at[0].keys() - at[1].keys()),
        "changed": sorted(origin for origin in at[0].keys() & at[1].keys() if at[0][origin] != at[1][origin]),
    }


def _files(old: dict[str, Any], new: dict[str, Any]) -> dict[str, int]:
    """Data and metadata alone: the papers have the version in them."""
    hashes = [
        {file["sha256"] for file in manifest["files"] if file["path"].endswith((".parquet", ".pack"))}
        for manifest in (old, new)
    ]
    return {
        "same": len(hashes[0] & hashes[1]),
        "only_old": len(hashes[0] - hashes[1]),
        "only_new": len(hashes[1] - hashes[0]),
    }
