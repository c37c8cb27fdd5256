"""Repositories that stand there twice: the same root tree, or (where the recipe asks for it) the same history.

Of those with one tree, or one history, the one stays that has the most stars, the most forks, the earliest revision
(for a history: the latest), and last the first origin. The others' files still count as places where a licence was seen.
"""

from tilth.config.recipe import Duplicates
from tilth.records import Unit
from tilth.store.sql import Sql

_BY_FAME = "star_events_count DESC NULLS LAST, fork_events_count DESC NULLS LAST"


def mark_repositories(sql: Sql, units: list[tuple[int, Unit]], duplicates: Duplicates) -> None:
    """Drops the files of the units that are copies, with the origin that stays as the value."""
    if len(units) < 2:
        return
    if duplicates.repositories == "keep_one":
        _mark(sql, "duplicate_repository", "tree_key", f"{_BY_FAME}, revision_date NULLS LAST")
    if duplicates.forks == "drop":
        _mark(sql, "fork", "history_id", f"{_BY_FAME}, revision_date DESC NULLS LAST")


def _mark(sql: Sql, reason: str, shared: str, order: str) -> None:
    sql.run(
        f"""UPDATE files SET stage = 'repository', reason = '{reason}', "value" = copies.kept
        FROM (
          SELECT unit_ix, first_value(origin) OVER w AS kept, row_number() OVER w AS place
          FROM units WHERE {shared} IS NOT NULL
          WINDOW w AS (PARTITION BY {shared} ORDER BY {order}, origin, coalesce(branch_name, ''),
            coalesce(revision_id, ''))
        ) AS copies
        WHERE copies.place > 1 AND files.unit_ix = copies.unit_ix AND files.stage IS NULL"""
    )
