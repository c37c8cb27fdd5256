"""What a rebuild costs: one more repository in a hundred, and another licence policy, against the first build.

Each rebuild uses the store that the first build left, and must give the same bytes as a build from nothing.

    python benchmarks/incremental.py [--quick] [--rounds N] [--folder FOLDER]
"""

import argparse
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import yaml
from corpus import repositories
from measure import Cost, finish, median, run, tilth

POLICY = {"preset": "tilth", "licences": ["permissive"]}
OTHER_POLICY = {"preset": "tilth", "licences": ["permissive", "weak_copyleft"]}


def main() -> None:
    """Builds from nothing, then again with one more repository, then with another licence policy."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="one round instead of three")
    options.add_argument("--rounds", type=int, default=3, help="how often each is measured, for a median")
    options.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "tilth-benchmarks")
    given = options.parse_args()
    chosen = [str(path) for path in repositories(given.folder)]
    cores = sorted(os.sched_getaffinity(0))[:1]
    work = given.folder / "incremental"
    # The one that comes later is of middling size: the fiftieth of a hundred by the bytes of its pack.
    late = sorted(chosen, key=_packed_bytes)[len(chosen) // 2]
    early = [path for path in chosen if path != late]
    firsts: list[Cost] = []
    more: list[Cost] = []
    others: list[Cost] = []
    for _ in range(1 if given.quick else given.rounds):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        firsts.append(_build(early, POLICY, work, "first", cores))
        more.append(_build(chosen, POLICY, work, "more", cores))
        others.append(_build(chosen, OTHER_POLICY, work, "other", cores))
    same = _same_as_from_nothing(chosen, work, cores)
    first = median(firsts)
    ratios = {
        "one_more_repository_to_first": median(more) / first,
        "other_licence_policy_to_first": median(others) / first,
        "same_bytes_as_from_nothing": float(same),
    }
    goals = {
        "one_more_repository_to_first": "< 0.05",
        "other_licence_policy_to_first": "< 0.10",
        "same_bytes_as_from_nothing": ">= 1",
    }
    ours: dict[str, Any] = {
        "repositories": len(chosen),
        "first_seconds": first,
        "one_more_seconds": median(more),
    }
    ours |= {"other_policy_seconds": median(others)}
    finish("incremental", ours, {"from nothing": first}, ratios, goals)


def _packed_bytes(path: str) -> int:
    return sum(pack.stat().st_size for pack in Path(path, "objects", "pack").glob("*.pack"))


def _build(
    chosen: list[str], policy: dict[str, Any], work: Path, name: str, cores: list[int], store: str = "store"
) -> Cost:
    recipe = {"name": "bench", "sources": [{"kind": "git", "repositories": chosen}], "policy": policy}
    (work / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
    command = [*tilth(work.parent), "data", "build", str(work / f"{name}.yaml"), "--workers", "1"]
    return run([*command, "--into", str(work / name), "--store", str(work / store)], cores=cores)


def _same_as_from_nothing(chosen: list[str], work: Path, cores: list[int]) -> bool:
    _build(chosen, OTHER_POLICY, work, "anew", cores, "another-store")
    sums = [
        hashlib.sha256((work / name / "SHA256SUMS").read_bytes()).hexdigest() for name in ("other", "anew")
    ]
    return sums[0] == sums[1]


if __name__ == "__main__":
    main()
