"""Repositories that stand there twice: the same root tree, or (where the recipe asks for it) the same history.

Of those with one tree, or one history, the one stays that has the most stars, the most forks, the earliest revision
(for a history: the latest), and last the first origin. The others' files still count as places where a licence was
seen.
"""

from tilth.config.recipe import Duplicates
from tilth.store.sql import Sql

_BY_FAME = "star_events_count DESC NULLS LAST, fork_events_count DESC NULLS LAST"


def find_copies(sql: Sql, duplicates: Duplicates) -> None:
    """Makes table `copies`: unit_ix of each unit that is a copy, the reason, and the origin that stays."""
    sql.run("CREATE OR REPLACE TEMP TABLE copies (unit_ix INTEGER, reason VARCHAR, kept VARCHAR)")
    if duplicates.repositories == "keep_one":
        _find(sql, "duplicate_repository", "tree_key", f"{_BY_FAME}, revision_date NULLS LAST")
    if duplicates.forks == "drop":
        _find(sql, "fork", "history_id", f"{_BY_FAME}, revision_date DESC NULLS LAST")


def _find(sql: Sql, reason: str, shared: str, order: str) -> None:
    sql.run(
        f"""INSERT INTO copies SELECT unit_ix, '{reason}', kept FROM (
          SELECT unit_ix, first_value(origin) OVER w AS kept, row_number() OVER w AS place
          FROM units ANTI JOIN copies USING (unit_ix) WHERE {shared} IS NOT NULL
          WINDOW w AS (PARTITION BY {shared} ORDER BY {order}, origin, coalesce(branch_name, ''),
            coalesce(revision_id, '')))
        WHERE place > 1"""
    )
