"""The floor under a build: read every file of the repositories once, hash it, write the same bytes as zstd parquet.

python benchmarks/floor.py OUT REPOSITORY...
"""

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_BYTES = 2**25


def main(out: str, repositories: list[str]) -> None:
    """Reads with one `git cat-file --batch --buffer` a repository, in pack order: git's own fastest way."""
    schema = pa.schema([("content_id", pa.string()), ("content", pa.binary())])
    ids: list[str] = []
    texts: list[bytes] = []
    size = 0
    seen: set[str] = set()
    with pq.ParquetWriter(
        out, schema, compression="zstd", compression_level=3, use_dictionary=False
    ) as writer:
        for repository in repositories:
            for data in contents(repository, seen):
                ids.append(hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())
                texts.append(data)
                size += len(data)
                if size >= GROUP_BYTES:
                    writer.write_table(pa.table([ids, texts], schema=schema))
                    ids, texts, size = [], [], 0
        writer.write_table(pa.table([ids, texts], schema=schema))


def contents(repository: str, seen: set[str]):
    """The contents at HEAD that no repository before had, in pack order."""
    listing = subprocess.run(
        ["git", "-C", repository, "ls-tree", "-r", "HEAD"], capture_output=True, check=True
    ).stdout
    wanted = {line.split()[2].decode() for line in listing.splitlines() if line.startswith(b"100")} - seen
    seen |= wanted
    ids: list[str] = []
    for index in sorted(Path(repository, "objects", "pack").glob("*.idx")):
        with index.open("rb") as file:
            order = subprocess.run(["git", "show-index"], stdin=file, capture_output=True, check=True).stdout
        places = sorted((int(line.split()[0]), line.split()[1].decode()) for line in order.splitlines())
        ids += [object_id for _, object_id in places if object_id in wanted]
    git = subprocess.Popen(
        ["git", "-C", repository, "cat-file", "--batch", "--buffer"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=2**20,
    )
    feeder = threading.Thread(
        target=lambda: (git.stdin.write("\n".join([*ids, ""]).encode()), git.stdin.close())
    )
    feeder.start()
    for _ in ids:
        size = int(git.stdout.readline().split()[2])
        yield git.stdout.read(size)
        git.stdout.read(1)
    feeder.join()
    git.wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
