"""Opt-outs: is every fork, copy, rename and near copy found, is nothing else touched, and how soon is it gone?

At least 200 planted cases of ten requests. Then the way from the accepted requests to a checked new release, against
the first build, and the same release built from nothing, byte for byte.

    python benchmarks/optout_closure.py [--quick] [--folder FOLDER]
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml
from measure import ROOT, Cost, environment, finish, run
from optout_planted import REQUESTS, Planted, plant

FILES, FILES_QUICK = 50_000, 12_000


def main() -> None:
    """Plants, builds, asks, closes, builds again, checks, and compares."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help=f"{FILES_QUICK} files instead of {FILES}")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    given = options.parse_args()
    work = given.folder / "optout"
    shutil.rmtree(work, ignore_errors=True)
    planted = plant(work / "repositories", FILES_QUICK if given.quick else FILES)
    python = environment(
        given.folder, "tilth-governance", ["-c", str(ROOT / "constraints.txt"), "-e", f"{ROOT}[governance]"]
    )
    bench = _Bench([str(python), "-m", "tilth"], work, sorted(os.sched_getaffinity(0))[:1])
    # Compiled code and the file cache are not what is measured.
    bench.build("warm", "warm-store", None, first_rows=REQUESTS)
    first = bench.build("old", "store", None)
    bench.ask(planted)
    found, costs = bench.leave_out()
    bench.build("anew", "another-store", bench.asked)
    sums = [hashlib.sha256((work / name / "SHA256SUMS").read_bytes()).hexdigest() for name in ("new", "anew")]
    _report(planted, found, first, costs, sums[0] == sums[1], work)


class _Bench:
    def __init__(self, tilth: list[str], work: Path, cores: list[int]) -> None:
        self._tilth, self._work, self._cores = tilth, work, cores
        self.asked = work / "asked.parquet"
        self._ledger = ["--ledger", str(work / "ledger.sqlite")]

    def build(self, name: str, store: str, asked: Path | None, *, first_rows: int | None = None) -> Cost:
        listed = self._work / "repositories" / "list.jsonl"
        if first_rows:
            few = self._work / "few.jsonl"
            few.write_text("".join(listed.read_text().splitlines(keepends=True)[:first_rows]))
            listed = few
        recipe: dict[str, Any] = {"name": "bench", "sources": [{"kind": "git", "list": str(listed)}]}
        recipe |= {"policy": {"preset": "none"}, "duplicates": {"near": "keep_one"}}
        recipe |= {"opt_outs": str(asked), "version": "1.0.0"} if asked else {}
        path = self._work / f"{name}.yaml"
        path.write_text(yaml.safe_dump(recipe))
        where = ["--into", str(self._work / name), "--store", str(self._work / store), "--workers", "1"]
        return self._run("data", "build", str(path), *where)

    def ask(self, planted: Planted) -> None:
        """Ten requests, accepted."""
        keys = ["--keys", str(self._work / "keys")]
        self._run("governance", "key", str(self._work / "keys"))
        self._run("governance", "init", *self._ledger)
        for asks in sorted({asks for _, asks, _ in planted.cases}):
            fields = json.dumps({"kind": "opt_out", "repositories": [f"github.com/{asks}"]})
            self._run("governance", "request", fields, *keys, *self._ledger)
        for name in self._said("governance", "list", "--output", "quiet", *self._ledger).split():
            self._run(
                "governance", "accept", name, "--by", "bench", "--without-proof", "planted", *self._ledger
            )

    def leave_out(self) -> tuple[list[dict[str, Any]], dict[str, Cost]]:
        """From the accepted requests to the checked release."""
        old, new = str(self._work / "old"), str(self._work / "new")
        names = ["--names", str(self._work / "repositories" / "names.csv"), *self._ledger]
        found = json.loads(self._said("governance", "close", old, "--dry-run", "--output", "json", *names))
        costs = {"close": self._run("governance", "close", old, *names, "--output", "quiet")}
        costs["export"] = self._run("governance", "export", str(self.asked), *self._ledger)
        costs["build"] = self.build("new", "store", self.asked)
        costs["check"] = self._run("governance", "check", new, "--opt-outs", str(self.asked))
        return found, costs

    def _run(self, *words: str) -> Cost:
        return run([*self._tilth, *words], cores=self._cores)

    def _said(self, *words: str) -> str:
        return subprocess.run([*self._tilth, *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def _report(
    planted: Planted, found: list[dict[str, Any]], first: Cost, costs: dict[str, Cost], same: bool, work: Path
) -> None:
    places = {what: {(row["origin"].removesuffix(".git"), row["path"]) for row in found if row["what"] == what}
              for what in ("leaves", "undecided")}  # fmt: skip
    truth = planted.own.union(*(case[2] for case in planted.cases))
    taken = places["leaves"]
    # A unit that is undecided as a whole is listed without its paths.
    whole = {origin for origin, path in places["undecided"] if path is None}
    kinds: dict[str, list[int]] = {}
    for kind, _, at in planted.cases:
        missed = {one for one in at - taken - places["undecided"] if one[0] not in whole}
        row = kinds.setdefault(kind, [0, 0, 0])
        row[0] += 1
        row[1] += at <= taken
        row[2] += not missed
    cases = len(planted.cases)
    wall = sum(cost.wall_seconds for cost in costs.values())
    ratios = {
        "found_or_listed": sum(row[2] for row in kinds.values()) / cases,
        "found": sum(row[1] for row in kinds.values()) / cases,
        "precision": len(taken & truth) / max(len(taken), 1),
        "way_to_first_build": wall / first.wall_seconds,
        "same_bytes_as_from_nothing": float(same),
        "planted_cases": float(cases),
    }
    goals = {"found_or_listed": ">= 1", "precision": ">= 1", "way_to_first_build": "< 0.05"}
    goals |= {"same_bytes_as_from_nothing": ">= 1", "planted_cases": ">= 200"}
    old, new = (_hashes(work / name) for name in ("old", "new"))
    rewritten = [size for digest, size in new.items() if digest not in old]
    ours = {
        "files": planted.files,
        "places_taken": len(taken),
        "places_undecided": len(places["undecided"]),
        "cases_found_listed_by_kind": {
            k: f"{v[1]} found, {v[2]} found or listed, of {v[0]}" for k, v in kinds.items()
        },
        "seconds": {name: round(cost.wall_seconds, 2) for name, cost in costs.items()},
        "cpu_seconds": {name: round(cost.cpu_seconds, 2) for name, cost in costs.items()},
        "rewritten_files_share": round(len(rewritten) / len(new), 3),
        "rewritten_bytes_share": round(sum(rewritten) / sum(new.values()), 3),
    }
    peers = {"first build": {"seconds": first.wall_seconds, "cpu_seconds": first.cpu_seconds}}
    finish("optout_closure", ours, peers, ratios, goals)


def _hashes(release: Path) -> dict[str, int]:
    manifest = json.loads((release / "manifest.json").read_text())
    return {file["sha256"]: file["bytes"] for file in manifest["files"]}


if __name__ == "__main__":
    main()
