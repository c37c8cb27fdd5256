"""Contamination in a build: which files have the text of benchmarks, and which of them leave."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from tilth.config.contamination import Contamination, Thresholds
from tilth.data.contamination.benchmarks import Item, items_of
from tilth.data.contamination.facts import group
from tilth.data.contamination.index import Index
from tilth.errors import UserError
from tilth.store.layout import Store
from tilth.store.sql import Sql

FACTS = "tilth.data.contamination.facts"


def read_benchmarks(files: list[Path], fields: tuple[str, ...]) -> list[Item]:
    """The texts of some files of benchmarks.

    Raises:
        UserError: One cannot be read or has no such field, or none has a text.
    """
    items = [item for path in files for item in items_of(path.expanduser(), fields)]
    if not items:
        raise UserError("the benchmarks hold no text", hint="name a JSONL, JSON, parquet or text file")
    return items


def group_for(asked: Contamination, store: Store) -> str:
    """The group of facts that a recipe asks for; its index is written to the store.

    Raises:
        UserError: A file of benchmarks cannot be read.
    """
    items = read_benchmarks([Path(name) for name in asked.against], asked.fields)
    thresholds = Thresholds(**{name: getattr(asked, name) for name in Thresholds.model_fields})
    return f"{FACTS}:{Index(items, thresholds).save(store.benchmarks)}"


def mark_contaminated(sql: Sql, asked: Contamination, path: str) -> None:
    """Makes table `contamination` of the files that would stay and their items, and drops them where a recipe says so.

    The session must hold view `facts_contamination` and tables `judged` and `units`.
    """
    sql.add("benchmark_items", _items(group(path).index))
    is_dropped = str(asked.files == "drop").lower()
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE contamination AS
        SELECT benchmark, i.item, field, m.method AS method, round(m.share, 6) AS share, content_id, origin, repo_name,
          path, m.first_line AS first_line, m.last_line AS last_line, {is_dropped} AS is_dropped, place,
          judged.rowid AS file
        FROM (SELECT content_id, unnest(contamination) AS m, unnest(range(len(contamination))) AS place
            FROM (SELECT DISTINCT content_id, contamination FROM facts_contamination WHERE len(contamination) > 0))
          JOIN judged USING (content_id) JOIN units USING (unit_ix)
          JOIN benchmark_items AS i ON i.number = m.item
        WHERE stage IS NULL"""
    )
    if asked.files == "drop":
        sql.run(
            """UPDATE judged SET stage = 'inspection', reason = 'contaminated',
              "value" = format('{} {} {} {} {:.4f}', benchmark, item, field, method, share)
            FROM contamination WHERE judged.rowid = file AND place = 0"""
        )


def _items(index: Index) -> pa.Table:
    columns: dict[str, list[Any]] = {"number": list(range(len(index.items)))}
    columns |= {
        name: [getattr(item, name) for item in index.items] for name in ("benchmark", "item", "field")
    }
    return pa.table(columns)
