"""Repositories that stand there twice: the same root tree, or (where the recipe asks for it) history, or most files.

Of those with one tree, or one history, the one stays that has the most stars, the most forks, the earliest revision
(for a history, and of those that are alike: the latest), and last the first origin. The others' files still count as
places where a licence was seen. A unit that is left out on request stands for none.
"""

from collections.abc import Mapping

import pyarrow as pa

from tilth.config.recipe import Duplicates
from tilth.store.sql import Sql

_BY_FAME = "star_events_count DESC NULLS LAST, fork_events_count DESC NULLS LAST"
_ALIKE = pa.schema([("number", pa.int64()), ("stands", pa.int64())])


def find_copies(sql: Sql, duplicates: Duplicates) -> None:
    """Makes table `copies`: unit_ix of each unit that is a copy, the reason, and the origin that stays."""
    sql.run("CREATE OR REPLACE TEMP TABLE copies (unit_ix INTEGER, reason VARCHAR, kept VARCHAR)")
    if duplicates.repositories == "keep_one":
        _find(sql, "duplicate_repository", "tree_key", f"{_BY_FAME}, revision_date NULLS LAST")
    if duplicates.forks == "drop":
        _find(sql, "fork", "history_id", f"{_BY_FAME}, revision_date DESC NULLS LAST")
    if duplicates.alike_repositories == "drop":
        from tilth.data.dedup.near.repositories import alike  # compiled code

        _drop_alike(sql, alike(_contents(sql), duplicates.near_threshold))


def _contents(sql: Sql) -> pa.Table:
    """The contents of each unit that is no copy, as numbers, `unit_ix` in the order in which units are kept."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE unit_order AS
        SELECT unit_ix, tree_key, origin, row_number() OVER (ORDER BY {_BY_FAME}, revision_date DESC NULLS LAST,
          origin, coalesce(branch_name, ''), coalesce(revision_id, '')) - 1 AS number
        FROM units ANTI JOIN copies USING (unit_ix) ANTI JOIN opted_units USING (unit_ix)"""
    )
    return sql.table(
        """SELECT DISTINCT number, ('0x' || content_id[:16])::UBIGINT AS content
        FROM unit_order JOIN joined USING (tree_key) WHERE content_id IS NOT NULL ORDER BY ALL"""
    )


def _drop_alike(sql: Sql, stands: Mapping[int, int]) -> None:
    sql.add("alike", pa.table([list(stands), list(stands.values())], schema=_ALIKE))
    sql.run(
        """INSERT INTO copies SELECT o.unit_ix, 'alike_repository', k.origin FROM alike
          JOIN unit_order AS o USING (number) JOIN unit_order AS k ON k.number = stands"""
    )


def _find(sql: Sql, reason: str, shared: str, order: str) -> None:
    sql.run(
        f"""INSERT INTO copies SELECT unit_ix, '{reason}', kept FROM (
          SELECT unit_ix, first_value(origin) OVER w AS kept, row_number() OVER w AS place
          FROM units ANTI JOIN copies USING (unit_ix) ANTI JOIN opted_units USING (unit_ix) WHERE {shared} IS NOT NULL
          WINDOW w AS (PARTITION BY {shared} ORDER BY {order}, origin, coalesce(branch_name, ''),
            coalesce(revision_id, '')))
        WHERE place > 1"""
    )
