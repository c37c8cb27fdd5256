"""Finds what is like a text in a release, by an index of its signatures that is made once and kept in the store."""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tilth.data.contents import PLACE, PLACE_FIELDS, contents_at, view_packs
from tilth.data.dedup.near.bands import Signatures
from tilth.data.dedup.near.search import likeliest, likenesses
from tilth.data.facts import minhash
from tilth.data.facts.encoding import decode
from tilth.data.release.sealed import read_manifest
from tilth.data.signatures import lay_out, signatures_of
from tilth.engine.task import Engine
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.hashes import sha256_of
from tilth.store.layout import Store
from tilth.store.packs import PackReader
from tilth.store.sql import Sql, parquet

_PLACES = [field.name for field in PLACE_FIELDS]
FILES = "files.arrow"
BATCH_ROWS = 1 << 16
"""Rows of each batch of FILES but the last, so that one row is found without the others."""
COMPARED = 20
"""How many of those that agree most are compared exactly, where fewer are asked for."""


@dataclass(frozen=True)
class Index:
    """The signatures of a release, and where its texts lie; both are mapped into memory by the first search."""

    store: Store
    folder: Path

    @classmethod
    def of(cls, release: Path, store: Store, engine: Engine, progress: Progress) -> "Index":
        """The index of a release, made where it is not there yet.

        Raises:
            UserError: There is no release, or the store is not the one that it was built with.
        """
        read_manifest(release)
        if not store.packs.exists():
            raise _not_its_store(store)
        index = cls(store, store.search / sha256_of(release / "SHA256SUMS")[:32])
        if not (index.folder / FILES).exists():
            with store.held():
                index._make(release, engine, progress)
        return index

    def nearest(self, text: bytes, limit: int = 10) -> list[dict[str, Any]]:
        """The files most like a text in UTF-8, the best first.

        Returns:
            For each `similarity` (Jaccard of the two), `contained` (share of the text's shingles that the file has),
            and the file's path, repo_name, origin, license_expression and content_id.

        Raises:
            UserError: The store has lost contents since the index was made.
        """
        found = likeliest(self._signatures, text, max(limit, COMPARED))
        rows = [self._row(number) for number in found.tolist()]
        alike = likenesses(text, self._texts(rows))
        told = [
            {"similarity": round(one.similarity, 4), "contained": round(one.contained, 4)}
            | {name: value for name, value in row.items() if name not in _PLACES}
            for one, row in zip(alike, rows, strict=True)
        ]
        return sorted(told, key=lambda row: (-row["similarity"], -row["contained"]))[:limit]

    @cached_property
    def _signatures(self) -> Signatures:
        mapped: Signatures = np.load(self.folder / "signatures.npy", mmap_mode="r")
        return mapped

    @cached_property
    def _files(self) -> pa.ipc.RecordBatchFileReader:
        return pa.ipc.open_file(pa.memory_map(str(self.folder / FILES)))

    def _row(self, number: int) -> dict[str, Any]:
        batch, at = divmod(number, BATCH_ROWS)
        row: dict[str, Any] = self._files.get_batch(batch).slice(at, 1).to_pylist()[0]
        return row

    def _texts(self, rows: list[dict[str, Any]]) -> list[bytes]:
        with PackReader(self.store.packs) as packs:
            try:
                return [decode(packs.read(*(row[name] for name in _PLACES)))[1] for row in rows]
            except OSError as error:
                raise UserError(
                    f"the store has lost what the index names: {error}",
                    hint=f"delete `{self.folder}`, then run the same command again",
                ) from error

    def _make(self, release: Path, engine: Engine, progress: Progress) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        with Sql(self.store.spill, threads=engine.workers) as sql:
            view_packs(sql, self.store)
            files = sorted(release.glob("data/*/*.parquet"))
            columns = "content_id, path, repo_name, origin, license_expression"
            rows = f"SELECT {columns} FROM {parquet(files)}" if files else _NOTHING
            at = contents_at(f"SELECT content_id FROM ({rows})")
            sql.run(
                f"""CREATE TEMP TABLE found AS
                SELECT row_number() OVER (ORDER BY content_id, origin, path) - 1 AS number, r.*, place
                FROM ({rows}) AS r LEFT JOIN ({at}) USING (content_id)"""
            )
            if sql.rows("SELECT 1 FROM found WHERE place IS NULL LIMIT 1"):
                raise _not_its_store(self.store)
            wanted = "SELECT DISTINCT content_id FROM found"
            signatures_of(sql, wanted, self.store, self.folder, engine, progress)
            lay_out(sql, "found", self.folder)
            table = sql.table(f"SELECT * EXCLUDE (number, place), {PLACE} FROM found ORDER BY number")
        with (
            pa.OSFile(str(self.folder / "files.partial"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as out,
        ):
            out.write_table(table.combine_chunks(), BATCH_ROWS)
        (self.folder / "files.partial").rename(self.folder / FILES)
        (self.folder / f"{minhash.NAME}.lots").unlink()


def _not_its_store(store: Store) -> UserError:
    return UserError(
        f"the store `{store.root}` does not have the texts of the release",
        hint="name the store that the release was built with: `--store`",
    )


_NOTHING = """SELECT NULL::VARCHAR AS content_id, NULL::VARCHAR AS path, NULL::VARCHAR AS repo_name,
  NULL::VARCHAR AS origin, NULL::VARCHAR AS license_expression WHERE false"""
