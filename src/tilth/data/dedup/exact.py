"""Copies of the same bytes: which one stays.

Licences are judged before, over all copies together, so the choice here cannot launder one. Of the copies that may
stay, first come those whose own licence is the one that was judged, then those not in a vendored folder, then the
repository with the most stars, the most forks, the earliest revision, and last the origin's and the path's order.
"""

from tilth.store.sql import Sql

SURVIVOR_ORDER = """licence_rank DESC, is_vendor, star_events_count DESC NULLS LAST,
  fork_events_count DESC NULLS LAST, revision_date NULLS LAST, origin, coalesce(branch_name, ''),
  coalesce(revision_id, ''), path"""


def mark_duplicates(sql: Sql, *, keep_all: bool) -> None:
    """Drops every copy but one of each content, with the place of the one that stays as the value."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE survivors AS
        SELECT content_id, arg_min((unit_ix, path), place) AS chosen, count(*) AS copies FROM (
          SELECT content_id, unit_ix, path,
            row_number() OVER (PARTITION BY content_id ORDER BY {SURVIVOR_ORDER}) AS place
          FROM files JOIN units USING (unit_ix) WHERE stage IS NULL)
        GROUP BY content_id HAVING count(*) > 1"""
    )
    if keep_all:
        return
    sql.run(
        """UPDATE files SET stage = 'duplicate', reason = 'duplicate_file',
          "value" = kept.origin || ' ' || s.chosen[2]
        FROM survivors AS s JOIN units AS kept ON kept.unit_ix = s.chosen[1]
        WHERE files.stage IS NULL AND files.content_id = s.content_id
          AND NOT (files.unit_ix = s.chosen[1] AND files.path = s.chosen[2])"""
    )
