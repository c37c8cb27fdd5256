"""Rows to token ids and masks: tilth against TRL's trainers, the same rows, tokenizer and template, one thread each.

Each side is a process of its own. What counts is processor time: for TRL that of a trainer's constructor, less that of
one with 20 rows (which loads the same model); for tilth that of `prepare`, with nothing cached. Tokens must be equal in
number.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from measure import environment, finish
from train_shapes import make_model, make_rows, make_tokenizer

METHODS = {
    "sft": ("sft", "SFT"),
    "dpo": ("preference", "DPO"),
    "kto": ("unpaired", "KTO"),
    "reward": ("preference", "Reward"),
}
"""Method -> what it needs of rows, and TRL's name."""

TRL = ["trl==1.16.0", "torch==2.13.0", "transformers==5.19.0"]
MAX_LENGTH = 512
FEW = 20


def ours(method: str, model: Path, data: Path, work: Path) -> dict[str, Any]:
    """Prepares the rows twice: the second time they are there."""
    from datasets import load_dataset
    from transformers import AutoTokenizer

    from tilth.train.rows.options import RowOptions
    from tilth.train.rows.prepare import prepare

    rows = load_dataset("json", data_files=str(data), split="train", cache_dir=str(work / "hub"))
    tokenizer = AutoTokenizer.from_pretrained(model)
    truncation = "drop" if method == "reward" else "keep_start"
    options = RowOptions(max_length=MAX_LENGTH, truncation=truncation, on_empty="drop")
    need: Any = METHODS[method][0]
    seconds = []
    for _ in range(2):
        start = time.process_time()
        prepared = prepare(rows, tokenizer, need, options, cache=work / "prepared")
        seconds.append(time.process_time() - start)
    account = prepared.account
    return {
        "seconds": seconds[0],
        "again_seconds": seconds[1],
        "tokens": account.masked + account.trained,
        "rows": account.rows_made,
    }


def theirs(method: str, model: Path, data: Path, work: Path) -> dict[str, Any]:
    """Makes a trainer of the rows, and one of a few."""
    import datasets

    datasets.disable_caching()
    trl = import_module("trl")
    name = METHODS[method][1]
    given = f"{model}_reward" if method == "reward" else str(model)
    config: dict[str, Any] = {
        "output_dir": str(work / "run"),
        "use_cpu": True,
        "bf16": False,
        "max_length": MAX_LENGTH,
        "report_to": "none",
    }
    rows = datasets.load_dataset("json", data_files=str(data), split="train", cache_dir=str(work / "hub"))
    seconds = []
    for part in (rows.select(range(FEW)), rows):
        start = time.process_time()
        trainer = getattr(trl, f"{name}Trainer")(
            given, args=getattr(trl, f"{name}Config")(**config), train_dataset=part
        )
        seconds.append(time.process_time() - start)
    made = trainer.train_dataset
    return {"seconds": seconds[1] - seconds[0], "tokens": _tokens(made), "rows": len(made)}


def _tokens(rows: Any) -> int:
    """Tokens of TRL's rows after the cut that its collators make; a shared prompt counts once."""
    total = 0
    for row in rows:
        prompt = len(row.get("prompt_ids", ()))
        names = ("input_ids",) if "input_ids" in row else ("chosen_ids", "rejected_ids", "completion_ids")
        answers = [len(row[name]) for name in names if name in row]
        if not prompt and len(answers) == 2:
            alike = zip(row["chosen_ids"], row["rejected_ids"], strict=False)
            prompt = next((at for at, (one, other) in enumerate(alike) if one != other), min(answers))
            answers = [length - prompt for length in answers]
        total += prompt + sum(min(length, MAX_LENGTH - prompt) for length in answers)
    return total


def side(library: str, python: str, method: str, folder: Path, number: int) -> dict[str, Any]:
    """One side in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        command = [
            python,
            __file__,
            "--side",
            library,
            "--method",
            method,
            "--rows",
            str(number),
            "--folder",
            str(folder),
        ]
        env = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "TILTH_WORK": work}
        done = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps({"library": library, "method": method, "rows_asked": number} | found), file=sys.stderr)
    return found


def compare(folder: Path, number: int, methods: list[str], trl: str) -> None:
    """All methods on both sides, then how memory grows with rows."""
    make_tokenizer(folder / "tiny")
    make_tokenizer(folder / "tiny_reward")
    make_model(folder / "tiny", "tiny")
    trl = trl or str(environment(folder, "trl", TRL))
    figures: dict[str, dict[str, Any]] = {"tilth": {}, "trl": {}}
    ratios: dict[str, float] = {}
    for method in methods:
        for rows in (number, number // 4):
            make_rows(folder / f"{method}-{rows}.jsonl", method, rows)
        mine, other = (
            side(name, python, method, folder, number)
            for name, python in (("tilth", sys.executable), ("trl", trl))
        )
        figures["tilth"][method], figures["trl"][method] = mine, other
        ratios[f"{method}_speed"] = other["seconds"] / mine["seconds"]
        ratios[f"{method}_tokens"] = mine["tokens"] / other["tokens"]
    fewer = side("tilth", sys.executable, methods[0], folder, number // 4)
    ratios["memory_for_4x_rows"] = figures["tilth"][methods[0]]["peak_bytes"] / fewer["peak_bytes"]
    goals = {f"{method}_speed": ">= 2.5" for method in methods} | {"memory_for_4x_rows": "<= 1.1"}
    finish("prepare_rows", figures["tilth"], figures["trl"], ratios, goals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "tilth-bench")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--method", choices=METHODS, action="append")
    parser.add_argument("--quick", action="store_true", help="SFT and DPO alone")
    parser.add_argument(
        "--trl", default="", help="Python of an environment with TRL; made in the folder by default"
    )
    parser.add_argument("--side", choices=("tilth", "trl"))
    given = parser.parse_args()
    methods = given.method or (["sft", "dpo"] if given.quick else list(METHODS))
    if given.side is None:
        given.folder.mkdir(parents=True, exist_ok=True)
        compare(given.folder, given.rows, methods, given.trl)
    run = ours if given.side == "tilth" else theirs
    data = given.folder / f"{methods[0]}-{given.rows}.jsonl"
    found = run(methods[0], given.folder / "tiny", data, Path(os.environ["TILTH_WORK"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(found | {"peak_bytes": peak}))


if __name__ == "__main__":
    main()
