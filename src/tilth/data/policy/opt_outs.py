"""What was asked to be left out: matched by what a row is and where it lies, before anything else is decided.

Such a file counts among those that left, with the request that it left for; of what it was and where it lay the release
says nothing.
"""

import pyarrow as pa

from tilth.store.addresses import address_of
from tilth.store.opt_outs import SCHEMA, OptOuts
from tilth.store.sql import Sql

STAGE = REASON = "opt_out"

_UNIT = pa.schema([("unit_ix", pa.int32()), ("request", pa.string())])
_PATH = pa.schema([("unit_ix", pa.int32()), ("path", pa.string()), ("request", pa.string())])


def match_units(sql: Sql, opt_outs: OptOuts | None) -> None:
    """Makes tables `opt_out_keys`, `opted_units` and `opted_paths`, and takes matching units out of `refusals`.

    The session must hold tables `units` and `refusals`. Without opt-outs the tables are empty.
    """
    keys = opt_outs.rows if opt_outs else SCHEMA.empty_table()
    sql.add("opt_out_keys", keys)
    places = _Places(sql)
    units: dict[int, str] = {}
    paths: list[tuple[int, str, str]] = []
    origins = sql.rows("SELECT unit_ix, origin, history_id, directory_id FROM units") if len(keys) else []
    for unit_ix, origin, history_id, directory_id in origins:
        address = address_of(origin)
        of_id = {("history", history_id), ("tree", directory_id)}
        if request := places.request_of(address, of_id):
            units[unit_ix] = request
        else:
            paths += [(unit_ix, path, request) for path, request in places.paths_of(address)]
    sql.add("opted_units", pa.table([list(units), list(units.values())], schema=_UNIT))
    sql.add("opted_paths", pa.table([[row[at] for row in paths] for at in range(3)], schema=_PATH))
    refused = {origin for (origin,) in sql.rows("SELECT DISTINCT origin FROM refusals")} if len(keys) else ()
    gone = sorted(origin for origin in refused if places.request_of(address_of(origin), set()))
    sql.add("opted_refusals", pa.table([gone], schema=pa.schema([("origin", pa.string())])))
    sql.run("DELETE FROM refusals WHERE origin IN (FROM opted_refusals)")


class _Places:
    """The keys that name units, and paths of units."""

    def __init__(self, sql: Sql) -> None:
        self._named: dict[tuple[str, str], str] = {}
        self._paths: dict[str, list[tuple[str, str]]] = {}
        for request, kind, value, path in sql.rows(
            "SELECT request, kind, value, path FROM opt_out_keys ORDER BY ALL"
        ):
            if kind == "path":
                self._paths.setdefault(value, []).append((path, request))
            else:
                self._named.setdefault((kind, value), request)

    def request_of(self, address: str, ids: set[tuple[str, str]]) -> str | None:
        """The first request that a whole unit is left out for."""
        parts = address.split("/")
        above = ("/".join(parts[:count]) for count in range(2, len(parts) + 1))
        names = {("repository", address), *ids, *(("account", one) for one in above)}
        return min((self._named[name] for name in names if name in self._named), default=None)

    def paths_of(self, address: str) -> list[tuple[str, str]]:
        """The paths of a unit that are left out, each with its request."""
        return self._paths.get(address, [])


def find_left_out(sql: Sql, among: str) -> None:
    """Makes table `left_out`: the contents of a query that are to be left out wherever they are listed.

    The session must hold views `listings` and `changes`, and what `match_units` leaves.
    """
    sql.run("CREATE OR REPLACE TEMP TABLE left_out (content_id VARCHAR)")
    if not _any(sql) or not sql.rows(f"SELECT 1 FROM ({among}) LIMIT 1"):
        return
    sql.run(
        f"""INSERT INTO left_out SELECT content_id FROM (
          SELECT p.content_id, p.unit_ix IN (SELECT unit_ix FROM opted_units)
            OR EXISTS (FROM opted_paths AS o WHERE o.unit_ix = p.unit_ix
              AND (p.path = o.path OR (ends_with(o.path, '/') AND starts_with(p.path, o.path))))
            OR EXISTS (FROM opt_out_keys AS k WHERE k.value = p.content_id
              AND (kind = 'content' OR (kind = 'copy' AND k.path = p.path))) AS is_out
          FROM (SELECT unit_ix, listings.path, content_id FROM units JOIN listings USING (tree_key)
            SEMI JOIN ({among}) USING (content_id)) AS p
          -- what a history changed has been somewhere, and is judged by its commits
          UNION ALL SELECT content_id, false FROM (
            SELECT unnest([old_content_id, new_content_id]) AS content_id FROM changes) SEMI JOIN ({among})
              USING (content_id))
        GROUP BY content_id HAVING bool_and(is_out)"""
    )


def leave_out(sql: Sql) -> None:
    """Gives the files of table `judged` that match a key their stage, reason and request, whatever else was decided."""
    if not _any(sql):
        return
    sql.run(
        f"""UPDATE judged SET stage = '{STAGE}', reason = '{REASON}', "value" = request FROM (
          SELECT file, min(request) AS request FROM (
            SELECT judged.rowid AS file, request FROM judged JOIN opted_units USING (unit_ix)
            UNION ALL SELECT judged.rowid, request FROM judged JOIN opted_paths AS p USING (unit_ix)
              WHERE judged.path = p.path OR (ends_with(p.path, '/') AND starts_with(judged.path, p.path))
            UNION ALL SELECT judged.rowid, request FROM judged JOIN opt_out_keys ON content_id = opt_out_keys.value
              WHERE kind = 'content' OR (kind = 'copy' AND judged.path = opt_out_keys.path))
          GROUP BY file) AS asked
        WHERE judged.rowid = asked.file"""
    )


def leave_out_changes(sql: Sql) -> None:
    """The same for the changes of table `judged_changes`."""
    if not _any(sql):
        return
    same = "u.origin = c.origin AND u.tree_key = c.tree_key"
    sql.run(
        f"""UPDATE judged_changes SET reason = '{REASON}' WHERE rowid IN (
          SELECT c.rowid FROM judged_changes AS c JOIN units AS u ON {same}
            JOIN opted_units USING (unit_ix)
          UNION ALL SELECT c.rowid FROM judged_changes AS c JOIN units AS u ON {same}
            JOIN opted_paths AS p USING (unit_ix)
            WHERE c.path = p.path OR (ends_with(p.path, '/') AND starts_with(c.path, p.path))
          UNION ALL SELECT c.rowid FROM judged_changes AS c SEMI JOIN opt_out_keys AS k
            ON k.kind = 'revision' AND k.value = c.revision_id
          UNION ALL SELECT c.rowid FROM (SELECT rowid, path, unnest([old_content_id, new_content_id]) AS content_id
            FROM judged_changes) AS c JOIN opt_out_keys AS k ON k.value = c.content_id
            WHERE k.kind = 'content' OR (k.kind = 'copy' AND k.path = c.path))"""
    )


def _any(sql: Sql) -> bool:
    return bool(sql.rows("SELECT 1 FROM opt_out_keys LIMIT 1"))
