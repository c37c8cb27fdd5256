"""The rows of the benchmark of near-duplicates: code and documents of published source packages, exact-unique.

A small set for whose pairs the truth is worked out, and a large one for speed and memory, each a parquet file.
"""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from corpus import packages, repositories

SMALL = ("django", "twisted", "pandas", "ansible-core", "numpy")
"""Packages of the small set: mostly two versions of each."""
LARGE_COUNT = 46
"""So many packages, from the front of the corpus's list, are the large set, the small one's among them."""
LARGE_BYTES = 1_200_000_000
"""The large set ends with the file that passes this size."""
EXTENSIONS = frozenset(
    """py pyx pxd pyi ipynb c h cc cpp cxx hpp hh cu m js mjs ts tsx jsx rs go java kt scala rb pl pm sh bash ps1 php
    f f90 r jl lua sql proto cmake md rst txt html css scss json yml yaml toml cfg ini xml tex""".split()
)
FILE_BYTES_MAX = 1 << 20
GROUP_ROWS = 256
"""Small row groups, so that a text can be read without many others."""
SCHEMA = pa.schema([("content_id", pa.string()), ("path", pa.string()), ("content", pa.large_string())])


def small_rows(folder: Path) -> Path:
    """Parquet file of the small set."""
    return _rows(folder, "small", SMALL, 1 << 62)


def large_rows(folder: Path) -> Path:
    """Parquet file of the large set."""
    names = tuple(name for name, _ in packages()[:LARGE_COUNT])
    return _rows(folder, "large", names, LARGE_BYTES)


def _rows(folder: Path, name: str, chosen: tuple[str, ...], bytes_max: int) -> Path:
    path = folder / f"{name}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    at = {repository.stem: repository for repository in repositories(folder.parent, LARGE_COUNT)}
    temporary = path.with_suffix(".part")
    with pq.ParquetWriter(temporary, SCHEMA, compression="zstd", compression_level=1) as writer:
        for table in _tables(at, chosen, bytes_max):
            writer.write_table(table, row_group_size=GROUP_ROWS)
    temporary.rename(path)
    return path


def _tables(at: dict[str, Path], chosen: tuple[str, ...], bytes_max: int) -> Iterator[pa.Table]:
    seen: set[str] = set()
    rows: list[dict[str, str]] = []
    size = 0
    for name in chosen:
        for content_id, path, raw in _contents(at[name]):
            if content_id in seen or size >= bytes_max:
                continue
            seen.add(content_id)
            if (text := _text(raw)) is None:
                continue
            size += len(raw)
            rows.append({"content_id": content_id, "path": f"{name}/{path}", "content": text})
            if len(rows) == GROUP_ROWS:
                yield pa.Table.from_pylist(rows, SCHEMA)
                rows = []
    yield pa.Table.from_pylist(rows, SCHEMA)


def _text(raw: bytes) -> str | None:
    if not 1 <= len(raw) <= FILE_BYTES_MAX or b"\0" in raw:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _contents(repository: Path) -> Iterator[tuple[str, str, bytes]]:
    """(id, path, bytes) of every blob with one of the extensions, in all commits."""
    listing = ["git", "-C", str(repository), "rev-list", "--objects", "--all"]
    listed = subprocess.run(listing, capture_output=True, check=True).stdout.decode(errors="replace")
    pairs = [line.partition(" ")[::2] for line in listed.splitlines()]
    wanted = [pair for pair in pairs if pair[1].rsplit(".", 1)[-1].lower() in EXTENSIONS]
    command = ["git", "-C", str(repository), "cat-file", "--batch", "--buffer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        asked, given = process.stdin, process.stdout
        assert asked is not None and given is not None

        def ask() -> None:
            with asked:
                asked.write("".join(f"{each}\n" for each, _ in wanted).encode())

        asking = threading.Thread(target=ask)
        asking.start()
        for content_id, path in wanted:
            _, kind, length = given.readline().split()
            raw = given.read(int(length))
            given.read(1)
            if kind == b"blob":
                yield content_id, path, raw
        asking.join()
