"""The whole path without near-duplicates, against the floor, against itself, and against datatrove.

The floor is `floor.py`; itself is the same build on a tenth of the input and on two cores; datatrove has equal rows.

    python benchmarks/build.py [--quick] [--rounds N] [--folder FOLDER]
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from corpus import repositories
from measure import Cost, environment, finish, median, run, tilth

HERE = Path(__file__).parent
DATATROVE = ["datatrove[io,processing]==0.10.1", "xxhash<4"]


def main() -> None:
    """Runs every comparison and prints the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="a fifth of the corpus, one round")
    options.add_argument("--rounds", type=int, default=3, help="how often each is measured, for a median")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    given = options.parse_args()
    folder: Path = given.folder
    rounds = 1 if given.quick else given.rounds
    chosen = [str(path) for path in repositories(folder, 10 if given.quick else None)]
    cores = sorted(os.sched_getaffinity(0))
    work = folder / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    _build(chosen[:1], work, 1, cores[:1])  # compiles the kernels once, outside what is measured
    floors, ones, twos, tenths = [], [], [], []
    for _ in range(rounds):
        floors.append(_floor(chosen, work, cores[:1]))
        ones.append(_build(chosen, work, 1, cores[:1]))
        twos.append(_build(chosen, work, 2, cores[:2]))
        tenths.append(_build(_tenth(chosen), work, 1, cores[:1]))
    rows = _rows(chosen, work, 1600)
    peer = [_datatrove(rows, folder, work, cores[:1]) for _ in range(rounds)]
    ours = [_from_rows(rows, work, cores[:1]) for _ in range(rounds)]
    sizes = _bytes_of(chosen), _bytes_of(_tenth(chosen))
    _report(floors, ones, twos, tenths, peer, ours, sizes)


def _report(
    floors: list[Cost], ones: list[Cost], twos: list[Cost], tenths: list[Cost], peer: list[Cost], ours: list[Cost],
    sizes: tuple[int, int],
) -> None:  # fmt: skip
    one, tenth = median(ones), median(tenths)
    ratios = {
        "wall_to_floor_one_core": one / median(floors),
        "two_workers_to_one": one / median(twos),
        "peak_gb_one_worker": median(ones, "peak_bytes") / 1e9,
        "peak_gb_two_workers": median(twos, "peak_bytes") / 1e9,
        "seconds_per_byte_to_that_of_a_tenth": (one / sizes[0]) / (tenth / sizes[1]),
        "to_datatrove_same_rows": median(peer) / median(ours),
    }
    goals = {
        "wall_to_floor_one_core": "<= 3",
        "two_workers_to_one": ">= 1.8",
        "peak_gb_one_worker": "< 1.5",
        "peak_gb_two_workers": "< 1.5",
        "seconds_per_byte_to_that_of_a_tenth": "<= 1.1",
        "to_datatrove_same_rows": ">= 3",
    }
    figures: dict[str, Any] = {
        "input_gb": sizes[0] / 1e9,
        "one_core_seconds": one,
        "two_cores_seconds": median(twos),
        "tenth_seconds": tenth,
        "tenth_gb": sizes[1] / 1e9,
        "peak_gb_tenth": median(tenths, "peak_bytes") / 1e9,
        "same_rows_seconds": median(ours),
    }
    peers = {"floor_seconds": median(floors), "datatrove_seconds": median(peer), "datatrove": DATATROVE[0]}
    finish("build", figures, peers, ratios, goals)


def _tilth(recipe: dict[str, Any], work: Path, workers: int, cores: list[int]) -> Cost:
    for name in ("release", "store", "release.building"):
        shutil.rmtree(work / name, ignore_errors=True)
    (work / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    command = [*tilth(work.parent), "data", "build", str(work / "recipe.yaml"), "--workers", str(workers)]
    return run([*command, "--into", str(work / "release"), "--store", str(work / "store")], cores=cores)


def _build(chosen: list[str], work: Path, workers: int, cores: list[int]) -> Cost:
    # Everything that can be text is kept, so that as much is written as can be.
    recipe = {
        "name": "bench",
        "sources": [{"kind": "git", "repositories": chosen}],
        "policy": {"preset": "none"},
    }
    return _tilth(recipe, work, workers, cores)


def _floor(chosen: list[str], work: Path, cores: list[int]) -> Cost:
    command = [sys.executable, str(HERE / "floor.py"), str(work / "floor.parquet"), *chosen]
    return run(command, cores=cores)


def _tenth(chosen: list[str]) -> list[str]:
    """Repositories that together hold about a tenth of the bytes."""
    wanted, part, size = _bytes_of(chosen) / 10, [], 0
    for path in sorted(chosen, key=lambda path: _bytes_of([path])):
        if size + _bytes_of([path]) <= wanted * 1.05:
            part.append(path)
            size += _bytes_of([path])
    return part


_SIZES: dict[str, int] = {}


def _bytes_of(chosen: list[str]) -> int:
    for path in chosen:
        if path not in _SIZES:
            listing = subprocess.run(
                ["git", "-C", path, "ls-tree", "-r", "-l", "HEAD"], capture_output=True, check=True
            )
            sizes = [line.split()[3] for line in listing.stdout.splitlines()]
            _SIZES[path] = sum(int(size) for size in sizes if size.isdigit())
    return sum(_SIZES[path] for path in chosen)


def _rows(chosen: list[str], work: Path, megabytes: int) -> Path:
    """Rows of text for both sides: a folder with one parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from floor import contents

    rows: list[dict[str, str]] = []
    size = 0
    for path in chosen:
        for number, data in enumerate(contents(path, set())):
            try:
                text = data.decode()
            except UnicodeDecodeError:
                continue
            if "\0" not in text and size < megabytes * 1e6:
                rows.append(
                    {
                        "content_id": f"{len(rows)}",
                        "path": f"{number}.py",
                        "repo_name": Path(path).stem,
                        "content": text,
                    }
                )
                size += len(data)
    (work / "rows").mkdir(exist_ok=True)
    pq.write_table(
        pa.Table.from_pylist(rows), work / "rows" / "rows.parquet", compression="zstd", row_group_size=5000
    )
    return work / "rows"


def _from_rows(rows: Path, work: Path, cores: list[int]) -> Cost:
    source = {"kind": "parquet", "paths": [str(rows / "rows.parquet")]}
    return _tilth({"name": "bench", "sources": [source], "policy": {"preset": "stack-v2"}}, work, 1, cores)


def _datatrove(rows: Path, folder: Path, work: Path, cores: list[int]) -> Cost:
    python = environment(folder, "datatrove", DATATROVE)
    shutil.rmtree(work / "datatrove", ignore_errors=True)
    return run(
        [str(python), str(HERE / "peer_datatrove.py"), str(rows), str(work / "datatrove")], cores=cores
    )


if __name__ == "__main__":
    main()
