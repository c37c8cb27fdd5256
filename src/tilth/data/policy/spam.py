"""Repositories that nobody wrote for anyone: nearly all of their files are empty, or one template filled in many times.

A fact of a whole listing: shares among the texts of a unit, of which there have to be enough to say so.
"""

from typing import Final

from tilth.store.sql import Sql

FILES_MIN: Final = 20
"""Least texts of a unit that is judged."""
SHARE_MIN: Final = 0.9
"""Least share of them that has to be alike."""
EMPTY_CHARS_MAX: Final = 32
"""Characters of a file that is as good as empty."""
TEMPLATE_WIDTH: Final = 0.02
"""Files of a template differ in length by less than this share, or by 16 characters."""

_NAME_PATTERN = r"regexp_replace(lower(name), '[0-9]+|[0-9a-f]{8,}', '#', 'g')"


def find_spam(sql: Sql) -> None:
    """Adds to table `copies` the units that are spam; the value is the sign and its share.

    The session must hold tables `units` and `copies`, and view `joined`.
    """
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE spam AS
        WITH texts AS (
          SELECT tree_key, num_chars, num_lines, {_NAME_PATTERN} AS pattern, name <> {_NAME_PATTERN} AS is_numbered,
            greatest(16, {TEMPLATE_WIDTH} * median(num_chars) OVER (PARTITION BY tree_key, {_NAME_PATTERN}, num_lines))
              AS width,
            median(num_chars) OVER (PARTITION BY tree_key, {_NAME_PATTERN}, num_lines) AS middle
          FROM joined WHERE content_id IS NOT NULL AND refused IS NULL AND NOT is_binary),
        alike AS (
          SELECT tree_key, pattern, num_lines, count(*) AS files FROM texts
          WHERE is_numbered AND abs(num_chars - middle) < width GROUP BY ALL),
        shares AS (
          SELECT tree_key, count(*) AS files, count(*) FILTER (num_chars <= {EMPTY_CHARS_MAX}) / count(*) AS near_empty
          FROM texts GROUP BY ALL HAVING count(*) >= {FILES_MIN})
        SELECT tree_key, near_empty, coalesce(max(alike.files), 0) / any_value(shares.files) AS one_template
        FROM shares LEFT JOIN alike USING (tree_key) GROUP BY ALL"""
    )
    sql.run(
        f"""INSERT INTO copies SELECT unit_ix, 'spam_repository',
          CASE WHEN near_empty >= {SHARE_MIN} THEN format('near_empty {{:.4f}}', near_empty)
            ELSE format('one_template {{:.4f}}', one_template) END
        FROM units JOIN spam USING (tree_key) ANTI JOIN copies USING (unit_ix)
        WHERE near_empty >= {SHARE_MIN} OR one_template >= {SHARE_MIN}"""
    )
