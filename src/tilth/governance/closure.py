"""How far a request goes in a release: from what it names to forks, copies, near copies and former names.

Whatever is found is either decided, and becomes a key that the next build leaves out, or undecided, and is listed with
the reason for a person to look at. The rules lean to the second: a repository that is better known than the one named
may be what that one was forked from, and bytes that stand in many projects may be nobody's in particular.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tilth.governance.authors import Written
from tilth.governance.names import Names
from tilth.governance.requests import Request
from tilth.store.addresses import address_of, is_below
from tilth.store.opt_outs import Key, KeyKind
from tilth.store.sql import Sql

Row = dict[str, Any]
Alike = Callable[[list[str]], Iterable[tuple[str, str, str, str, float]]]
"""Given ids of contents, gives of each (id, id of a file that stays and is alike, its origin, path, and likeness)."""

SHORT_BYTES = 200
"""A shorter file may be the same by chance."""
SPREAD_MAX = 5
"""Bytes that stand in more unrelated repositories than these are listed, not taken."""
ALIKE_MIN = 0.85
"""Files that are less alike (Jaccard, word 5-grams) are listed, not taken."""
UNDECIDED = (
    "better_known", "origin_unknown", "moved_away", "address_reused", "vendored", "generated", "short", "widespread",
    "less_alike", "alike_to_a_copy", "small_tree", "unknown_id", "several_authors",
)  # fmt: skip
"""Why something is listed and not taken: another repository with more stars (or, of as many, more forks); the named one
has no stars and no forks that are known, so it may be the copy itself; a repository that has left the account; an
address that another repository has now; another project's file in the named repository; a file that a program wrote; a
short file; bytes of many projects; a near copy that is not so near; alike to a near copy only; a root tree with hardly
a file; a number that the table of names does not have; a file that others than the author changed too."""

_NEAR_MORE = [(name, pa.string()) for name in ("mine", "content_id", "origin", "path")]
_NEAR_MORE += [("similarity", pa.float64())]
_LICENCE_TEXT = r"(?i)(^|/)(un)?(licen[cs]es?|copying|notice)([-_.][\w.-]*)?$|(^|/)licen[cs]es/"


@dataclass(slots=True)
class Reach:
    """How far a request goes."""

    keys: set[Key] = field(default_factory=set)
    undecided: list[Row] = field(default_factory=list)
    """Each with its `reason`, and `origin`, `path`, `content_id` as far as it has them."""
    places: list[Row] = field(default_factory=list)
    """Every place that leaves: `why`, `origin`, `path`, `content_id`, and whether it `is_kept` now."""

    def counts(self) -> dict[str, Any]:
        """Files that leave by the way they were come to, those of them that were kept, and what is undecided."""
        return {
            "files": dict(sorted(Counter(place["why"] for place in self.places).items())),
            "kept_files": sum(place["is_kept"] for place in self.places),
            "undecided": dict(sorted(Counter(row["reason"] for row in self.undecided).items())),
        }


def reach_of(
    sql: Sql,
    request: Request,
    request_id: str,
    *,
    names: Names | None = None,
    written: Written | None = None,
    alike: Alike | None = None,
    take: Iterable[str] = (),
) -> Reach:
    """How far a request goes.

    Args:
        sql: A session over a release, with views `units`, `places`, `flags` and `near`.
        request: What is asked for.
        request_id: Its id.
        names: What repositories were called before.
        written: What the authors that it names wrote.
        alike: Finds what is alike to files that left before likenesses were looked for, for their licence say.
        take: Reasons for being undecided that a person has decided on.
    """
    closing = _Closing(sql, request, request_id, names or Names(), alike, frozenset(take))
    return closing.run(written or Written())


def named_keys(request: Request, request_id: str) -> Iterator[Key]:
    """What a request names itself."""
    yield from (Key(request_id, "account", one) for one in request.accounts)
    yield from (
        Key(request_id, "repository", one) for one in request.repositories if not one.startswith("id:")
    )
    yield from (Key(request_id, "path", one.repository, one.path) for one in request.paths)
    for swhid in request.contents:
        _, _, kind, value = swhid.split(":")
        yield Key(request_id, _KIND_OF_SWHID[kind], value)


_KIND_OF_SWHID: dict[str, KeyKind] = {"cnt": "content", "dir": "tree", "rev": "revision"}


class _Closing:
    def __init__(
        self,
        sql: Sql,
        request: Request,
        request_id: str,
        names: Names,
        alike: Alike | None,
        take: frozenset[str],
    ) -> None:
        self._sql, self._request, self._id, self._names, self._take = sql, request, request_id, names, take
        self._alike = alike
        self._reach = Reach()

    def run(self, written: Written) -> Reach:
        shared = [row for row in written.undecided if self._is_decided(row["reason"], _place(row))]
        also = [self._key("path", address_of(row["origin"]), row["path"], "author") for row in shared]
        named = [*named_keys(self._request, self._id), *self._former(), *written.keys, *also]
        self._reach.keys.update(named)
        self._own(named)
        follow = self._request.follow
        if "forks" in follow:
            self._units("history", "history_id", "fork")
        if "copies" in follow:
            self._units("tree", "directory_id", "same_tree")
            self._same_bytes()
        if "near" in follow and (self._alike or self._sql.rows("SELECT 1 FROM near LIMIT 1")):
            self._near()
        self._reach.places = list(self._leaving())
        return self._reach

    def _key(self, kind: KeyKind, value: str, path: str = "", why: str = "named") -> Key:
        return Key(self._id, kind, value, path, why)

    def _former(self) -> Iterator[Key]:
        """Other names of the repositories that are named, by number or by address, and of an account's."""
        numbers: dict[str, str | None] = {}
        for one in self._request.repositories:
            if one.startswith("id:") and one not in self._names.addresses:
                self._reach.undecided.append({"reason": "unknown_id", "origin": one})
            else:
                found = [one] if one.startswith("id:") else self._names.numbers_of(one)
                numbers.update(dict.fromkeys(found))
        for account in self._request.accounts:
            numbers.update({number: account for number in self._names.of_account(account)})
        for number, from_account in numbers.items():
            known = self._names.addresses[number]
            for address in dict.fromkeys(known):
                reason = None
                if self._names.others_now_at(address, number):
                    reason = "address_reused"
                elif from_account and not is_below(known[-1], from_account):
                    reason = "moved_away"
                if from_account and is_below(address, from_account):
                    continue
                if self._is_decided(reason, {"origin": address}):
                    yield self._key("repository", address, why="renamed")

    def _is_decided(self, reason: str | None, row: Row) -> bool:
        """Whether it is to be taken; where not, it is listed."""
        if reason is None or reason in self._take:
            return True
        self._reach.undecided.append({"reason": reason} | row)
        return False

    def _own(self, named: list[Key]) -> None:
        """Table `reached` (unit, why) with the units named, and table `own` with the contents of all that is named."""
        sql = self._sql
        addresses = [key for key in named if key.kind in ("account", "repository")]
        trees = {key.value for key in named if key.kind == "tree"}
        reached = [
            (unit, next(key.why for key in (*addresses, *named) if _is_of(key, address, directory)))
            for unit, address, directory in sql.rows("SELECT unit, address, directory_id FROM units")
            if directory in trees or any(_is_of(key, address, directory) for key in addresses)
        ]
        _table(sql, "reached", [("unit", pa.int32()), ("why", pa.string())], reached)
        paths = [(key.value, key.path) for key in named if key.kind == "path"]
        _table(sql, "own_paths", [("address", pa.string()), ("part", pa.string())], paths)
        contents = [(key.value,) for key in named if key.kind == "content"]
        _table(sql, "own_contents", [("content_id", pa.string())], contents)
        sql.run(
            """CREATE OR REPLACE TEMP TABLE own_places AS
            SELECT p.* FROM places AS p SEMI JOIN reached USING (unit)
            UNION SELECT p.* FROM places AS p JOIN own_paths AS o USING (address)
              WHERE p.path = part OR (ends_with(part, '/') AND starts_with(p.path, part))
            UNION SELECT p.* FROM places AS p SEMI JOIN own_contents USING (content_id)"""
        )
        # Bytes that the named repositories have only as another's, or only as a licence's text, are not theirs.
        sql.run(
            f"""CREATE OR REPLACE TEMP TABLE own AS
            SELECT content_id, max(fame) AS fame, max(size) AS size,
              coalesce(bool_and(is_vendor), false) AS is_vendor,
              coalesce(bool_and(is_generated), false) AS is_generated
            FROM own_places LEFT JOIN flags USING (content_id, origin, path)
            WHERE content_id IS NOT NULL AND NOT regexp_matches(path, '{_LICENCE_TEXT}') AND size > 0
            GROUP BY content_id"""
        )

    def _units(self, kind: KeyKind, shared: str, why: str) -> None:
        """Whole units that share a history, or a root tree, with one that is named."""
        found = self._sql.records(
            f"""WITH mine AS (SELECT {shared} AS shared, max(fame) AS fame, max(num_files) AS files
              FROM units JOIN reached USING (unit) WHERE {shared} IS NOT NULL GROUP BY 1)
            SELECT shared, unit, origin, {_standing("u.fame", "mine.fame")} AS standing, files
            FROM units AS u JOIN mine ON {shared} = shared ANTI JOIN reached USING (unit) ORDER BY origin, unit"""
        )
        # One that is better known, and all that share with it may be its forks.
        standings = {row["shared"]: row["standing"] for row in found}
        standings |= {row["shared"]: row["standing"] for row in found if row["standing"] == "better_known"}
        least = 0 if "origin_unknown" in self._take else 1
        mine = {
            shared
            for (shared,) in self._sql.rows(
                f"""SELECT DISTINCT {shared} FROM units JOIN reached USING (unit)
                WHERE {shared} IS NOT NULL AND coalesce(fame, 0) >= {least}"""
            )
        }
        undecided = set()
        for row in found:
            reason = standings[row["shared"]]
            if kind == "tree" and row["files"] <= 1:
                reason = "small_tree"
            if not self._is_decided(reason, {"origin": row["origin"]}):
                undecided.add(row["shared"])
        # A history is followed into later releases too; a tree only where a copy of it was seen.
        taken = (mine if kind == "history" else {row["shared"] for row in found}) - undecided
        self._reach.keys.update(self._key(kind, value, why=why) for value in taken)
        more = [(row["unit"], why) for row in found if row["shared"] in taken]
        if more:
            self._sql.append("reached", _rows([("unit", pa.int32()), ("why", pa.string())], more))

    def _same_bytes(self) -> None:
        """The same bytes at other places."""
        found = self._sql.records(
            f"""WITH elsewhere AS (
              SELECT p.content_id, p.origin, p.path, p.fame, p.history_id FROM places AS p JOIN own USING (content_id)
              ANTI JOIN reached USING (unit) ANTI JOIN own_places AS o ON o.unit = p.unit AND o.path = p.path),
            spread AS (SELECT content_id, count(DISTINCT coalesce(history_id, origin)) AS spread
              FROM elsewhere GROUP BY content_id),
            better AS (SELECT content_id, {_standing("max(e.fame)", "any_value(own.fame)")} AS standing
              FROM elsewhere AS e JOIN own USING (content_id) GROUP BY content_id)
            SELECT e.*, spread, own.size, is_vendor, is_generated, standing,
              EXISTS (FROM own_places AS o WHERE o.content_id = e.content_id AND o.path = e.path) AS same_path
            FROM elsewhere AS e JOIN own USING (content_id) JOIN spread USING (content_id)
              JOIN better USING (content_id)
            ORDER BY e.origin, e.path"""
        )
        by_content: dict[str, list[Row]] = {}
        for row in found:
            by_content.setdefault(row["content_id"], []).append(row)
        for content_id, rows in by_content.items():
            reason = _reason(rows[0]) or ("widespread" if rows[0]["spread"] > SPREAD_MAX else None)
            if all([self._is_decided(reason, _place(row)) for row in rows]):
                why = "same_bytes" if any(row["same_path"] for row in rows) else "moved"
                self._reach.keys.add(self._key("content", content_id, why=why))

    def _near(self) -> None:
        """What is alike to a content that is named; and, listed only, what is alike to that."""
        sql = self._sql
        _table(sql, "near_more", _NEAR_MORE, list(self._near_dropped()))
        known = """FROM near_more UNION ALL FROM (
            SELECT kept_content_id AS mine, content_id, origin, path, similarity FROM near
            UNION ALL SELECT content_id, kept_content_id, kept_origin, kept_path, similarity FROM near)"""
        found = sql.records(
            f"""SELECT n.content_id, n.origin, n.path, similarity, own.size, is_vendor, is_generated,
              {_standing("u.fame", "own.fame")} AS standing
            FROM ({known}) AS n JOIN own ON own.content_id = mine LEFT JOIN
              (SELECT origin, max(fame) AS fame, bool_or(unit IN (SELECT unit FROM reached)) AS is_reached
                FROM units GROUP BY origin) AS u ON u.origin = n.origin
            WHERE n.content_id NOT IN (SELECT content_id FROM own) AND NOT coalesce(is_reached, false)
            ORDER BY similarity DESC, n.origin, n.path"""
        )
        taken: set[str] = set()
        for row in found:
            reason = _reason(row) or ("less_alike" if row["similarity"] < ALIKE_MIN else None)
            if row["content_id"] not in taken and self._is_decided(reason, _place(row)):
                taken.add(row["content_id"])
        self._reach.keys.update(self._key("content", one, why="near") for one in taken)
        _table(sql, "near_found", [("content_id", pa.string())], [(row["content_id"],) for row in found])
        for row in sql.records(
            f"""SELECT DISTINCT n.content_id, n.origin, n.path FROM ({known}) AS n SEMI JOIN near_found
              ON near_found.content_id = mine WHERE n.content_id NOT IN (SELECT content_id FROM own)
              AND n.content_id NOT IN (SELECT content_id FROM near_found)
              AND n.origin NOT IN (SELECT origin FROM units SEMI JOIN reached USING (unit)) ORDER BY ALL"""
        ):
            if self._is_decided("alike_to_a_copy", row):
                self._reach.keys.add(self._key("content", row["content_id"], why="near"))

    def _near_dropped(self) -> Iterator[tuple[str, str, str, str, float]]:
        """What stays and is alike to files that are named and left before likenesses were looked for."""
        if self._alike is not None:
            rows = self._sql.rows(
                """SELECT DISTINCT content_id FROM own_places SEMI JOIN own USING (content_id)
                WHERE stage NOT IN ('read', 'opt_out', 'duplicate') ORDER BY 1"""
            )
            yield from self._alike([content_id for (content_id,) in rows])

    def _leaving(self) -> Iterator[Row]:
        """Every place that the keys match."""
        contents = [(key.value, key.why) for key in self._reach.keys if key.kind == "content"]
        _table(self._sql, "leaving", [("content_id", pa.string()), ("why", pa.string())], contents)
        yield from self._sql.records(
            """SELECT first(why ORDER BY "rank") AS why, origin, path, content_id, bool_or(stage IS NULL) AS is_kept
            FROM (SELECT p.*, why, 0 AS "rank" FROM places AS p JOIN reached USING (unit)
              UNION ALL SELECT p.*, 'named', 1 FROM places AS p SEMI JOIN own_places AS o
                ON o.unit = p.unit AND o.path = p.path
              UNION ALL SELECT p.*, why, 2 FROM places AS p JOIN leaving USING (content_id))
            GROUP BY unit, origin, path, content_id ORDER BY origin, path"""
        )


def _is_of(key: Key, address: str, directory: str | None) -> bool:
    if key.kind == "tree":
        return key.value == directory
    return address == key.value or (key.kind == "account" and is_below(address, key.value))


def _reason(row: Row) -> str | None:
    """Why a file with the same or nearly the same text may not be the named one's."""
    if row["is_vendor"]:
        return "vendored"
    if row["is_generated"]:
        return "generated"
    if row["size"] < SHORT_BYTES:
        return "short"
    standing: str | None = row["standing"]
    return standing


def _standing(theirs: str, own: str) -> str:
    """SQL: why one of another fame may be whom the named one is copied from; NULL where it is not."""
    return f"""CASE WHEN coalesce({theirs}, 0) > coalesce({own}, 0) THEN 'better_known'
      WHEN {own} IS NULL THEN 'origin_unknown' END"""


def _place(row: Row) -> Row:
    return {name: row[name] for name in ("origin", "path", "content_id", "similarity") if name in row}


def _table(sql: Sql, name: str, types: list[tuple[str, pa.DataType]], rows: list[Any]) -> None:
    sql.add(name, _rows(types, rows))


def _rows(types: list[tuple[str, pa.DataType]], rows: list[Any]) -> pa.Table:
    return pa.table([[row[at] for row in rows] for at in range(len(types))], schema=pa.schema(types))
