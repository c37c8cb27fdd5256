"""The near-duplicates of a release: which files stand for which, and what tells two of them apart."""

from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tilth.data.contents import contents_at, view_packs
from tilth.data.facts.encoding import decode
from tilth.data.release.sealed import read_manifest
from tilth.errors import UserError
from tilth.store.layout import Store
from tilth.store.packs import PackReader
from tilth.store.sql import Sql, parquet

Row = dict[str, Any]
CONTEXT_LINES = 2


def largest_clusters(release: Path, limit: int) -> list[Row]:
    """The clusters with the most members: what stays, how many files left for it, and the least similarity.

    Raises:
        UserError: The release was built without looking for near-duplicates.
    """
    return _records(
        release,
        f"""SELECT kept_content_id AS cluster, any_value(kept_path) AS kept_path, any_value(kept_origin) AS kept_origin,
          count(*) AS members, round(min(similarity), 4) AS least_similarity
        FROM near GROUP BY ALL ORDER BY members DESC, cluster LIMIT {int(limit)}""",
    )


def members(release: Path, cluster: str) -> list[Row]:
    """The files that left for one that stays, most alike first.

    Args:
        release: Folder of the release.
        cluster: Content id of what stays, or the head of it.

    Raises:
        UserError: No cluster, or several, begin so; or the release was built without looking for near-duplicates.
    """
    head = cluster.replace("'", "''")
    rows = _records(
        release,
        f"""SELECT kept_content_id, kept_path, similarity, path, origin, content_id FROM near
        WHERE starts_with(kept_content_id, '{head}') ORDER BY similarity DESC, origin, path""",
    )
    names = {row["kept_content_id"] for row in rows}
    if len(names) != 1:
        what = f"{len(names)} clusters begin" if names else "no cluster begins"
        raise UserError(
            f"{what} with `{cluster}`", hint="`tilth data duplicates list` names the largest ones"
        )
    return rows


def _records(release: Path, query: str) -> list[Row]:
    read_manifest(release)
    path = release / "metadata" / "near_duplicates.parquet"
    if not path.exists():
        raise UserError(
            f"`{release}` was built without looking for near-duplicates",
            hint="build it with `duplicates.near=keep_one`",
        )
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql:
        return sql.records(query.replace("FROM near", f"FROM {parquet([path])}"))


def texts_of(store: Store, ids: list[str]) -> list[str]:
    """Texts of contents, from the store that the release was built with.

    Raises:
        UserError: The store does not have one of them.
    """
    found: dict[str, str] = {}
    with TemporaryDirectory() as spill, Sql(Path(spill)) as sql, PackReader(store.packs) as packs:
        view_packs(sql, store)
        listed = ", ".join(f"'{content_id}'" for content_id in ids)
        for row in sql.records(contents_at(f"SELECT unnest([{listed}])")):
            found[row["content_id"]] = decode(packs.read(*row["place"].values()))[1].decode()
    for content_id in ids:
        if content_id not in found:
            raise UserError(
                f"the store `{store.root}` does not have content {content_id}",
                hint="name the store that the release was built with: `--store`",
            )
    return [found[content_id] for content_id in ids]


def side_by_side(one: str, other: str, width: int) -> list[str]:
    """Two texts in two columns, what is the same left out but for some lines around each difference."""
    left, right = one.splitlines(), other.splitlines()
    column = max((width - 3) // 2, 10)
    lines: list[str] = []
    for group in SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(CONTEXT_LINES):
        begin, end = group[0], group[-1]
        lines.append(f"lines {begin[1] + 1}-{end[2]}".ljust(column) + f"   lines {begin[3] + 1}-{end[4]}")
        for kind, first, last, start, stop in group:
            for at in range(max(last - first, stop - start)):
                ours = left[first + at] if first + at < last else ""
                theirs = right[start + at] if start + at < stop else ""
                mark = " " if kind == "equal" else "|"
                lines.append(f"{_cut(ours, column)} {mark} {_cut(theirs, column).rstrip()}".rstrip())
    return lines


def _cut(line: str, column: int) -> str:
    plain = "".join(char if char.isprintable() else " " for char in line.expandtabs(4))
    return (plain if len(plain) <= column else plain[: column - 1] + "…").ljust(column)
