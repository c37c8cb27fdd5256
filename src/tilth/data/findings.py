"""Secrets and personal data in a build: looked for in the files that would stay, and only where the recipe asks.

What is found is a fact of a content and its name and stays in the store; which of it counts follows from the recipe's
thresholds alone, so another sensitivity looks at no content again.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from tilth.config.findings import Findings
from tilth.data.contents import contents_at, view_packs
from tilth.data.facts import groups as fact_groups
from tilth.data.facts.findings import SENSITIVITIES
from tilth.data.signatures import run_stage
from tilth.data.stages.findings import PLACES_SCHEMA
from tilth.engine.task import Engine, Task
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql

TASK_BYTES = 48 * 2**20
"""Bytes of text that one task reads."""
NAME = "list_last(string_split(path, '/'))"
"""SQL: the name of a file of table `files`."""


def asked(findings: Findings) -> list[str]:
    """The groups that a recipe asks for."""
    return [name for name in fact_groups.FINDING_MODULES if getattr(findings, name) != "ignore"]


def check(findings: Findings) -> None:
    """Refuses what a build cannot do with findings.

    Raises:
        UserError: A group is to be redacted.
    """
    for name in asked(findings):
        if getattr(findings, name) == "redact":
            raise UserError(
                f"`findings.{name}: redact` is not possible in a build yet",
                hint="`drop` leaves out the files that have such findings, `keep` lists them in a column",
            )


def mark_findings(
    sql: Sql, findings: Findings, store: Store, building: Path, engine: Engine, progress: Progress
) -> None:
    """Makes a table `found_GROUP` for each group that is asked for, and drops files where the recipe says so.

    The table has a row for each content and name of a file that stays, with the findings that count. The session must
    hold table `files`, whose copies are marked.
    """
    for name in asked(findings):
        _find(sql, name, store, building, engine, progress)
        _count(sql, name, findings)
        if getattr(findings, name) == "drop":
            _drop(sql, name)


def _find(sql: Sql, name: str, store: Store, building: Path, engine: Engine, progress: Progress) -> None:
    """View `all_NAME`: the group's facts, of every file that stays."""
    view_packs(sql, store)
    group = fact_groups.finding_group(name)
    folder = store.facts / fact_groups.folder_of(group)
    schema = pa.schema([*fact_groups.KEY, *group.SCHEMA])
    sql.view(f"all_{name}", sorted(folder.glob("*.parquet")), schema)
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE unsearched AS
        SELECT DISTINCT content_id, {NAME} AS name FROM files WHERE stage IS NULL
        EXCEPT SELECT content_id, name FROM all_{name}"""
    )
    columns = ", ".join(f'place[{at}] AS "{column}"' for at, column in enumerate(PLACES_SCHEMA.names[2:], 1))
    rows = sql.batches(
        f"""SELECT content_id, name, {columns}
        FROM unsearched JOIN ({contents_at("SELECT content_id FROM unsearched")}) USING (content_id)
        ORDER BY pack, "offset", name"""
    )
    path = building / f"{name}.lots"
    tasks = []
    with LotWriter(path, PLACES_SCHEMA) as lots:
        for part in _parts(rows):
            keys = zip(part["content_id"].to_pylist(), part["name"].to_pylist(), strict=True)
            given = {
                "store": str(store.root),
                "segment": segment_name(*(value for key in keys for value in key)),
                "group": name,
                "places": str(path),
                "lot": lots.add(part),
            }
            weight = int(part["length_bytes"].to_numpy().sum())
            tasks.append(Task("tilth.data.stages.findings:find", given, weight))
    run_stage(engine, progress, name, tasks, "bytes")
    sql.view(f"all_{name}", sorted(folder.glob("*.parquet")), schema)


def _parts(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Places in tables of bounded size."""
    for batch in batches:
        table = pa.Table.from_batches([batch]).cast(PLACES_SCHEMA)
        turns = np.cumsum(table["length_bytes"].to_numpy()) // TASK_BYTES
        cuts = [0, *(np.flatnonzero(np.diff(turns)) + 1).tolist(), len(table)]
        yield from (table.slice(begin, end - begin) for begin, end in pairwise(cuts) if end > begin)


def _count(sql: Sql, name: str, findings: Findings) -> None:
    """Table `found_NAME`: of each file that stays the findings that are sure enough."""
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE found_{name} AS
        SELECT content_id, name, any_value(list_filter({name}, lambda one: one.confidence >= {_least(findings)}))
          AS {name}
        FROM all_{name} SEMI JOIN (SELECT content_id, {NAME} AS name FROM files WHERE stage IS NULL)
          USING (content_id, name)
        GROUP BY ALL"""
    )


def _least(findings: Findings) -> str:
    """SQL: the least confidence that counts, of a finding's kind; the longest name of kinds first."""
    general = SENSITIVITIES[findings.sensitivity]
    cases = []
    for kind, chosen in sorted(findings.sensitivity_by_kind.items(), key=lambda item: (-len(item[0]), item)):
        least = SENSITIVITIES[chosen] if isinstance(chosen, str) else chosen
        quoted = kind.replace("'", "''")
        cases.append(f"WHEN one.kind = '{quoted}' OR starts_with(one.kind, '{quoted}.') THEN {least!r}")
    return f"CASE {' '.join(cases)} ELSE {general!r} END" if cases else repr(general)


def _drop(sql: Sql, name: str) -> None:
    """Takes the files with findings out, saying which kinds they have and how many: never a value."""
    sql.run(
        f"""UPDATE files SET stage = 'findings', reason = '{name}', "value" = said FROM (
          SELECT content_id, name, string_agg(format('{{}} {{}}', kind, times), ', ' ORDER BY kind) AS said
          FROM (SELECT content_id, name, one.kind AS kind, count(*) AS times
            FROM (SELECT content_id, name, unnest({name}) AS one FROM found_{name}) GROUP BY ALL)
          GROUP BY ALL) AS found
        WHERE stage IS NULL AND files.content_id = found.content_id AND {NAME} = found.name"""
    )
