"""What a manifest tells of a release beside the counts of its rows: who made it, when, and from where it is."""

from typing import Any

from tilth.config.recipe import Recipe
from tilth.store.sql import Sql

_PLACE = r"""CASE WHEN origin LIKE 'pkg:%' THEN regexp_extract(origin, '^(pkg:[^/]+)', 1)
  WHEN origin LIKE 'file:%' OR origin NOT LIKE '%://%' THEN 'local'
  ELSE coalesce(nullif(lower(regexp_extract(origin, '^[^:]+://(?:[^/@]*@)?([^/:]+)', 1)), ''), 'local') END"""
"""SQL: the host that an origin lies on, the registry of a package, or `local`."""


def about(recipe: Recipe, dates: dict[str, Any]) -> dict[str, Any]:
    """What the recipe says of the release; the day of its newest commit where it does not say a day."""
    said = recipe.about.model_dump(mode="json", exclude={"previous"})
    return said | {"description": recipe.description, "date": said["date"] or dates["last"]}


def dates(sql: Sql) -> dict[str, str | None]:
    """The days of the first and the last commit that a unit was read at, UTC; None where no unit has one."""
    day = "strftime(coalesce(committer_date, revision_date), '%Y-%m-%d')"
    ((first, last),) = sql.rows(
        f"SELECT min({day}), max({day}) FROM units ANTI JOIN opted_units USING (unit_ix)"
    )
    return {"first": first, "last": last}


def places(sql: Sql) -> list[dict[str, Any]]:
    """Kind of source and host: how many units were read there, and what of them stays, most bytes first."""
    rows = sql.rows(
        f"""SELECT source, {_PLACE} AS host, count(*), coalesce(sum(files), 0), coalesce(sum(bytes), 0)
          FROM units ANTI JOIN opted_units USING (unit_ix)
          LEFT JOIN (SELECT unit_ix, count(*) AS files, sum(length_bytes) AS bytes FROM files WHERE stage IS NULL
            GROUP BY unit_ix) USING (unit_ix)
        GROUP BY ALL ORDER BY 5 DESC, 1, 2"""
    )
    names = ("kind", "host", "units", "files", "bytes")
    return [dict(zip(names, (*row[:2], *map(int, row[2:])), strict=True)) for row in rows]


def licence_classes(sql: Sql) -> dict[str, dict[str, int]]:
    """Files and bytes of each class of licence, of what stays."""
    rows = sql.rows(
        """SELECT licence_class, count(*), sum(length_bytes) FROM files WHERE stage IS NULL
        GROUP BY ALL ORDER BY 2 DESC, 1"""
    )
    return {name: {"files": files, "bytes": int(size)} for name, files, size in rows}
