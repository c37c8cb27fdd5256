"""Copies of the same bytes: which one stays.

Licences are judged before, over all copies together, so the choice here cannot launder one. Of the copies that may
stay, first come those whose own licence is the one that was judged, then those not in a vendored folder, then the
repository with the most stars, the most forks, the earliest revision, and last the origin's and the path's order.
"""

from tilth.store.sql import Sql

SURVIVOR_ORDER = """licence_rank DESC, is_vendor, star_events_count DESC NULLS LAST,
  fork_events_count DESC NULLS LAST, revision_date NULLS LAST, origin, coalesce(branch_name, ''),
  coalesce(revision_id, ''), path, path_raw NULLS FIRST"""


def mark_duplicates(sql: Sql, *, keep_all: bool) -> None:
    """Makes table `files` from `judged`: of each content, every copy but one leaves.

    The value of such a drop is the place of the copy that stays.
    """
    staying = "stage IS NULL AND NOT " + ("true" if keep_all else "false")
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE losers AS
        SELECT loser, kept FROM (
          SELECT judged.rowid AS loser, first_value(origin || ' ' || path) OVER w AS kept, row_number() OVER w AS place
          FROM judged JOIN units USING (unit_ix)
          WHERE {staying} AND content_id IN
            (SELECT content_id FROM judged WHERE {staying} GROUP BY content_id HAVING count(*) > 1)
          WINDOW w AS (PARTITION BY content_id ORDER BY {SURVIVOR_ORDER}))
        WHERE place > 1"""
    )
    sql.run(
        """UPDATE judged SET stage = 'duplicate', reason = 'duplicate_file', "value" = kept
        FROM losers WHERE judged.rowid = loser"""
    )
    sql.run("DROP TABLE IF EXISTS files").run("ALTER TABLE judged RENAME TO files")
