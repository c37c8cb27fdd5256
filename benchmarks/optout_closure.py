"""Opt-outs: is every fork, copy, rename and near copy found, is nothing else touched, and how soon is it gone?

First 210 planted cases of ten requests, near copies among them. Then some 50,000 files of real projects: the way from
ten accepted requests (five whole projects, a folder of five others) to the checked new release, against the first
build. Both times the new release is built from nothing too, and must have the same bytes.

    python benchmarks/optout_closure.py [--quick] [--folder FOLDER]
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from corpus import repositories
from measure import ROOT, Cost, environment, finish, run
from optout_planted import Planted, plant

PLANTED_FILES = 10_000
FILES, FILES_QUICK = 50_000, 12_000
PROJECT_FILES_MAX = 7_000
"""Larger projects are left out, so that there are some of them."""
PROJECTS = 24
"""Of the corpus, looked at in its order."""

Row = dict[str, Any]


def main() -> None:
    """Plants, builds, asks, closes, builds again, checks, and compares; and again with real projects."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help=f"{FILES_QUICK} real files instead of {FILES}")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    given = options.parse_args()
    work = given.folder / "optout"
    shutil.rmtree(work, ignore_errors=True)
    python = environment(
        given.folder, "tilth-governance", ["-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}[governance]"]
    )
    planted = plant(work / "repositories", PLANTED_FILES)
    listed = {"list": str(work / "repositories" / "list.jsonl")}
    said = {"duplicates": {"near": "keep_one"}, "policy": {"preset": "none"}}
    bench = _Bench([str(python), "-m", "tilth"], work / "planted", listed, said)
    names = sorted({asks for _, asks, _ in planted.cases})
    asked = [{"repositories": [f"github.com/{name}"]} for name in names]
    found, _, _ = bench.go(asked, ["--names", str(work / "repositories" / "names.csv")])
    projects = _projects(given.folder, FILES_QUICK if given.quick else FILES)
    real = _Bench(
        [str(python), "-m", "tilth"], work / "real", {"repositories": [str(path) for path, _ in projects]}, {}
    )
    places, first, costs = real.go(_requests(projects), [])
    _report(planted, found, places, first, costs, [bench, real])


def _projects(folder: Path, files: int) -> list[tuple[Path, int]]:
    """Real projects with their files, so many together or a little more."""
    chosen: list[tuple[Path, int]] = []
    for path in repositories(folder, PROJECTS):
        number = _listed(path, "-r").count("\n")
        if number <= PROJECT_FILES_MAX and sum(n for _, n in chosen) < files:
            chosen.append((path, number))
    return chosen


def _requests(projects: Sequence[tuple[Path, int]]) -> list[Row]:
    """Five whole projects, the smallest, and the first folder of each of the five largest."""
    ordered = [path for path, _ in sorted(projects, key=lambda pair: pair[1])]
    made: list[Row] = [{"repositories": [_address(path)]} for path in ordered[:5]]
    for path in ordered[-5:]:
        folder = _listed(path, "-d", "--name-only").splitlines()[0]
        made.append({"paths": [{"repository": _address(path), "path": f"{folder}/"}]})
    return made


def _address(path: Path) -> str:
    return f"example.org/{path.stem}/{path.stem}"


def _listed(path: Path, *how: str) -> str:
    return subprocess.run(
        ["git", "-C", str(path), "ls-tree", *how, "HEAD"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout


class _Bench:
    """One corpus from its first build to the release without what was asked for."""

    def __init__(self, tilth: list[str], work: Path, source: Row, said: Row) -> None:
        self._tilth, self.work, self._source, self._recipe = tilth, work, source, said
        self._asked = work / "asked.parquet"
        self._ledger = ["--ledger", str(work / "ledger.sqlite")]
        work.mkdir(parents=True)

    def go(self, asked: list[Row], how: list[str]) -> tuple[list[Row], Cost, dict[str, Cost]]:
        """Builds, asks, and builds again: what was found, what the first build cost, and each step after it."""
        first = self._build("old", "store", {})
        self._ask(asked)
        close = ["governance", "close", str(self.work / "old"), *how, "--dry-run", "--output", "json"]
        found: list[Row] = json.loads(self._said(*close, *self._ledger))
        without = {"version": "1.0.0", "opt_outs": str(self._asked)}
        way = ["governance", "apply", str(self.work / "old"), str(self._written("new", {"version": "1.0.0"}))]
        way += ["--opt-outs", str(self._asked), *self._where("new", "store"), *how, *self._ledger]
        costs = {"apply": self._run(*way)}
        self._build("anew", "another-store", without)
        return found, first, costs

    def is_same_from_nothing(self) -> bool:
        """Whether the release that used the store has the bytes of the one from nothing."""
        sums = [(self.work / name / "SHA256SUMS").read_bytes() for name in ("new", "anew")]
        return hashlib.sha256(sums[0]).digest() == hashlib.sha256(sums[1]).digest()

    def files(self, name: str) -> dict[str, int]:
        """SHA-256 -> bytes of every file of a release."""
        manifest = json.loads((self.work / name / "manifest.json").read_text())
        return {file["sha256"]: file["bytes"] for file in manifest["files"]}

    def num_files(self) -> int:
        """Files that the first build looked at."""
        return int(json.loads((self.work / "old" / "manifest.json").read_text())["counts"]["files"])

    def _build(self, name: str, store: str, said: Row) -> Cost:
        return self._run("data", "build", str(self._written(name, said)), *self._where(name, store))

    def _where(self, name: str, store: str) -> list[str]:
        return ["--into", str(self.work / name), "--store", str(self.work / store), "--workers", "1"]

    def _written(self, name: str, said: Row) -> Path:
        source = {"kind": "git"} | self._source
        recipe = {"name": "bench", "sources": [source]} | self._recipe | said
        path = self.work / f"{name}.yaml"
        path.write_text(yaml.safe_dump(recipe))
        return path

    def _ask(self, asked: list[Row]) -> None:
        keys = ["--keys", str(self.work / "keys")]
        self._run("governance", "key", str(self.work / "keys"))
        self._run("governance", "init", *self._ledger)
        lines = self.work / "requests.jsonl"
        lines.write_text("".join(json.dumps({"kind": "opt_out"} | one) + "\n" for one in asked))
        self._run("governance", "import", str(lines), *keys, *self._ledger)
        for name in self._said("governance", "list", "--output", "quiet", *self._ledger).split():
            why = ["--by", "bench", "--without-proof", "planted"]
            self._run("governance", "accept", name, *why, *self._ledger)

    def _run(self, *words: str) -> Cost:
        return run([*self._tilth, *words], cores=sorted(os.sched_getaffinity(0))[:1])

    def _said(self, *words: str) -> str:
        return subprocess.run([*self._tilth, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def _report(
    planted: Planted,
    found: list[Row],
    places: list[Row],
    first: Cost,
    costs: dict[str, Cost],
    benches: list[_Bench],
) -> None:
    by_kind, ratios = _quality(planted, found)
    wall = sum(cost.wall_seconds for cost in costs.values())
    ratios["way_to_first_build"] = wall / first.wall_seconds
    ratios["same_bytes_as_from_nothing"] = float(all(bench.is_same_from_nothing() for bench in benches))
    goals = {"found_or_listed": ">= 1", "precision": ">= 1", "way_to_first_build": "< 0.05"}
    goals |= {"same_bytes_as_from_nothing": ">= 1", "planted_cases": ">= 200"}
    real = benches[1]
    old, new = real.files("old"), real.files("new")
    rewritten = [size for digest, size in new.items() if digest not in old]
    ours = {
        "planted_files": planted.files,
        "cases": by_kind,
        "files": real.num_files(),
        "files_that_leave": len({(row["origin"], row["path"]) for row in places if row["what"] == "leaves"}),
        "seconds": {name: round(cost.wall_seconds, 2) for name, cost in costs.items()},
        "cpu_seconds": {name: round(cost.cpu_seconds, 2) for name, cost in costs.items()},
        "rewritten_files_share": round(len(rewritten) / len(new), 3),
        "rewritten_bytes_share": round(sum(rewritten) / sum(new.values()), 3),
    }
    peers = {"first build": {"seconds": first.wall_seconds, "cpu_seconds": first.cpu_seconds}}
    finish("optout_closure", ours, peers, ratios, goals)


def _quality(planted: Planted, found: list[Row]) -> tuple[dict[str, str], dict[str, float]]:
    """Of the planted cases, how many were found, and of what was found, how much was planted."""
    taken, listed = (
        {(row["origin"].removesuffix(".git"), row["path"]) for row in found if row["what"] == what}
        for what in ("leaves", "undecided")
    )
    # A unit that is undecided as a whole is listed without its paths.
    whole = {origin for origin, path in listed if path is None}
    kinds: dict[str, list[int]] = {}
    for kind, _, at in planted.cases:
        missed = {one for one in at - taken - listed if one[0] not in whole}
        row = kinds.setdefault(kind, [0, 0, 0])
        for column, counts in enumerate((True, at <= taken, not missed)):
            row[column] += counts
    cases, all_found, all_told = (sum(row[column] for row in kinds.values()) for column in range(3))
    truth = planted.own.union(*(case[2] for case in planted.cases))
    told = {kind: f"{row[1]} found, {row[2]} found or listed, of {row[0]}" for kind, row in kinds.items()}
    return told, {
        "planted_cases": float(cases),
        "found": all_found / cases,
        "found_or_listed": all_told / cases,
        "precision": len(taken & truth) / max(len(taken), 1),
    }


if __name__ == "__main__":
    main()
