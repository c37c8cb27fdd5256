"""Near-duplicates: what is found by the truth about all pairs, how fast, in how much memory, against six peers.

Processor seconds from rows in memory to clusters, on one core, each in a process of its own, rounds interleaved; the
peers on the small set of rows, or on a part of it, all by megabytes a second.

    python benchmarks/near_duplicates.py [--quick] [--rounds N] [--folder FOLDER] [--only PART ...]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from measure import environment, finish, run
from near_build import kept_by_build
from near_quality import first_of_each, quality
from near_rows import large_rows, small_rows
from near_truth import truth

HERE = Path(__file__).parent
COMMON = ["pyarrow>=24"]
PEERS = {
    "bigcode": ["numpy==2.4.6", "xxhash==4.1.0"],
    "datasketch": ["datasketch==2.0.0", "xxhash==4.1.0"],
    "rensa": ["rensa==0.5.0"],
    "daft": ["daft==0.7.26", "numpy==2.4.6"],
    "gaoya": ["gaoya==0.2.2"],
    "datatrove": ["datatrove[io,processing,multilingual]==0.10.1", "spacy==3.8.18", "xxhash<4"],
}
GOALS = {
    "recall": ">= 0.995",
    "leaked_share": "<= 0.003",
    "removed_without_kept_share": "<= 0.01",
    "mb_per_cpu_second": ">= 40",
    "mb_per_cpu_second_signatures": ">= 100",
    "to_bigcode": ">= 11",
    "to_datasketch": ">= 8",
    "to_rensa": ">= 4.5",
    "to_daft": ">= 4",
    "to_gaoya": ">= 2.5",
    "to_datatrove": ">= 40",
    "two_threads_to_one": ">= 1.8",
    "peak_gb_streamed": "< 1.5",
    "seconds_per_file_of_many_to_few": "<= 1.2",
    "files_that_differ_by_threads_or_build": "<= 0",
    "files_that_differ_beyond_memory": "<= 0",
    "peak_gb_beyond_memory": "<= 1",
    "search_milliseconds_95th": "<= 50",
}
PARTS = ("quality", "peers", "large", "threads", "memory", "linear", "same", "beyond", "search")
PART_OF_SLOW = 4
"""Of the rows, datatrove's speed is measured on one in so many, where it is not asked for its quality."""

Numbers = npt.NDArray[np.int64]


class Bench:
    """The rows, and what was measured of them."""

    def __init__(self, folder: Path, rounds: int, quick: bool) -> None:
        self.base, self.folder = folder, folder / "near"
        self.rounds, self.quick = rounds, quick
        self.cores = sorted(os.sched_getaffinity(0))
        self.small = small_rows(self.folder)
        self.ours: dict[str, Any] = {}
        self.peers: dict[str, Any] = {}
        self.ratios: dict[str, float] = {}

    def run_ours(self, *arguments: object, cores: int = 1) -> dict[str, Any]:
        what, given, *more = map(str, arguments)
        out = self.folder / f"ours-{what}.json"
        command = [sys.executable, str(HERE / "near_ours.py"), what, given, str(out), *more]
        cost = run(command, cores=self.cores[-cores:])
        return {"peak_bytes": cost.peak_bytes, **json.loads(out.read_text())}

    def run_peer(self, name: str, rows: Path) -> dict[str, Any]:
        python = environment(self.base, f"near_{name}", [*PEERS[name], *COMMON])
        out = self.folder / f"peer-{name}.json"
        driver = HERE / "peers" / f"near_{name}.py"
        run([str(python), str(driver), str(rows), str(out)], cores=self.cores[-1:])
        found: dict[str, Any] = json.loads(out.read_text())
        return found

    def quality(self) -> None:
        """Recall and the rest of ours, on the small set."""
        texts = pq.read_table(self.small, columns=["content"])["content"].to_pylist()
        self.true, _ = truth(texts, self.folder / "truth.npz")
        found = self.run_ours("held", self.small, 1)
        same = np.array(found["first_with_same_set"])
        met = set(map(tuple, found["pairs"]))
        ends = np.sort(same[self.true], axis=1).tolist()
        is_found = np.array([one == other or (one, other) in met for one, other in ends])
        measured = quality(np.array(found["labels"]), self.true, is_found)
        self.ours |= {"files": len(texts), "megabytes": found["bytes"] / 1e6, "quality": measured}
        for name in ("recall", "leaked_share", "removed_without_kept_share"):
            self.ratios[name] = measured[name]

    def peers_(self) -> None:
        """Speed of all on the small set, and the peers' quality; one that cannot be installed is named as missing."""
        part = self._part_of_small()
        speeds: dict[str, list[float]] = {name: [] for name in ("ours", *PEERS)}
        for turn in range(self.rounds):
            speeds["ours"].append(_speed(self.run_ours("held", self.small, 1)))
            for name in PEERS:
                is_short = name == "datatrove" and (turn or self.quick)
                try:
                    found = self.run_peer(name, part if is_short else self.small)
                except (subprocess.CalledProcessError, SystemExit) as error:
                    self.peers[name] = {"missing": str(error)}
                    continue
                speeds[name].append(_speed(found))
                if not (turn or is_short):
                    labels = first_of_each(np.array(found["labels"]))
                    self.peers[name] = {"requirement": PEERS[name][0], **quality(labels, self.true)}
        ours = statistics.median(speeds.pop("ours"))
        self.ours["mb_per_cpu_second_small"] = ours
        for name, measured in speeds.items():
            if measured:
                speed = statistics.median(measured)
                self.peers.setdefault(name, {})["mb_per_cpu_second"] = speed
                self.ratios[f"to_{name}"] = ours / speed

    def _part_of_small(self) -> Path:
        path = self.folder / "part.parquet"
        table = pq.read_table(self.small)
        pq.write_table(table.take(np.arange(0, len(table), PART_OF_SLOW)), path)
        return path

    def large(self) -> None:
        """Speed on the large set, of signatures and of everything."""
        costs = [self.run_ours("held", large_rows(self.folder), 1) for _ in range(self.rounds)]
        whole = statistics.median(_speed(cost) for cost in costs)
        signatures = statistics.median(_speed({**cost, **cost["signatures"]}) for cost in costs)
        self.ratios |= {"mb_per_cpu_second": whole, "mb_per_cpu_second_signatures": signatures}
        labels = np.array(costs[0]["labels"])
        self.ours["large"] = {
            "files": len(labels),
            "megabytes": costs[0]["bytes"] / 1e6,
            "pairs": len(costs[0]["pairs"]),
            "removed": int((labels != np.arange(len(labels))).sum()),
            "peak_gb_held": costs[0]["peak_bytes"] / 1e9,
        }

    def threads(self) -> None:
        """Seconds on the large set with one thread and with two, text held."""
        rows = large_rows(self.folder)
        turns = [
            [self.run_ours("held", rows, threads, cores=threads)["wall_seconds"] for threads in (1, 2)]
            for _ in range(self.rounds)
        ]
        one, two = (statistics.median(each) for each in zip(*turns, strict=True))
        self.ours["threads"] = {"one_wall_seconds": one, "two_wall_seconds": two}
        self.ratios["two_threads_to_one"] = one / two

    def memory(self) -> None:
        """The most memory on the large set where the text is read again instead of held."""
        rows = large_rows(self.folder)
        found = self.run_ours("streamed", rows)
        self.ratios["peak_gb_streamed"] = found["peak_bytes"] / 1e9
        self.ours["streamed_cpu_seconds"] = found["cpu_seconds"]

    def linear(self) -> None:
        """Processor seconds a file, from signatures to clusters, of many made-up signatures against those of few."""
        few, many = (200_000, 1_000_000) if self.quick else (1_000_000, 5_000_000)
        each = {}
        for count in (few, many):
            found = [self.run_ours("made", count) for _ in range(1 if self.quick else min(self.rounds, 2))]
            each[count] = min(one["cpu_seconds"] for one in found) / count
            self.ours[f"made_{count}"] = {"cpu_seconds": each[count] * count, "pairs": found[0]["pairs"]}
        self.ratios["seconds_per_file_of_many_to_few"] = each[many] / each[few]

    def same(self) -> None:
        """Files for which one thread, four threads and a build do not agree about whether they stay."""
        one, four = (_kept(self.run_ours("held", self.small, threads)) for threads in (1, 4))
        ordered, built = kept_by_build(self.small, self.folder)
        in_order = self.folder / "ordered.parquet"
        pq.write_table(ordered, in_order)
        found = _kept(self.run_ours("held", in_order, 1))
        ids = ordered["content_id"].to_pylist()
        differ = {ids[at] for at in found} ^ built
        self.ours["same"] = {"kept": len(one), "kept_by_build": len(built), "differ_by_build": len(differ)}
        self.ratios["files_that_differ_by_threads_or_build"] = len(one ^ four) + len(differ)

    def beyond(self) -> None:
        """Files that are settled otherwise by way of the disk than in memory, and the most memory that takes."""
        few, many = (200_000, 2_000_000) if self.quick else (2_000_000, 20_000_000)
        rows = self.small if self.quick else large_rows(self.folder)
        held = self.run_ours("held", rows, 1)["labels"]
        clusters = {cut: self._run_beyond(rows, few, cut)["clusters"] for cut in ("memory", "usual", "fine")}
        found = self._run_beyond(rows, many, "usual")
        differ = sum(one != other for one, other in zip(found.pop("labels"), held, strict=True))
        self.ours["beyond_memory"] = {"signatures": many, **found}
        self.ratios |= {
            "files_that_differ_beyond_memory": differ + len(set(clusters.values())) - 1,
            "peak_gb_beyond_memory": found["peak_bytes"] / 1e9,
        }

    def _run_beyond(self, rows: Path, count: int, cut: str) -> dict[str, Any]:
        out = self.folder / "beyond.json"
        given = [str(rows), str(count), cut, str(self.folder / "beyond"), str(out)]
        cost = run([sys.executable, str(HERE / "near_beyond.py"), *given], cores=self.cores[-1:])
        return {"peak_bytes": cost.peak_bytes, **json.loads(out.read_text())}

    def search(self) -> None:
        """Milliseconds of a search in a release of a million files."""
        out = self.folder / "search.json"
        given = [str(self.small), "1000000", str(self.folder), str(out)]
        run([sys.executable, str(HERE / "near_search.py"), *given], cores=self.cores[-1:])
        self.ours["search"] = json.loads(out.read_text())
        self.ratios["search_milliseconds_95th"] = self.ours["search"]["milliseconds_95th"]


def _speed(found: dict[str, Any]) -> float:
    return float(found["bytes"] / 1e6 / found["cpu_seconds"])


def _kept(found: dict[str, Any]) -> set[int]:
    return {at for at, stands in enumerate(found["labels"]) if at == stands}


def measured(bench: Bench, only: Sequence[str]) -> None:
    """Measures the parts that are asked for."""
    steps = dict(
        zip(
            PARTS,
            (
                bench.quality,
                bench.peers_,
                bench.large,
                bench.threads,
                bench.memory,
                bench.linear,
                bench.same,
                bench.beyond,
                bench.search,
            ),
            strict=True,
        )
    )
    for name, step in steps.items():
        if name in only:
            step()
            print(json.dumps({name: bench.ratios}), file=sys.stderr)


def main() -> None:
    """Runs every comparison and prints the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round, datatrove on a part")
    options.add_argument("--rounds", type=int, default=3, help="how often each is measured, for a median")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what is measured")
    given = options.parse_args()
    only = {"quality", *given.only} if "peers" in given.only else set(given.only)
    bench = Bench(given.folder, 1 if given.quick else given.rounds, given.quick)
    measured(bench, [name for name in PARTS if name in only])
    # What is missing or was not asked for has no figure to hold against a goal; a whole run has all of them.
    goals = {name: goal for name, goal in GOALS.items() if name in bench.ratios}
    finish("near_duplicates", bench.ours, bench.peers, bench.ratios, goals)


if __name__ == "__main__":
    main()
