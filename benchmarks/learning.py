"""Online methods learn: the pass rate of a checkable task, from below 0.4 to above 0.8, three seeds each, as a curve.

The task is to say the larger of two digits. A tiny model is first trained on answers of which most are wrong, so it
knows what an answer looks like and is right about every third time; then each method has only the reward.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from benchmarks.measure import ROOT, finish

METHODS: dict[str, dict[str, Any]] = {
    "GRPO": {"num_generations": 8, "learning_rate": 5e-4},
    "RLOO": {"num_generations": 8, "learning_rate": 5e-4, "beta": 0.005},
    "PPO": {"num_generations": 1, "learning_rate": 5e-4, "num_ppo_epochs": 2, "kl_coef": 0.005, "response_length": 4,
            "temperature": 1.0},
}  # fmt: skip
LETTERS = "0123456789,="
RIGHT = 0.25
STEPS, EVERY = 100, 10


def tokenizer() -> Any:
    """One token for each digit and sign."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: at for at, word in enumerate(["<pad>", "<end>", "<other>", *LETTERS])}
    inner = Tokenizer(models.WordLevel(words, unk_token="<other>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="<end>", unk_token="<other>"
    )


def started(folder: Path, seed: int) -> None:
    """The model after supervised training on answers that are mostly wrong."""
    import torch
    import transformers
    from datasets import Dataset

    from tilth.train import SFTConfig, SFTTrainer

    rng = random.Random(seed)
    rows = []
    for _ in range(6000):
        a, b = rng.randrange(10), rng.randrange(10)
        said = max(a, b) if rng.random() < RIGHT else rng.randrange(10)
        rows.append({"prompt": f"{a},{b}=", "completion": str(said)})
    config = transformers.Qwen3Config(
        vocab_size=32, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=64, tie_word_embeddings=False,
    )  # fmt: skip
    torch.manual_seed(seed)
    trainer = SFTTrainer(
        transformers.Qwen3ForCausalLM(config),
        args=SFTConfig(
            str(folder), per_device_train_batch_size=64, learning_rate=3e-3, num_train_epochs=6, seed=seed,
            save_strategy="no", report_to="none", disable_tqdm=True, gradient_checkpointing=False,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer(),
    )  # fmt: skip
    trainer.train()
    trainer.save_model()


def right(completions: list[str], answer: list[str], **_: Any) -> list[float]:
    """1 where the answer is right."""
    return [float(said == wanted) for said, wanted in zip(completions, answer, strict=True)]


def learnt(method: str, folder: Path, seed: int, steps: int) -> list[float]:
    """Pass rates on all pairs, before the first step and then every few."""
    from datasets import Dataset
    from transformers import TrainerCallback

    import tilth.train

    pairs = Dataset.from_list(
        [{"prompt": f"{a},{b}=", "answer": str(max(a, b))} for a in range(10) for b in range(10)]
    )
    rates: list[float] = []

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
            rates.append(metrics["eval_reward"])

    settings = {
        "per_device_train_batch_size": 128, "max_completion_length": 4, "max_steps": steps, "eval_strategy": "steps",
        "eval_steps": EVERY, "eval_on_start": True, "num_generations_eval": 4, "save_strategy": "no",
        "report_to": "none", "disable_tqdm": True, "seed": seed, "gradient_checkpointing": False,
        "save_completions": False, "lr_scheduler_type": "constant",
    }  # fmt: skip
    trainer = getattr(tilth.train, f"{method}Trainer")(
        str(folder),
        right,
        args=getattr(tilth.train, f"{method}Config")(str(folder / method), **settings | METHODS[method]),
        train_dataset=pairs,
        eval_dataset=pairs,
        callbacks=[Watch()],
    )
    trainer.train()
    return rates


def interval(values: list[float]) -> float:
    """Half of the 95 % confidence interval of a mean (Student's t)."""
    number = len(values)
    mean = sum(values) / number
    spread = (sum((one - mean) ** 2 for one in values) / max(number - 1, 1)) ** 0.5
    return {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}.get(number, 1.96) * spread / number**0.5


def drawn(curves: dict[str, list[list[float]]], path: Path) -> None:
    """One line for each method, with its interval; pass rate over steps."""
    width, height, edge = 640, 360, 48
    colours = ["#1b6ca8", "#c25e00", "#3d8b37"]
    last = max(len(runs[0]) for runs in curves.values()) - 1

    def place(at: int, rate: float) -> str:
        x = edge + (width - 2 * edge) * at / last
        return f"{x:.1f},{height - edge - (height - 2 * edge) * min(max(rate, 0), 1):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        'font-family="sans-serif" font-size="12">',
        "<title>Pass rate over steps: mean and 95 % interval over seeds</title>",
    ]
    for rate in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        start, end = place(0, rate).split(","), place(last, rate).split(",")
        parts.append(f'<path d="M{",".join(start)} L{",".join(end)}" stroke="#ccc"/>')
        parts.append(f'<text x="{edge - 8}" y="{float(start[1]) + 4}" text-anchor="end">{rate}</text>')
    for at in range(0, last + 1, 2):
        x = place(at, 0).split(",")[0]
        parts.append(f'<text x="{x}" y="{height - edge + 18}" text-anchor="middle">{at * EVERY}</text>')
    for number, (name, runs) in enumerate(curves.items()):
        points = list(zip(*runs, strict=True))
        means = [sum(one) / len(one) for one in points]
        half = [interval(list(one)) for one in points]
        up = [place(at, mean + more) for at, (mean, more) in enumerate(zip(means, half, strict=True))]
        down = [place(at, mean - more) for at, (mean, more) in enumerate(zip(means, half, strict=True))]
        colour = colours[number % len(colours)]
        parts.append(f'<path d="M{" L".join([*up, *reversed(down)])} Z" fill="{colour}" opacity="0.15"/>')
        line = " L".join(place(at, mean) for at, mean in enumerate(means))
        parts.append(f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{width - edge + 4}" y="{edge + 16 * number}" fill="{colour}">{name}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("bench"))
    parser.add_argument("--quick", action="store_true", help="one seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("METHOD", "SEED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        method, seed = given.one[0], int(given.one[1])
        with tempfile.TemporaryDirectory() as place:
            started(Path(place), seed)
            print(json.dumps(learnt(method, Path(place), seed, STEPS)))
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    seeds = 1 if given.quick else given.seeds
    curves = {method: [_run(method, seed) for seed in range(seeds)] for method in METHODS}
    drawn(curves, given.folder / "learning.svg")
    ratios, goals = {}, {}
    for method, runs in curves.items():
        ratios[f"{method}_before"] = max(run[0] for run in runs)
        ratios[f"{method}_after"] = min(run[-1] for run in runs)
        goals |= {f"{method}_before": "<= 0.4", f"{method}_after": ">= 0.8"}
    finish("learning", curves, {}, ratios, goals)


def _run(method: str, seed: int) -> list[float]:
    variables = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, __file__, "--one", method, str(seed)],
        env=os.environ | variables, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    rates: list[float] = json.loads(done.stdout.splitlines()[-1])
    print(method, seed, [round(one, 2) for one in rates], file=sys.stderr)
    return rates


if __name__ == "__main__":
    main()
