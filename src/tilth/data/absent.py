"""What the repositories of a build do not have counts as missing, also where the store has it from elsewhere.

The same recipe over the same inputs gives the same bytes whatever the store has seen: so what this build could not
read, if its store were empty, is kept out of sight.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from tilth.data.sources.git.presence import absent_from, packs_of, unpacked
from tilth.records import Unit
from tilth.store.atomic import write_text
from tilth.store.layout import Store
from tilth.store.sql import Sql

ROWS_AT_ONCE = 200_000


def find_absent(sql: Sql, units: list[tuple[int, Unit]], store: Store, broken: set[str]) -> set[str]:
    """Makes table `absent`, the contents that no unit of the build has, and gives the keys of the trees with any.

    The session must hold the views `listings` and `changes`. A repository whose packs had all that it lists is not
    looked at again while it has the same packs.

    Args:
        sql: The session.
        units: Those of the build.
        store: What remembers the repositories looked at.
        broken: Keys of trees whose listing lacks something: a repository with one of them is always looked at.
    """
    places = sorted({(unit.tree_key, unit.location, unit.source == "git") for _, unit in units})
    columns = [[place[at] for place in places] for at in range(3)]
    types = [("tree_key", pa.string()), ("location", pa.string()), ("is_git", pa.bool_())]
    sql.add("all_places", pa.table(columns, schema=pa.schema(types)))
    seen = _Seen(sql, store, units, broken)
    found = sorted(set(_not_there(sql, seen)))
    seen.remember()
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
_LISTED_UNSEEN = f"{_LISTED} AND location NOT IN (SELECT location FROM seen_whole)"
_CHANGED = """SELECT content_id, location
  FROM (SELECT unnest([old_content_id, new_content_id]) AS content_id, location FROM changes)
  WHERE content_id IS NOT NULL"""


class _Seen:
    """The repositories that the store remembers as whole, and those that this build finds to be."""

    def __init__(self, sql: Sql, store: Store, units: list[tuple[int, Unit]], broken: set[str]) -> None:
        self._path = store.present
        self._lines = set(self._path.read_text().split()) if self._path.exists() else set()
        trees: dict[str, set[str]] = {}
        for _, unit in units:
            if unit.source == "git":
                trees.setdefault(unit.location, set()).add(unit.tree_key)
        # What a broken listing has is not all that a later, whole one will have.
        self._line = {
            location: _line_of(location, sorted(keys))
            for location, keys in trees.items()
            if keys.isdisjoint(broken)
        }
        self._new: set[str] = set()
        self._not_whole: set[str] = set()
        whole = [location for location, line in self._line.items() if line in self._lines]
        sql.add("seen_whole", pa.table([whole], schema=pa.schema([("location", pa.string())])))

    def looked_at(self, location: str, *, is_whole: bool) -> None:
        """Notes whether the packs of a repository had all that was looked up."""
        (self._new if is_whole else self._not_whole).add(location)

    def remember(self) -> None:
        """Writes down what was found whole."""
        new = {self._line[location] for location in self._new - self._not_whole if location in self._line}
        if new - self._lines:
            write_text(self._path, "\n".join(sorted(self._lines | new)))


def _line_of(location: str, trees: list[str]) -> str:
    return hashlib.sha256("\0".join([location, *trees, "", *packs_of(location)]).encode()).hexdigest()


def _not_there(sql: Sql, seen: _Seen) -> Iterator[tuple[str, str]]:
    """(content id, location) of what a repository lists and does not have."""
    for batch in sql.batches(f"{_LISTED_UNSEEN} UNION ALL {_CHANGED}", ROWS_AT_ONCE):
        where = batch["location"].dictionary_encode()
        codes = where.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(np.diff(codes[order])) + 1
        for part in np.split(order, ends):
            if len(part):
                location = where.dictionary[int(codes[part[0]])].as_py()
                ids = batch["content_id"].take(pa.array(part)).to_pylist()
                left = unpacked(location, ids)
                seen.looked_at(location, is_whole=not left)
                if left:
                    yield from ((name, location) for name in absent_from(location, left))
