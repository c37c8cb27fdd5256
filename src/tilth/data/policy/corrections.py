"""Licences that were corrected on request: at such a place the request speaks, and stands as the evidence.

A correction is one more voice of the places that it names. What other places say of the same bytes still counts.
"""

import pyarrow as pa

from tilth.data.facts.licence.expressions import canonical
from tilth.errors import UserError
from tilth.store.addresses import address_of, is_below
from tilth.store.opt_outs import OptOuts
from tilth.store.sql import Sql

_PART = pa.schema(
    [
        ("unit_ix", pa.int32()),
        ("part", pa.string()),
        ("near", pa.int64()),
        ("licence", pa.string()),
        ("request", pa.string()),
    ]
)
_WIDEST = -10_000
"""Below the length of every address: an account says less of a place than a repository, and that less than a path."""
_IS_PART = "part IN ('', {path}) OR (ends_with(part, '/') AND starts_with({path}, part))"


def place(sql: Sql, opt_outs: OptOuts | None) -> None:
    """Makes view `placed`: every path of every unit, with its licence and its request where it was `corrected`.

    The session must hold table `units` and view `joined`.

    Raises:
        UserError: A request corrects a licence to something that is no SPDX expression.
    """
    keys = opt_outs.corrections.to_pylist() if opt_outs else []
    columns, join = "NULL::VARCHAR AS corrected, NULL::VARCHAR AS corrected_by", ""
    if keys:
        _find(sql, keys)
        columns, join = "corrected, corrected_by", "LEFT JOIN corrected_places USING (unit_ix, path)"
    else:
        sql.add("corrected_parts", _PART.empty_table())
    sql.run(
        f"""CREATE OR REPLACE TEMP VIEW placed AS SELECT unit_ix, gha_license_id, joined.*, {columns}
        FROM units JOIN joined USING (tree_key) {join}"""
    )


def place_changes(sql: Sql) -> None:
    """Makes table `corrected_changes`: the paths of view `changes` whose licence was corrected."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE corrected_changes AS
        SELECT origin, tree_key, c.path, arg_max(licence, (near, p.rowid)) AS corrected
        FROM (SELECT DISTINCT origin, tree_key, path FROM changes) AS c JOIN units USING (origin, tree_key)
          JOIN corrected_parts AS p USING (unit_ix) WHERE {_IS_PART.format(path="c.path")} GROUP BY ALL"""
    )


def _find(sql: Sql, keys: list[dict[str, str]]) -> None:
    """Table `corrected_places`: of several corrections of a place the nearest holds, of these the last."""
    parts: list[tuple[int, str, int, str, str]] = []
    contents: list[tuple[str, str, str]] = []
    units = sql.rows("SELECT unit_ix, origin, directory_id FROM units")
    for key in keys:
        licence = _expression(key)
        if key["kind"] == "content":
            contents.append((key["value"], licence, key["request"]))
        for unit_ix, origin, directory_id in units:
            near = _nearness(key, address_of(origin), directory_id)
            if near is not None:
                parts.append((unit_ix, key["path"], near, licence, key["request"]))
    sql.add("corrected_parts", pa.table([[row[at] for row in parts] for at in range(5)], schema=_PART))
    types = pa.schema([(name, pa.string()) for name in ("content_id", "licence", "request")])
    sql.add("corrected_contents", pa.table([[row[at] for row in contents] for at in range(3)], schema=types))
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE corrected_places AS
        SELECT unit_ix, path, arg_max(licence, (near, nth)) AS corrected, arg_max(request, (near, nth)) AS corrected_by
        FROM (
          SELECT unit_ix, j.path, near, p.rowid AS nth, licence, request
          FROM corrected_parts AS p JOIN units USING (unit_ix) JOIN joined AS j USING (tree_key)
          WHERE {_IS_PART.format(path="j.path")}
          UNION ALL
          SELECT unit_ix, path, 1000000, c.rowid, licence, request
          FROM corrected_contents AS c JOIN joined USING (content_id) JOIN units USING (tree_key))
        GROUP BY unit_ix, path"""
    )


def _nearness(key: dict[str, str], address: str, directory_id: str | None) -> int | None:
    """How much a key says of a unit's paths; None where it says nothing of them."""
    kind, value = key["kind"], key["value"]
    if kind == "account" and is_below(address, value):
        return _WIDEST + len(value)
    if (kind == "repository" and address == value) or (kind == "tree" and directory_id == value):
        return 0
    return len(key["path"]) if kind == "path" and address == value else None


def _expression(key: dict[str, str]) -> str:
    found = canonical(key["licence"])
    if found is None:
        raise UserError(
            f"`{key['request']}` corrects a licence to `{key['licence']}`, which is no SPDX expression",
            hint="reject the request, and take in one with an expression",
        )
    return found
