"""The difference between two releases, row by row."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tilth.data.release.manifest import read_manifest
from tilth.store.sql import Sql, parquet


def diff(old: Path, new: Path) -> dict[str, Any]:
    """What changed between two releases: rows by language and licence, reasons, settings, units, files.

    A row is the same where its content is; it has moved where the place that stands for it is another.

    Raises:
        UserError: One of them is not a release.
    """
    manifests = read_manifest(old), read_manifest(new)
    with TemporaryDirectory() as spill, Sql(Path(spill), threads=2) as sql:
        for name, release in (("old", old), ("new", new)):
            _load(sql, name, release)
        sql.run(
            """CREATE TEMP TABLE pairs AS SELECT
              CASE WHEN o.content_id IS NULL THEN 'added' WHEN n.content_id IS NULL THEN 'removed'
                WHEN o.place <> n.place THEN 'moved' WHEN o.license_expression IS DISTINCT FROM n.license_expression
                THEN 'relicensed' ELSE 'same' END AS change,
              coalesce(n.language, o.language, 'unknown') AS language,
              coalesce(n.license_expression, o.license_expression, 'none') AS licence,
              coalesce(n.length_bytes, o.length_bytes) AS length_bytes
            FROM old_rows AS o FULL JOIN new_rows AS n ON o.content_id = n.content_id"""
        )
        rows = {
            change: {"files": n, "bytes": int(size)}
            for change, n, size in sql.rows(
                "SELECT change, count(*), sum(length_bytes) FROM pairs GROUP BY change ORDER BY change"
            )
        }
        by = {key: _by(sql, key) for key in ("language", "licence")}
    return {
        "old": f"{manifests[0]['name']} {manifests[0]['version']}",
        "new": f"{manifests[1]['name']} {manifests[1]['version']}",
        "rows": rows,
        "by_language": by["language"],
        "by_licence": by["licence"],
        "reasons": _changed(*(_reasons(manifest) for manifest in manifests)),
        "policy": _changed(*(manifest["policy"] for manifest in manifests)),
        "units": _units(*manifests),
        "files": _files(*manifests),
    }


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
    files = sorted(release.glob("data/*/*.parquet"))
    if not files:
        sql.run(
            f"""CREATE TEMP TABLE {name}_rows (content_id VARCHAR, language VARCHAR, license_expression VARCHAR,
              length_bytes BIGINT, place VARCHAR)"""
        )
        return
    sql.run(
        f"""CREATE TEMP TABLE {name}_rows AS SELECT content_id, first(language) AS language,
          first(license_expression) AS license_expression, first(length_bytes) AS length_bytes,
          min(origin || ' ' || path) AS place FROM {parquet(files)} GROUP BY content_id"""
    )


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
    return {
        "added": sorted(at[1].keys() - at[0].keys()),
        "removed": sorted(at[0].keys() - at[1].keys()),
        "changed": sorted(origin for origin in at[0].keys() & at[1].keys() if at[0][origin] != at[1][origin]),
    }


def _files(old: dict[str, Any], new: dict[str, Any]) -> dict[str, int]:
    hashes = [{file["sha256"] for file in manifest["files"]} for manifest in (old, new)]
    return {
        "same": len(hashes[0] & hashes[1]),
        "only_old": len(hashes[0] - hashes[1]),
        "only_new": len(hashes[1] - hashes[0]),
    }
