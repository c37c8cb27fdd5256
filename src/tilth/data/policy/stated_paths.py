"""The licence of a path as a file above it states it: REUSE.toml, REUSE's dep5, debian/copyright.

What such a file says of everything is metadata of its folder. What it says of some paths is about these paths and no
others, like the file with a tag that REUSE puts beside one, so it is heard in the same place: behind the file itself,
before any folder.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import pyarrow as pa
import re2

from tilth.data.facts.licence.places import EVERYTHING
from tilth.store.sql import Sql

_ABOUT = {"reuse.toml": "", "dep5": ".reuse", "copyright": "debian"}
"""Lower-case names of the files, and the folder in which such a file is about what lies beside that folder."""
SPEAKING_BELOW = (".reuse/dep5", "debian/copyright")
"""Files that speak for the folder above their own."""
_MATCHER_BYTES = 1 << 28
_TYPES = [(name, pa.string()) for name in ("tree_key", "path", "beside", "beside_path", "beside_source")]

Statement = tuple[str, str]
"""A regular expression of whole paths, and what holds for them."""


class _Source(NamedTuple):
    """A file that states something of paths."""

    folder: str
    """What its paths are relative to."""
    path: str
    statements: Sequence[Statement]


def folder_about(path: str) -> str | None:
    """The folder that the file of a path states licences for; None for another file."""
    folder, _, name = path.rpartition("/")
    kept = _ABOUT.get(name.lower())
    if kept is None:
        return None
    if not kept:
        return folder
    above, _, own = folder.rpartition("/")
    return above if own == kept else None


def stated_of(statements: Sequence[Statement], paths: Sequence[str]) -> list[str | None]:
    """For each path what the last statement that fits it says; None where that is one about everything, or none is."""
    matcher = _matcher(pattern for pattern, _ in statements)
    last = (max(matcher.Match(path) or (), default=None) for path in paths)
    held = (statements[at] if at is not None else (EVERYTHING, None) for at in last)
    return [None if pattern == EVERYTHING else said for pattern, said in held]


def _matcher(patterns: Iterable[str]) -> re2.Set:
    """All patterns at once, in linear time: a glob with twenty stars would keep Python's own expressions for ever."""
    options = re2.Options()
    options.dot_nl, options.log_errors, options.max_mem = True, False, _MATCHER_BYTES
    matcher = re2.Set.FullMatchSet(options)
    for pattern in patterns:
        matcher.Add(pattern)
    matcher.Compile()
    return matcher


def state_paths(sql: Sql) -> None:
    """Adds to table `beside` what files of `new_trees` state of single paths; of several, the nearest one speaks."""
    rows = sql.rows(
        """SELECT tree_key, path, licence_places FROM new_trees JOIN listings USING (tree_key)
          JOIN (SELECT content_id, name, licence_places FROM facts_licence WHERE len(licence_places) > 0)
          USING (content_id, name)"""
    )
    speaking: dict[str, list[_Source]] = {}
    for tree, path, places in rows:
        folder = folder_about(path)
        if folder is not None:
            said = [(one["paths"], one["expression"]) for one in places]
            speaking.setdefault(tree, []).append(_Source(folder, path, said))
    sql.add("speaking_trees", pa.table([list(speaking)], schema=pa.schema([("tree_key", pa.string())])))
    # One pass over the listings, however many files speak.
    query = "SELECT tree_key, path FROM listings SEMI JOIN speaking_trees USING (tree_key) ORDER BY ALL"
    paths = (pair for batch in sql.batches(query) for pair in zip(*_lists(batch), strict=True))
    stated: list[tuple[str, ...]] = []
    for tree, listed in groupby(paths, key=itemgetter(0)):
        stated += _stated_in(tree, [path for _, path in listed], speaking[tree])
    columns = [list(column) for column in zip(*stated, strict=True)] or [[] for _ in _TYPES]
    sql.add("stated_paths", pa.table(columns, schema=pa.schema(_TYPES)))
    sql.run("INSERT INTO beside FROM stated_paths ANTI JOIN beside USING (tree_key, path)")


def _lists(batch: pa.RecordBatch) -> list[list[str]]:
    return [column.to_pylist() for column in batch.columns]


def _stated_in(tree: str, paths: list[str], sources: list[_Source]) -> list[tuple[str, ...]]:
    """What the files of one tree state of its paths, as rows of `stated_paths`."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sorted(sources, key=lambda one: (-len(one.folder), one.path)):
        start = f"{source.folder}/" if source.folder else ""
        below = [path for path in paths if path.startswith(start) and path not in found]
        said = stated_of(source.statements, [path[len(start) :] for path in below])
        for path, expression in zip(below, said, strict=True):
            if expression is not None:
                found[path] = tree, path, expression, source.path, "metadata"
    return list(found.values())
