"""Near-duplicates in a build: of the files that would stay, the best of those that are alike.

Signatures and similarities are facts of contents: they stay in the store, and a later build asks only for what is new.
What stays depends on them, the threshold and the order of the files alone, not on how the work was cut.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tilth.config.recipe import Duplicates
from tilth.data.asked import run_stage
from tilth.data.contents import PLACE, contents_at, view_packs
from tilth.data.dedup.exact import SURVIVOR_ORDER
from tilth.data.dedup.near.bands import Sizes, unpacked
from tilth.data.dedup.near.clusters import settle, settle_complete
from tilth.data.dedup.near.find import first_with_same_set
from tilth.data.dedup.near.shuffle import SIGNATURES, SIZES, Shuffle
from tilth.data.dedup.near.similarity import components, parts
from tilth.data.signatures import lay_out, signatures_of
from tilth.data.stages import near
from tilth.engine.task import Engine, Task
from tilth.report.progress import Progress
from tilth.store.hashes import segment_name
from tilth.store.layout import Store
from tilth.store.lots import LotWriter
from tilth.store.sql import Sql

COMPARE_SHINGLES = 1 << 22
PAIRS_AT_ONCE = 1 << 21

Numbers = npt.NDArray[np.int64]


def mark_near_duplicates(
    sql: Sql,
    duplicates: Duplicates,
    store: Store,
    building: Path,
    engine: Engine,
    progress: Progress,
    device: str | None,
) -> None:
    """Drops from table `files` those alike to a file that stays, and makes table `near_duplicates` of the pairs.

    The session must hold tables `units` and `files`, whose exact copies are marked.
    """
    sql.run("CREATE OR REPLACE TEMP TABLE near_found (file BIGINT, kept BIGINT, similarity DOUBLE)")
    search = _Near(sql, duplicates.near_threshold, store, building / "near", engine, progress, device)
    search.find(is_complete=duplicates.near_linkage == "complete")
    _mark(sql)


@dataclass(frozen=True, slots=True)
class _Near:
    sql: Sql
    threshold: float
    store: Store
    folder: Path
    engine: Engine
    progress: Progress
    device: str | None

    def find(self, *, is_complete: bool) -> None:
        """Fills table `near_found`."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        view_packs(self.sql, self.store)
        self.sql.run(
            f"""CREATE OR REPLACE TEMP TABLE near_files AS
            SELECT row_number() OVER (ORDER BY {SURVIVOR_ORDER}) - 1 AS number, files.rowid AS file, content_id
            FROM files JOIN units USING (unit_ix) WHERE stage IS NULL"""
        )
        wanted = "SELECT DISTINCT content_id FROM near_files"
        signatures_of(self.sql, wanted, self.store, self.folder, self.engine, self.progress)
        same = self._gather()
        self._meet()
        self._compare()
        self._settle(same, is_complete=is_complete)

    def _gather(self) -> Numbers:
        """Lays the signatures out in the order of the files, for all tasks; gives the first file with the same set."""
        sizes, ids = lay_out(self.sql, "near_files", self.folder)
        same = first_with_same_set(sizes, ids)
        np.save(self.folder / "sizes.npy", sizes)
        np.save(self.folder / SIZES, np.where(same == np.arange(len(same)), sizes, 0).astype(np.int32))
        return same

    def _meet(self) -> None:
        """Table `met`: the pairs that may be alike."""
        shuffle = self._shuffle()
        if self.device is None:
            self._shuffle_by_tasks(shuffle)
        else:
            from tilth.data.dedup.near import on_torch

            with self.progress.stage("meet", total=len(shuffle.sizes), unit="files") as stage:
                signatures = np.load(self.folder / SIGNATURES)
                shuffle.give(on_torch.candidates(signatures, shuffle.sizes, self.threshold, self.device))
                stage.advance(len(shuffle.sizes))
        self.sql.add("met", near.PAIRS_SCHEMA.empty_table())
        for pairs in map(unpacked, shuffle.candidates()):
            self.sql.append("met", pa.table([*pairs.T], names=near.PAIRS_SCHEMA.names))

    def _shuffle_by_tasks(self, shuffle: Shuffle) -> None:
        for step, turns in shuffle.steps():
            asked = {"folder": str(self.folder), "threshold": self.threshold, "step": step}
            tasks = [Task("tilth.data.stages.near:shuffle", {**asked, "turn": turn}) for turn in range(turns)]
            run_stage(self.engine, self.progress, step, tasks, "parts")
            shuffle.forget_before(step)

    def _shuffle(self) -> Shuffle:
        return Shuffle(self.folder, self.threshold)

    def _similarities(self) -> None:
        """Table `known`: the pairs whose similarity the store has."""
        files = sorted(near.similarities_folder(self.store, self.threshold).glob("*.parquet"))
        self.sql.view("similarities", files, near.SIMILARITIES_SCHEMA)
        self.sql.run(
            """CREATE OR REPLACE TEMP TABLE known AS
            SELECT first, second, any_value(similarity) AS similarity
            FROM met JOIN near_files AS f ON f.number = first JOIN near_files AS s ON s.number = second
              JOIN similarities ON first_id = least(f.content_id, s.content_id)
                AND second_id = greatest(f.content_id, s.content_id)
            GROUP BY ALL"""
        )

    def _compare(self) -> None:
        """Compares the pairs whose similarity the store lacks."""
        self._similarities()
        sizes = np.load(self.folder / "sizes.npy")
        component = components(map(unpacked, self._shuffle().candidates()), len(sizes))
        self.sql.add("components", pa.table([np.arange(len(sizes)), component], names=["first", "component"]))
        self.sql.run(
            """CREATE OR REPLACE TEMP TABLE lacking AS
            SELECT row_number() OVER (ORDER BY component, first, second) - 1 AS turn, first, second
            FROM met ANTI JOIN known USING (first, second) JOIN components USING (first)"""
        )
        run_stage(self.engine, self.progress, "compare", list(self._comparisons(sizes, component)), "pairs")
        self._similarities()

    def _comparisons(self, sizes: Sizes, component: Numbers) -> Iterator[Task]:
        """A task for each part of the pairs, of files that fit in memory together."""
        paths = {name: self.folder / f"compare-{name}.lots" for name in ("places", "pairs")}
        with (
            LotWriter(paths["places"], near.PLACES_SCHEMA) as files,
            LotWriter(paths["pairs"], near.PAIRS_SCHEMA) as lots,
        ):
            for pairs in self._lacking():
                places = self._places(pairs)
                for chosen in parts(pairs, component, sizes, COMPARE_SHINGLES):
                    numbers, at = np.unique(pairs[chosen], return_inverse=True)
                    local = at.reshape(-1, 2).astype(np.int32)
                    rows = places.take(np.searchsorted(places["number"].to_numpy(), numbers))
                    lot = files.add(rows.select(near.PLACES_SCHEMA.names))
                    lots.add(pa.table([*local.T], schema=near.PAIRS_SCHEMA))
                    arguments = {
                        "store": str(self.store.root),
                        "segment": segment_name(*rows["content_id"].to_pylist(), local.tobytes().hex()),
                        "threshold": self.threshold,
                        "lot": lot,
                    }
                    given = arguments | {name: str(path) for name, path in paths.items()}
                    yield Task("tilth.data.stages.near:compare", given, len(chosen))

    def _lacking(self) -> Iterator[Numbers]:
        """The pairs of table `lacking`, some at a time, files that meet side by side."""
        count = self.sql.rows("SELECT count(*) FROM lacking")[0][0]
        for begin in range(0, count, PAIRS_AT_ONCE):
            turns = f"turn BETWEEN {begin} AND {begin + PAIRS_AT_ONCE - 1}"
            table = self.sql.table(f"SELECT first, second FROM lacking WHERE {turns} ORDER BY turn")
            yield _pairs(table)

    def _places(self, pairs: Numbers) -> pa.Table:
        """Where the contents of the files of some pairs lie, in the order of their numbers."""
        self.sql.add("compared", pa.table([np.unique(pairs)], names=["number"]))
        wanted = "SELECT content_id FROM near_files SEMI JOIN compared USING (number)"
        table = self.sql.table(
            f"""SELECT number, content_id, {PLACE}
            FROM compared JOIN near_files USING (number) JOIN ({contents_at(wanted)}) USING (content_id)
            ORDER BY number"""
        )
        return table.cast(pa.schema([("number", pa.int64()), *near.PLACES_SCHEMA]))

    def _settle(self, same: Numbers, *, is_complete: bool) -> None:
        """Says of each file that is alike to one that stays which one it is."""
        stands, alike = np.arange(len(same)), np.ones(len(same))
        query = "SELECT first, second, similarity FROM known WHERE similarity > 0 ORDER BY"
        if is_complete:
            pairs = self.sql.table(f"{query} second, first")
            settle_complete(_pairs(pairs), pairs["similarity"].to_numpy(), stands, alike)
        else:
            for batch in self.sql.batches(f"{query} first, second", PAIRS_AT_ONCE):
                settle(_pairs(batch), batch["similarity"].to_numpy(), stands, alike)
        stands, alike = stands[same], alike[same]
        leaves = np.flatnonzero(stands != np.arange(len(same)))
        names = ["number", "stands", "similarity"]
        self.sql.add("settled", pa.table([leaves, stands[leaves], alike[leaves]], names=names))
        self.sql.run(
            """INSERT INTO near_found SELECT f.file, k.file, similarity FROM settled
              JOIN near_files AS f USING (number) JOIN near_files AS k ON k.number = stands"""
        )


def _pairs(rows: pa.Table | pa.RecordBatch) -> Numbers:
    return np.stack([rows[name].to_numpy() for name in ("first", "second")], axis=1).astype(np.int64)


def _mark(sql: Sql) -> None:
    sql.run(
        """CREATE OR REPLACE TEMP TABLE near_duplicates AS
        SELECT kept.content_id AS kept_content_id, ku.origin AS kept_origin, kept.path AS kept_path,
          gone.content_id, u.origin, gone.path, similarity, n.file
        FROM near_found AS n JOIN files AS gone ON gone.rowid = n.file JOIN units AS u ON u.unit_ix = gone.unit_ix
          JOIN files AS kept ON kept.rowid = n.kept JOIN units AS ku ON ku.unit_ix = kept.unit_ix"""
    )
    sql.run(
        """UPDATE files SET stage = 'duplicate', reason = 'near_duplicate',
          "value" = format('{} {} {:.4f}', kept_origin, kept_path, similarity)
        FROM near_duplicates WHERE files.rowid = near_duplicates.file"""
    )
