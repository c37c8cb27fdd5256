"""The licence of a path as a file above it states it: REUSE.toml, REUSE's dep5, debian/copyright.

What such a file says of everything is metadata of its folder. What it says of some paths is about these paths and no
others, like the file with a tag that REUSE puts beside one, so it is heard in the same place: behind the file itself,
before any folder.
"""

from collections.abc import Iterable, Sequence

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
    taken: dict[tuple[str, str], tuple[str, ...]] = {}
    about = [(folder_about(path), tree, path, places) for tree, path, places in rows]
    for folder, tree, source, places in sorted(
        (one for one in about if one[0] is not None), key=lambda one: (-len(one[0] or ""), one[1:3])
    ):
        start = f"{folder}/" if folder else ""
        every = sql.rows(
            "SELECT path FROM listings WHERE tree_key = ? AND starts_with(path, ?)", [tree, start]
        )
        paths = [row[0] for row in every if (tree, row[0]) not in taken]
        statements = [(one["paths"], one["expression"]) for one in places]
        for path, said in zip(
            paths, stated_of(statements, [one[len(start) :] for one in paths]), strict=True
        ):
            if said is not None:
                taken[tree, path] = tree, path, said, source, "metadata"
    columns = [list(column) for column in zip(*taken.values(), strict=True)] or [[] for _ in _TYPES]
    sql.add("stated_paths", pa.table(columns, schema=pa.schema(_TYPES)))
    sql.run("INSERT INTO beside FROM stated_paths ANTI JOIN beside USING (tree_key, path)")
