"""Losses of 20 steps equal TRL's: same tiny model, rows, seed and script; only the import differs.

TRL gets an environment of its own; `--trl PYTHON` names one that is there already.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.measure import ROOT, environment, finish
from benchmarks.train_shapes import make_model, make_rows, make_tokenizer

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sft": ("sft", {}),
    "dpo_sigmoid": ("dpo", {"loss_type": ["sigmoid"]}),
    "dpo_ipo": ("dpo", {"loss_type": ["ipo"]}),
    "dpo_hinge": ("dpo", {"loss_type": ["hinge"]}),
    # The divergence of `kto` is measured on other rows here than there, on purpose; without one they compare.
    # TRL takes its rows in their order by default.
    "kto_apo_zero": ("kto", {"loss_type": "apo_zero_unpaired", "train_sampling_strategy": "sequential"}),
    "reward": ("reward", {}),
}
_TWICE = {"num_iterations": 2}
# Learnt from twice, so that ratios are not 1: on the first pass every loss of the family is 0.

ONLINE: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"grpo_{kind}": ("grpo", {"loss_type": kind, "beta": 0.04, **_TWICE})
        for kind in ("grpo", "bnpo", "dr_grpo", "dapo", "sapo", "vespo")
    },
    "grpo_cispo": ("grpo", {"loss_type": "cispo", "epsilon_high": 5.0, **_TWICE}),
    "grpo_luspo": ("grpo", {"loss_type": "luspo", "importance_sampling_level": "sequence", **_TWICE}),
    "grpo_sequence": ("grpo", {"loss_type": "grpo", "importance_sampling_level": "sequence", **_TWICE}),
    "grpo_two_sided": ("grpo", {"delta": 1.5, "epsilon_high": 0.28, "scale_rewards": "batch", **_TWICE}),
    "grpo_entropy": ("grpo", {"entropy_coef": 0.01, **_TWICE}),
    # Both together differ: TRL divides the bonus by the tokens that stay, a number that is not known before the pass.
    "grpo_uncertain": ("grpo", {"top_entropy_quantile": 0.5, **_TWICE}),
    "grpo_masked": ("grpo", {"mask_truncated_completions": True, "scale_rewards": "none", **_TWICE}),
    "rloo": ("rloo", {"beta": 0.05, **_TWICE}),
    "rloo_standardised": ("rloo", {"beta": 0.05, "normalize_advantages": True, **_TWICE}),
}
"""On the same answers and rewards. The difference of losses is absolute, in 1e-4, for they are near 0; that of weights
is along eight random directions, by the distance that they went."""

TRL = ["torch==2.13.0", "trl==1.16.0", "peft"]


def prepare(folder: Path, shape: str, number: int = 256) -> None:
    """Model, tokenizer and rows, where they are not there yet."""
    if (folder / shape).exists():
        return
    tokenizer = make_tokenizer(folder / "tokenizer")
    make_model(folder / shape, shape)
    for path in (folder / shape, folder / f"{shape}_reward"):
        if path.exists():
            tokenizer.save_pretrained(path)
    for method in ("sft", "dpo", "kto", "reward"):
        make_rows(folder / f"{method}.jsonl", method, number)
    prepare_prompts(folder, tokenizer)


def prepare_prompts(folder: Path, tokenizer: Any, number: int = 64, tokens: int = 96) -> None:
    """Prompts of just so many tokens."""
    text = " ".join(json.loads(line)["completion"][0]["content"] for line in (folder / "sft.jsonl").open())
    ids = tokenizer(text[: 40 * number * tokens])["input_ids"]
    prompts = []
    for at in range(number):
        part = tokenizer.decode(ids[at * tokens : (at + 1) * tokens])
        prompts.append({"prompt": part})
    lines = (json.dumps(one) + "\n" for one in prompts)
    (folder / "prompts.jsonl").write_text("".join(lines))


def run(
    python: Path, library: str, folder: Path, method: str, shape: str, *more: str, is_online: bool = False
) -> dict[str, Any]:
    """One run of `train_side.py`, or of `online_side.py`."""
    model = folder / (f"{shape}_reward" if method == "reward" else shape)
    command = [
        str(python),
        str(Path(__file__).with_name("online_side.py" if is_online else "train_side.py")),
        "--library",
        library,
        "--method",
        method,
    ]
    data = "prompts" if is_online else method
    command += ["--model", str(model), "--data", str(folder / f"{data}.jsonl")]
    with tempfile.TemporaryDirectory() as out:
        variables = {
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_CACHE": str(folder / f"cache_{library}"),
            "PYTHONPATH": str(ROOT / "src") if library == "tilth" else "",
        }
        done = subprocess.run(
            [*command, "--out", out, *more], env=os.environ | variables, capture_output=True, text=True
        )
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench"))
    parser.add_argument("--trl", type=Path, help="a Python that has TRL 1.16")
    parser.add_argument("--quick", action="store_true", help="six steps")
    parser.add_argument("--only", nargs="*", default=[], choices=[*CASES, *ONLINE], help="these cases alone")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    prepare(given.folder, "tiny")
    trl = given.trl or environment(given.folder, "trl", TRL)
    ours: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    ratios: dict[str, float] = {}
    for name, (method, settings) in CASES.items():
        if given.only and name not in given.only:
            continue
        more = [
            "--steps",
            "6" if given.quick else "20",
            "--settings",
            json.dumps({"max_length": None, **settings}),
        ]
        ours[name] = run(Path(sys.executable), "tilth", given.folder, method, "tiny", *more)["losses"]
        peers[name] = run(trl, "trl", given.folder, method, "tiny", *more)["losses"]
        pairs = zip(ours[name], peers[name], strict=True)
        ratios[name] = max(abs(a - b) / max(abs(b), 1e-6) for a, b in pairs) * 1e4
    for name, (method, settings) in ONLINE.items():
        if given.only and name not in given.only:
            continue
        more = ["--steps", "6" if given.quick else "12", "--batch", "16", "--settings", json.dumps(settings)]
        ours[name], peers[name] = (
            run(python, library, given.folder, method, "tiny", *more, is_online=True)
            for python, library in ((Path(sys.executable), "tilth"), (trl, "trl"))
        )
        pairs = zip(ours[name]["losses"], peers[name]["losses"], strict=True)
        ratios[name] = max(abs(a - b) for a, b in pairs) * 1e4
        moved = zip(ours[name]["weights"], peers[name]["weights"], strict=True)
        ratios[f"{name}_weights"] = max(abs(a - b) for a, b in moved) * 1e4
    print({name: f"{value:.3f}e-4" for name, value in ratios.items()}, file=sys.stderr)
    goals = {name: "<= 1" for name in ratios}
    finish("parity_trl: largest relative difference of a loss, in 1e-4", ours, {"trl": peers}, ratios, goals)


if __name__ == "__main__":
    main()
