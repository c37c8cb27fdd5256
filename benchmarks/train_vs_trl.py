"""A training step against TRL's: processor seconds and peak memory, same rows, each at its best settings.

On a processor TRL's step is nearly all head, which it is not on a GPU: these ratios are of processors only. Both
libraries get an environment of their own, with what pip installs for them and nothing else; `--trl PYTHON` and
`--tilth PYTHON` name ones that are there already. `floor` is the share of our step that its matrix products alone take.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.measure import ROOT, environment, finish
from benchmarks.parity_trl import TRL, prepare, run

# The reference is scored beside the model on both sides, so that a step holds all that it needs.
FLOOR = 0.4
BESIDE = {"precompute_ref_log_probs": False}
CASES: dict[str, tuple[str, str, int, dict[str, Any], float, float]] = {
    "sft_tiny": ("sft", "tiny", 8, {"packing": True}, 5, 1),
    "dpo_tiny": ("dpo", "tiny", 8, BESIDE, 8, 0.35),
    "kto_tiny": ("kto", "tiny", 8, BESIDE, 8, 0.35),
    "reward_tiny": ("reward", "tiny", 8, {}, 1.5, 1),
    "sft_bigvocab": ("sft", "bigvocab", 4, {}, 5, 0.6),
    "dpo_bigvocab": ("dpo", "bigvocab", 4, BESIDE, 8, 0.35),
    "kto_bigvocab": ("kto", "bigvocab", 4, BESIDE, 8, 0.35),
    "sft_half_b": ("sft", "half_b", 4, {}, 2.5, 1),
}
"""Case -> method, shape, rows of a batch, settings, goal for speed, goal for memory."""

QUICK = ("sft_tiny", "dpo_tiny", "kto_tiny", "reward_tiny")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench"))
    parser.add_argument("--trl", type=Path, help="a Python that has TRL 1.16")
    parser.add_argument("--tilth", type=Path, help="a Python that has tilth[train]")
    parser.add_argument("--quick", action="store_true", help="the smallest shape alone")
    parser.add_argument("--steps", type=int, default=6, help="of each run; the first two are not measured")
    parser.add_argument("--only", nargs="*", default=[], help="these cases alone")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    trl = given.trl or environment(given.folder, "trl", TRL)
    pins = ["-c", str(ROOT / "constraints.txt")]
    tilth = given.tilth or environment(given.folder, "tilth_train", [*pins, "-e", f"{ROOT}[train]"])
    ours: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    goals: dict[str, str] = {}
    for name in given.only or (QUICK if given.quick else CASES):
        method, shape, batch, settings, speed, memory = CASES[name]
        prepare(given.folder, shape)
        more = ["--batch", str(batch), "--steps", str(given.steps)]
        more += ["--settings", json.dumps(settings)]
        ours[name] = run(tilth, "tilth", given.folder, method, shape, *more)
        peers[name] = run(trl, "trl", given.folder, method, shape, *more)
        ratios[f"{name}_speed"] = peers[name]["cpu_seconds_per_step"] / ours[name]["cpu_seconds_per_step"]
        ratios[f"{name}_memory"] = ours[name]["peak_mb"] / peers[name]["peak_mb"]
        ratios[f"{name}_floor"] = (
            ours[name]["floor_cpu_seconds_per_step"] / ours[name]["cpu_seconds_per_step"]
        )
        goals |= {
            f"{name}_speed": f">= {speed}",
            f"{name}_memory": f"<= {memory}",
            f"{name}_floor": f">= {FLOOR}",
        }
        shown = {key: round(ratios[f"{name}_{key}"], 3) for key in ("speed", "memory", "floor")}
        print(name, shown, file=sys.stderr)
    finish("train_vs_trl", ours, {"trl": peers}, ratios, goals)


if __name__ == "__main__":
    main()
