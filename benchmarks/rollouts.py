"""Answers a second: vLLM in process against transformers in process, 64 prompts of a model of 0.5B's shape, bfloat16.

`python benchmarks/rollouts.py [--quick]`. Weights are random, so an answer ends at a length that is drawn for it, 8 to
`--longest` tokens, as answers in training do: of unlike lengths. Each engine has a process of its own, with the same
number of threads; the peers are transformers' `generate`, and tilth's own engine around a model of transformers. Needs
the environment that `make vllm` makes.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from measure import ROOT, finish

VLLM = Path(os.environ.get("TILTH_VLLM", ROOT / ".venv-vllm")) / "bin" / "python"
SHAPE = {
    "vocab_size": 32_000,
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}
PROMPTS, SHORTEST = 64, 8


def asked(longest: int) -> tuple[list[list[int]], list[int]]:
    """Prompts of 32 to 128 tokens, and how long each answer is."""
    draw = random.Random(0)
    prompts = [[draw.randrange(10, 32_000) for _ in range(draw.randint(32, 128))] for _ in range(PROMPTS)]
    return prompts, [draw.randint(SHORTEST, longest) for _ in range(PROMPTS)]


def by_vllm(folder: str, prompts: list[list[int]], lengths: list[int]) -> float:
    from tilth.train.rollouts.protocol import Sampling
    from tilth.train.rollouts.vllm import Vllm
    from tilth.train.rollouts.vllm_requests import settings

    engine = Vllm(folder, dtype="bfloat16", max_model_len=1024, cache_bytes=2**30, load_format="dummy")
    engine.generate(prompts[:2], Sampling(2))
    how = [
        engine._vllm.SamplingParams(**settings(Sampling(most), at, most, 1), detokenize=False)
        for at, most in enumerate(lengths)
    ]
    began = time.perf_counter()
    found = engine._ask(prompts, how)
    seconds = time.perf_counter() - began
    check([len(one.outputs[0].token_ids) for one in found], lengths)
    return seconds


def model_of(folder: str) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.device("meta"):
        made = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder), dtype=torch.bfloat16)
    made = made.to_empty(device="cpu")
    with torch.no_grad():
        for values in made.parameters():
            values.normal_(0, 0.02)
        for name, values in made.named_buffers():
            assert "inv_freq" in name
            values.copy_(1.0 / 1e4 ** (torch.arange(values.numel()) / values.numel()))
    return made.eval()


def by_generate(folder: str, prompts: list[list[int]], lengths: list[int]) -> float:
    """All prompts in one call, padded to the left; a row that has its length says an end, and is padded from there."""
    import torch
    from transformers import LogitsProcessor, LogitsProcessorList

    model, most = model_of(folder), max(map(len, prompts))
    ids = torch.tensor([[0] * (most - len(one)) + one for one in prompts])
    mask = torch.tensor([[0] * (most - len(one)) + [1] * len(one) for one in prompts])
    ends = torch.tensor(lengths)

    class Ending(LogitsProcessor):  # type: ignore[misc]
        def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
            done = input_ids.shape[1] - most + 1 >= ends
            scores[:, 1] = float("-inf")
            scores[done] = float("-inf")
            scores[done, 1] = 0.0
            return scores

    with torch.no_grad():
        began = time.perf_counter()
        found = model.generate(
            input_ids=ids, attention_mask=mask, do_sample=True, top_k=0, max_new_tokens=max(lengths), eos_token_id=1,
            pad_token_id=0, logits_processor=LogitsProcessorList([Ending()]), min_new_tokens=1,
        )  # fmt: skip
        seconds = time.perf_counter() - began
    check([int((row[most:] == 1).nonzero()[0]) + 1 for row in found], lengths)
    return seconds


def by_tilth(folder: str, prompts: list[list[int]], lengths: list[int]) -> float:
    """The engine in process, told the length of each answer as the room that it has."""
    import torch

    from tilth.train.rollouts.in_process import InProcess, _Run
    from tilth.train.rollouts.protocol import Sampling

    engine = InProcess(model_of(folder))
    run = _Run(engine, prompts, Sampling(max(lengths)), 1, None)
    run.room = list(lengths)
    began = time.perf_counter()
    with torch.no_grad():
        run.to_the_end()
    seconds = time.perf_counter() - began
    check([len(one.token_ids) for one in run.done], lengths)
    return seconds


def check(found: list[int], lengths: list[int]) -> None:
    if found != lengths:
        raise SystemExit(f"answers are of lengths {found}, not {lengths}")


ENGINES = {"vllm": by_vllm, "generate": by_generate, "tilth": by_tilth}


def one(name: str, folder: Path, longest: int, threads: int) -> float:
    """Tokens a second of one engine, in a process of its own."""
    python = str(VLLM) if name == "vllm" else sys.executable
    around = os.environ | {"OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
    around |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "PYTHONPATH": str(ROOT / "src")}
    line = [python, __file__, "--engine", name, "--folder", str(folder), "--longest", str(longest)]
    ended = subprocess.run(line, env=around, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(ended.stdout.splitlines()[-1])["tokens_per_second"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--longest", type=int, default=256)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    longest = 96 if given.quick and not given.engine else given.longest
    prompts, lengths = asked(longest)
    if given.engine:
        seconds = ENGINES[given.engine](str(given.folder), prompts, lengths)
        print(json.dumps({"tokens_per_second": sum(lengths) / seconds}))
        return
    from transformers import Qwen2Config

    with tempfile.TemporaryDirectory() as folder:
        Qwen2Config(**SHAPE, architectures=["Qwen2ForCausalLM"]).save_pretrained(folder)
        rates = {name: one(name, Path(folder), longest, given.threads) for name in ENGINES}
    ratios = {
        "vllm_of_generate": rates["vllm"] / rates["generate"],
        "vllm_of_tilth": rates["vllm"] / rates["tilth"],
    }
    finish(
        "rollouts",
        {
            "vllm_tokens_per_second": round(rates["vllm"], 1),
            "tilth_tokens_per_second": round(rates["tilth"], 1),
        },
        {"generate_tokens_per_second": round(rates["generate"], 1)},
        ratios,
        dict.fromkeys(ratios, ">= 2"),
    )


if __name__ == "__main__":
    main()
