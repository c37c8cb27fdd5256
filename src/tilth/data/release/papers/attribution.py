"""Who is to be named: each place that files were taken from, with its licences, their texts and its holders.

Most licences ask that their text and the notice of copyright go with copies. Each row of the release names the file
that states its licence, and this paper gathers them, origin by origin.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

from tilth.data.release.papers.subject import Subject
from tilth.store.sql import Sql, parquet

ROWS_AT_ONCE = 2_000_000
"""Rows that one query gathers, at about: more are taken origin by origin, in parts."""
HOLDERS_MAX = 1000
"""Holders of one licence in one place that are named; the rows name all of them."""


def write_attribution(subject: Subject, release: Path, target: Path) -> None:
    """Writes the paper about the rows of `release`, in the order of its origins."""
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{subject.name} {subject.version}\n\n")
        file.write(
            "Where the files of this data set come from. Each stays under the licence of its authors.\n"
        )
        files = sorted(release.glob("data/*/*.parquet"))
        if not files:
            return
        with TemporaryDirectory() as spill, Sql(Path(spill), threads=2) as sql:
            for prefix in _prefixes(subject.kept["files"]):
                _write_part(file, sql, files, prefix)


def _prefixes(rows: int) -> Iterator[str]:
    """Heads of the hashes of origins, so that each part has a bounded number of rows."""
    digits = 0
    while rows > ROWS_AT_ONCE * 16**digits:
        digits += 1
    yield from (f"{number:0{digits}x}" if digits else "" for number in range(16**digits))


def _write_part(file: TextIO, sql: Sql, files: list[Path], prefix: str) -> None:
    query = f"""SELECT * FROM (SELECT origin, coalesce(revision_id, '') AS revision_id,
        coalesce(license_expression, 'no licence found') AS licence, count(*) AS files,
        list_sort(list(DISTINCT license_path)
          FILTER (license_path IS NOT NULL AND license_source NOT IN ('tag', 'correction'))) AS texts,
        list_sort(list_distinct(flatten(list(copyright_holders)))) AS holders
      FROM {parquet(files)} WHERE starts_with(md5(origin), ?)
      GROUP BY ALL) ORDER BY left(md5(origin), 8), origin, revision_id, licence"""
    last = None
    for batch in sql.batches(query, parameters=[prefix]):
        for row in batch.to_pylist():
            place = (row["origin"], row["revision_id"])
            if place != last:
                at = f" at {_line(row['revision_id'])}" if row["revision_id"] else ""
                file.write(f"\n{_line(row['origin'])}{at}\n")
                last = place
            file.write(_told(row))


def _told(row: dict[str, Any]) -> str:
    number = row["files"]
    lines = [f"  {row['licence']}: {number} file{'s' * (number != 1)}"]
    texts = sorted({path for text in row["texts"] or () for path in text.split("\n")})
    lines += [f"    stated in {_line(path)}" for path in texts[:HOLDERS_MAX]]
    holders = row["holders"] or ()
    lines += [f"    holder {_line(name)}" for name in holders[:HOLDERS_MAX]]
    if len(holders) > HOLDERS_MAX:
        lines.append(f"    and {len(holders) - HOLDERS_MAX} holders more")
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """Text of others on one line of ours."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
