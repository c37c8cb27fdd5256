"""Reads each content once: into the content store, and through every group of facts that it still lacks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.data.facts import groups as fact_groups
from tilth.data.facts.batch import Batch
from tilth.store.atomic import check_room, whole_file
from tilth.store.layout import Store
from tilth.store.lots import read_lot
from tilth.store.packs import PackReader, PackWriter

NEEDS_SCHEMA = pa.schema(
    [
        ("content_id", pa.string()),
        ("name", pa.string()),
        ("lacks", pa.int32()),
        ("size", pa.int64()),
        ("pack", pa.string()),
        ("offset", pa.int64()),
        ("packed_bytes", pa.int32()),
    ]
)
"""What a task has to read: `lacks` has a bit for each group of facts; the place in a pack, where it is in one."""

EVERY_ROW = ".every.parquet"
"""Ends the name of a segment of facts that has a row for all that its task read: those of a task have the same keys."""

BATCH_BYTES = 4 * 2**20
BATCH_DOCUMENTS = 2000


class Digest:
    """Collects contents into batches and computes the groups of facts that each lacks."""

    def __init__(self) -> None:
        self._groups = fact_groups.groups()
        self._tables: list[list[pa.Table]] = [[] for _ in self._groups]
        self._ids: list[str] = []
        self._names: list[str] = []
        self._raw: list[bytes] = []
        self._lacks: list[int] = []
        self._bytes = 0
        self._partial: set[str] = set()
        """Groups that some row did not lack."""

    def add(self, content_id: str, name: str, lacks: int, raw: bytes) -> None:
        """Takes one content under one name."""
        self._ids.append(content_id)
        self._names.append(name)
        self._raw.append(raw)
        self._lacks.append(lacks)
        self._bytes += len(raw)

    @property
    def is_full(self) -> bool:
        """Whether the batch should be computed before more is added."""
        return self._bytes >= BATCH_BYTES or len(self._ids) >= BATCH_DOCUMENTS

    def flush(self) -> Batch:
        """Computes the facts of the batch at hand, and gives the batch back."""
        batch = Batch.of(self._ids, self._names, self._raw)
        for bit, group in enumerate(self._groups):
            chosen = [at for at, lacks in enumerate(self._lacks) if lacks >> bit & 1]
            lacks_all = len(chosen) == len(self._lacks)
            if not lacks_all:
                self._partial.add(group.NAME)
            if chosen:
                self._tables[bit].append(fact_groups.compute(group, batch, None if lacks_all else chosen))
        self._ids, self._names, self._raw, self._lacks, self._bytes = [], [], [], [], 0
        return batch

    def write(self, store: Store, segment: str) -> None:
        """Writes each group's facts as a segment of its own."""
        for group, tables in zip(self._groups, self._tables, strict=True):
            if tables:
                name = f"{segment}.parquet" if group.NAME in self._partial else f"{segment}{EVERY_ROW}"
                path = store.facts / fact_groups.folder_of(group) / name
                with whole_file(path) as temporary:
                    pq.write_table(
                        pa.concat_tables(tables), temporary, compression="zstd", compression_level=1
                    )


def _needs(path: str, lot: int) -> dict[str, list[tuple[str, int]]]:
    table = read_lot(path, lot).select(["content_id", "name", "lacks"])
    wanted: dict[str, list[tuple[str, int]]] = {}
    for content_id, name, lacks in zip(*(column.to_pylist() for column in table.columns), strict=True):
        wanted.setdefault(content_id, []).append((name, lacks))
    return wanted


def read_git(store: str, segment: str, location: str, needs: str, lot: int) -> dict[str, Any]:
    """Task: reads contents of one repository, keeps the texts in a pack, and computes their facts."""
    place = Store(Path(store))
    check_room(place.root)
    wanted = _needs(needs, lot)
    missing: list[tuple[str, str]] = []
    num_bytes = 0
    digest = Digest()
    with PackWriter(place.packs / f"{segment}.pack") as pack:
        for content_id, data, problem in _contents(location, list(wanted)):
            if data is None:
                missing.append((content_id, problem))
                continue
            num_bytes += len(data)
            for name, lacks in wanted[content_id]:
                digest.add(content_id, name, lacks, data)
            if digest.is_full:
                _keep_texts(digest.flush(), pack)
        _keep_texts(digest.flush(), pack)
    digest.write(place, segment)
    return {"files": len(wanted), "bytes": num_bytes, "missing": missing}


def _contents(location: str, ids: list[str]) -> Iterator[tuple[str, bytes | None, str]]:
    """Each content of a repository once; where there is no repository any more, each with that problem."""
    from tilth.data.sources.git.contents import read_contents
    from tilth.data.sources.git.layout import CannotRead

    left = dict.fromkeys(ids)
    try:
        for content in read_contents(Path(location), ids):
            left.pop(content[0])
            yield content
    except CannotRead as error:
        for content_id in left:
            yield content_id, None, error.reason


def _keep_texts(batch: Batch, pack: PackWriter) -> None:
    for content_id, raw, encoding in zip(batch.content_ids, batch.raw, batch.encodings, strict=True):
        if encoding is not None:
            pack.add(content_id, raw)


def read_packs(store: str, segment: str, needs: str, lot: int) -> dict[str, Any]:
    """Task: computes facts of contents that the store holds already."""
    place = Store(Path(store))
    check_room(place.root)
    digest = Digest()
    num_bytes = 0
    missing: list[tuple[str, str]] = []
    files: set[str] = set()
    with PackReader(place.packs) as packs:
        for row in _packed(needs, lot):
            content_id, name, lacks, size, pack, offset, packed_bytes = row
            files.add(content_id)
            try:
                data = packs.read(pack, offset, packed_bytes, size)
            except OSError:
                missing.append((content_id, "corrupt_pack"))
                continue
            num_bytes += len(data)
            digest.add(content_id, name, lacks, data)
            if digest.is_full:
                digest.flush()
    digest.flush()
    digest.write(place, segment)
    return {"files": len(files), "bytes": num_bytes, "missing": missing}


def _packed(needs: str, lot: int) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in read_lot(needs, lot).columns), strict=True)
