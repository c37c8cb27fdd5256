"""The content store: the bytes of text files, each once, compressed one by one in append-only packs.

A pack is two files: `NAME.pack`, the compressed contents back to back, and `NAME.parquet`, its index. The index is
written last, so a pack without one does not exist. LZ4 costs a third of zstd's time at two thirds of its ratio
(docs/design/data_path.md has the figures); each content is compressed alone so that any one can be read alone.
"""

import os
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import lz4.block
import pyarrow as pa
import pyarrow.parquet as pq

from tilth.store.atomic import whole_file

INDEX_SCHEMA = pa.schema(
    [
        ("content_id", pa.string()),
        ("offset", pa.int64()),
        ("packed_bytes", pa.int32()),
        ("length_bytes", pa.int32()),
    ]
)


class PackWriter:
    """Writes one pack; nothing is visible before `close`, and nothing is left where the block fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._file = self._open.enter_context(self._open.enter_context(whole_file(path)).open("wb"))
        self._ids: dict[str, None] = {}
        self._offsets: list[int] = []
        self._packed: list[int] = []
        self._lengths: list[int] = []
        self._end = 0

    def add(self, content_id: str, data: bytes) -> None:
        """Appends one content, unless the pack has it."""
        if content_id in self._ids:
            return
        packed = lz4.block.compress(data, store_size=False)
        self._file.write(packed)
        self._ids[content_id] = None
        self._offsets.append(self._end)
        self._packed.append(len(packed))
        self._lengths.append(len(data))
        self._end += len(packed)

    def __enter__(self) -> "PackWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The last bytes are written where the file is closed: a disk may be full only then.
        self._open.__exit__(kind, error, trace)
        if error is None:
            columns = [list(self._ids), self._offsets, self._packed, self._lengths]
            with whole_file(self._path.with_suffix(".parquet")) as temporary:
                pq.write_table(pa.table(columns, schema=INDEX_SCHEMA), temporary, compression="zstd")


class PackReader:
    """Reads contents of the packs in one folder by their place; keeps a bounded number of packs open."""

    def __init__(self, folder: Path, *, open_max: int = 64) -> None:
        self._folder = folder
        self._open_max = open_max
        self._open: dict[str, int] = {}

    def read(self, pack: str, offset: int, packed_bytes: int, length_bytes: int) -> bytes:
        """The content at `offset` of the pack named `pack`.

        Raises:
            OSError: The pack is gone, cut short or damaged.
        """
        packed = os.pread(self._descriptor(pack), packed_bytes, offset)
        if len(packed) != packed_bytes:
            raise OSError(f"{self._folder / pack}.pack: cut short at byte {offset + len(packed)}")
        try:
            data = bytes(lz4.block.decompress(packed, uncompressed_size=length_bytes))
        except lz4.block.LZ4BlockError as error:
            raise OSError(f"{self._folder / pack}.pack: damaged at byte {offset}") from error
        if len(data) != length_bytes:
            raise OSError(f"{self._folder / pack}.pack: damaged at byte {offset}")
        return data

    def _descriptor(self, pack: str) -> int:
        found = self._open.get(pack)
        if found is None:
            if len(self._open) >= self._open_max:
                os.close(self._open.pop(next(iter(self._open))))
            found = self._open[pack] = os.open(self._folder / f"{pack}.pack", os.O_RDONLY)
        return found

    def close(self) -> None:
        """Closes every pack."""
        while self._open:
            os.close(self._open.popitem()[1])

    def __enter__(self) -> "PackReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def sweep(folder: Path) -> None:
    """Removes packs that a kill left without an index."""
    for pack in folder.glob("*.pack"):
        if not pack.with_suffix(".parquet").exists():
            pack.unlink(missing_ok=True)


def index_files(folder: Path) -> Iterable[Path]:
    """The index files of every pack in `folder`, in the order of their names; one whose pack is gone does not count."""
    names = {path.name for path in folder.glob("*")}
    return [
        folder / name for name in sorted(names) if name.endswith(".parquet") and f"{name[:-8]}.pack" in names
    ]
