"""Repeated blocks of lines in a build: where they stand, which file keeps each, and what leaves for them.

Hashes of lines are facts of contents and stay in the store; which of their blocks are repeated is found anew in every
build, from the contents that would stay: windows are sorted by hash in parts, counted by ranges of hashes, looked up.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.config.recipe import Duplicates
from tilth.data.asked import ask, run_stage
from tilth.data.contents import view_packs
from tilth.data.dedup.exact import SURVIVOR_ORDER
from tilth.data.dedup.repeated import REPEATED, Settled, settle
from tilth.data.stages import repeated
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.layout import Store
from tilth.store.sql import Sql

CHUNK_LINES = 1 << 22
"""Lines that one task holds."""
RANGE_WINDOWS = 1 << 22
"""Windows that one task counts, on average."""

_SPANS = pa.schema(
    [
        ("number", pa.int64()),
        ("begin_byte", pa.int64()),
        ("end_byte", pa.int64()),
        ("is_elsewhere", pa.bool_()),
    ]
)
_SHARES = pa.schema([("number", pa.int64()), ("share", pa.float64()), ("elsewhere", pa.float64())])


def mark_repeated(
    sql: Sql, duplicates: Duplicates, store: Store, building: Path, engine: Engine, progress: Progress
) -> None:
    """Drops from table `files` what repeats too much, and makes tables `repeated_spans` and `cuts`.

    The session must hold tables `units` and `files`. What is repeated is a question about contents: files of the same
    bytes have the same spans.
    """
    sql.add("spans_found", _SPANS.empty_table())
    sql.add("shares_found", _SHARES.empty_table())
    _Repeated(sql, duplicates, store, building / "repeated", engine, progress).find()
    _mark(sql, duplicates)


@dataclass(frozen=True, slots=True)
class _Repeated:
    sql: Sql
    asked: Duplicates
    store: Store
    folder: Path
    engine: Engine
    progress: Progress

    def find(self) -> None:
        """Fills tables `spans_found` and `shares_found`, by the numbers of table `line_texts`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        view_packs(self.sql, self.store)
        self.sql.run(
            f"""CREATE OR REPLACE TEMP TABLE line_texts AS
            SELECT content_id, row_number() OVER (ORDER BY min(place)) - 1 AS number FROM (
              SELECT content_id, row_number() OVER (ORDER BY {SURVIVOR_ORDER}) AS place
              FROM files JOIN units USING (unit_ix) WHERE stage IS NULL)
            GROUP BY content_id"""
        )
        wanted = "SELECT content_id, '' AS name FROM line_texts"
        ask(self.sql, "tilth.data.facts.lines", wanted, self.store, self.folder, self.engine, self.progress)
        chunks = self._lay_out()
        self._run(
            "hash_lines",
            [{"first": first, "last": last, "length": self.asked.repeated_lines} for first, last in chunks],
        )
        known = self._count(chunks)
        self._run("find", [{"first": first} for first, _ in chunks])
        self._settle(chunks, known)

    def _run(self, function: str, arguments: list[dict[str, object]]) -> None:
        tasks = [
            Task(f"tilth.data.stages.repeated:{function}", {"folder": str(self.folder), **given})
            for given in arguments
        ]
        run_stage(self.engine, self.progress, function.replace("_", " "), tasks, "parts")

    def _lay_out(self) -> list[tuple[int, int]]:
        """Lays the lines out in the order of the texts; gives the texts of each part: the first, and after the last."""
        facts = "FROM line_texts JOIN facts_lines USING (content_id)"
        count = self.sql.rows("SELECT count(*) FROM line_texts")[0][0]
        begins = np.zeros(count + 1, np.int64)
        for batch in self.sql.batches(f"SELECT number, octet_length(line_hashes) // 4 AS lines {facts}"):
            begins[batch["number"].to_numpy() + 1] = batch["lines"].to_numpy()
        np.cumsum(begins, out=begins)
        np.save(self.folder / repeated.BEGINS, begins)
        for name, column in ((repeated.LINES, "line_hashes"), (repeated.LENGTHS, "line_bytes")):
            shape = (max(int(begins[-1]), 1),)
            laid = np.lib.format.open_memmap(self.folder / name, mode="w+", dtype=np.uint32, shape=shape)
            for batch in self.sql.batches(f"SELECT number, {column} {facts}", 2000):
                for number, values in zip(batch["number"].to_pylist(), batch[column], strict=True):
                    laid[begins[number] : begins[number + 1]] = np.frombuffer(values.as_buffer(), "<u4")
            laid.flush()
        bounds = [0]
        while bounds[-1] < count:
            end = int(np.searchsorted(begins, begins[bounds[-1]] + CHUNK_LINES, side="right")) - 1
            bounds.append(max(end, bounds[-1] + 1))
        return list(pairwise(bounds))

    def _count(self, chunks: list[tuple[int, int]]) -> int:
        """Finds which windows are repeated; gives how many."""
        lines = np.load(self.folder / repeated.BEGINS, mmap_mode="r")[-1]
        parts = int(lines) // RANGE_WINDOWS + 1
        arguments = {"chunks": [list(chunk) for chunk in chunks], "least": self.asked.repeated_files}
        self._run("count", [{"parts": [part, parts], "number": part, **arguments} for part in range(parts)])
        found = [np.load(self.folder / f"repeated-{part}.npy") for part in range(parts)]
        np.save(self.folder / repeated.KNOWN, np.concatenate(found))
        return sum(map(len, found))

    def _settle(self, chunks: list[tuple[int, int]], known: int) -> None:
        """Goes through the texts in their order."""
        keepers = np.full(known, -1, np.int64)
        limit = self.asked.repeated_share_max
        for first, last in chunks:
            begins = repeated.begins_of(self.folder, first, last)
            part = slice(begins[0], begins[-1])
            lines, lengths = (
                np.load(self.folder / name, mmap_mode="r")[part]
                for name in (repeated.LINES, repeated.LENGTHS)
            )
            hits: npt.NDArray[np.int64] = np.load(self.folder / f"found-{first}.npy")
            given = (hits[0], hits[1]), keepers, first, self.asked.repeated_lines
            self._take(
                settle(lines, lengths, begins - begins[0], *given, 1.0 if limit is None else limit), first
            )

    def _take(self, found: Settled, first: int) -> None:
        spans = [found.text, found.begin, found.end, found.state == REPEATED]
        self.sql.append("spans_found", pa.table(spans, schema=_SPANS))
        some = np.flatnonzero(found.share)
        shares = [some + first, found.share[some], found.elsewhere[some]]
        self.sql.append("shares_found", pa.table(shares, schema=_SHARES))


def _mark(sql: Sql, asked: Duplicates) -> None:
    if asked.repeated_share_max is not None:
        sql.run(
            f"""UPDATE files SET stage = 'duplicate', reason = 'repeated_text', "value" = format('{{:.4f}}', elsewhere)
            FROM shares_found JOIN line_texts USING (number)
            WHERE files.content_id = line_texts.content_id AND stage IS NULL
              AND elsewhere > '{asked.repeated_share_max!r}'::DOUBLE"""
        )
    sql.run(
        f"""CREATE OR REPLACE TEMP TABLE repeated_spans AS
        SELECT content_id, begin_byte, end_byte, is_elsewhere AND {asked.repeated == "cut"} AS is_cut, is_elsewhere,
          round(share, 6) AS repeated_share
        FROM spans_found JOIN line_texts USING (number) JOIN shares_found USING (number)"""
    )
    sql.run(
        """CREATE OR REPLACE TEMP TABLE cuts AS
        SELECT content_id, list({'begin_byte': begin_byte, 'end_byte': end_byte} ORDER BY begin_byte) AS cuts
        FROM repeated_spans WHERE is_cut GROUP BY content_id"""
    )
