"""What the repositories of a build do not have counts as missing, also where the store has it from elsewhere.

The same recipe over the same inputs gives the same bytes whatever the store has seen: so what this build could not
read, if its store were empty, is kept out of sight.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tilth.data.sources.git.presence import absent_from
from tilth.records import Unit
from tilth.store.sql import Sql

ROWS_AT_ONCE = 200_000


def find_absent(sql: Sql, units: list[tuple[int, Unit]]) -> set[str]:
    """Makes table `absent`, the contents that no unit of the build has, and gives the keys of the trees with any.

    The session must hold the views `listings` and `changes`.
    """
    places = sorted({(unit.tree_key, unit.location, unit.source == "git") for _, unit in units})
    columns = [[place[at] for place in places] for at in range(3)]
    types = [("tree_key", pa.string()), ("location", pa.string()), ("is_git", pa.bool_())]
    sql.add("all_places", pa.table(columns, schema=pa.schema(types)))
    found = sorted(set(_not_there(sql)))
    columns = [[pair[at] for pair in found] for at in range(2)]
    types = [("content_id", pa.string()), ("location", pa.string())]
    sql.add("not_there", pa.table(columns, schema=pa.schema(types)))
    sql.run("CREATE OR REPLACE TEMP TABLE absent AS SELECT DISTINCT content_id FROM not_there")
    if not found:
        return set()
    sql.run(
        f"""DELETE FROM absent WHERE content_id IN (
          SELECT content_id FROM ({_LISTED} UNION ALL {_CHANGED}) ANTI JOIN not_there USING (content_id, location)
          UNION ALL SELECT content_id FROM listings JOIN all_places USING (tree_key) WHERE NOT is_git)"""
    )
    return {
        key
        for (key,) in sql.rows(
            """SELECT DISTINCT tree_key FROM listings SEMI JOIN all_places USING (tree_key)
            SEMI JOIN absent USING (content_id)"""
        )
    }


_LISTED = """SELECT content_id, location FROM listings JOIN all_places USING (tree_key)
  WHERE is_git AND refused IS NULL AND content_id IS NOT NULL"""
_CHANGED = """SELECT content_id, location
  FROM (SELECT unnest([old_content_id, new_content_id]) AS content_id, location FROM changes)
  WHERE content_id IS NOT NULL"""


def _not_there(sql: Sql) -> Iterator[tuple[str, str]]:
    """(content id, location) of what a repository lists and does not have."""
    for batch in sql.batches(f"{_LISTED} UNION ALL {_CHANGED}", ROWS_AT_ONCE):
        where = batch["location"].dictionary_encode()
        codes = where.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(np.diff(codes[order])) + 1
        for part in np.split(order, ends):
            if len(part):
                location = where.dictionary[int(codes[part[0]])].as_py()
                ids = batch["content_id"].take(pa.array(part)).to_pylist()
                yield from ((name, location) for name in absent_from(location, ids))
