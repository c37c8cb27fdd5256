"""An update step of GRPO against TRL's: 8 answers to a prompt four times as long, the same ones on both sides.

Processor seconds between the ends of two steps (answers are given, so nothing is sampled) and peak memory, one thread.
TRL gets an environment of its own; `--trl PYTHON` names one that is there already.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.measure import environment, finish
from benchmarks.parity_trl import TRL, prepare, run

SHAPES = ("tiny", "m5", "bigvocab")
QUICK = ("tiny",)
LENGTHS = ("16", "24")
"""Tokens of answers; prompts have 96."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench"))
    parser.add_argument("--trl", type=Path, help="a Python that has TRL 1.16")
    parser.add_argument("--quick", action="store_true", help="the smallest shape alone")
    parser.add_argument("--only", nargs="*", default=[], help="these shapes alone")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    trl = given.trl or environment(given.folder, "trl", TRL)
    ours: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    goals: dict[str, str] = {}
    for shape in given.only or (QUICK if given.quick else SHAPES):
        prepare(given.folder, shape)
        more = ("--steps", "6", "--batch", "16", "--lengths", *LENGTHS)
        ours[shape], peers[shape] = (
            run(python, library, given.folder, "grpo", shape, *more, is_online=True)
            for python, library in ((Path(sys.executable), "tilth"), (trl, "trl"))
        )
        speed, memory = "cpu_seconds_per_step", "peak_mb"
        ratios[f"{shape}_speed"] = peers[shape][speed] / ours[shape][speed]
        ratios[f"{shape}_memory"] = ours[shape][memory] / peers[shape][memory]
        goals |= {f"{shape}_speed": ">= 4", f"{shape}_memory": "<= 0.5"}
        print(
            shape, {key: round(ratios[f"{shape}_{key}"], 2) for key in ("speed", "memory")}, file=sys.stderr
        )
    finish("grpo_vs_trl", ours, {"trl": peers}, ratios, goals)


if __name__ == "__main__":
    main()
