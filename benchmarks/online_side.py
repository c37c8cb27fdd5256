"""One online run by either library on answers that are given: only the import differs. Prints its figures as JSON."""

import argparse
import json
import random
import resource
import time
from importlib import import_module
from typing import Any

NAMES = {"grpo": "GRPO", "rloo": "RLOO"}
END = 2


def answers_to(ids: list[int], number: int, least: int, most: int, vocabulary: int) -> list[list[int]]:
    """Always the same answers to a prompt, of several lengths; the last one is cut."""
    rng = random.Random(json.dumps(ids))
    found = []
    for _ in range(number):
        length = rng.randint(least, most)
        found.append([rng.randrange(3, vocabulary) for _ in range(length - 1)] + [END])
    found[-1] = [rng.randrange(3, vocabulary) for _ in range(most)]
    return found


def judged(completion_ids: list[list[int]], **_: Any) -> list[float]:
    """A reward that tells answers apart."""
    return [(sum(ids) % 97) / 97 + (ids[-1] == END) for ids in completion_ids]


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("library", "method", "model", "data", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--warm", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--settings", default="{}")
    parser.add_argument("--lengths", type=int, nargs=2, default=(8, 24))
    given = parser.parse_args()

    import torch
    from datasets import load_dataset
    from transformers import AutoConfig, TrainerCallback

    torch.set_num_threads(1)
    is_trl = given.library == "trl"
    library = import_module("trl" if is_trl else "tilth.train")
    name = NAMES[given.method]
    vocabulary = min(AutoConfig.from_pretrained(given.model).vocab_size, 8192)

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.at: list[float] = []

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.at.append(time.process_time())

    clock = Clock()
    settings: dict[str, Any] = {
        "output_dir": given.out, "use_cpu": True, "bf16": False, "gradient_checkpointing": False, "learning_rate": 1e-3,
        "lr_scheduler_type": "constant", "max_grad_norm": 1.0, "seed": 0, "save_strategy": "no", "logging_steps": 1,
        "report_to": "none", "disable_tqdm": True, "max_steps": given.steps, "shuffle_dataset": False,
        "per_device_train_batch_size": given.batch, "dataloader_pin_memory": False, "num_generations": 8,
        "max_completion_length": given.lengths[1],
    }  # fmt: skip
    settings |= json.loads(given.settings)
    if not is_trl:
        settings |= {"save_completions": False, "reward_workers": 0}
    number = settings["num_generations"]
    data = load_dataset("json", data_files=given.data, split="train")

    def said(prompt: Any) -> list[list[int]]:
        return answers_to(list(prompt), number, *given.lengths, vocabulary)

    face = getattr(library, f"{name}Trainer")
    more: dict[str, Any] = {}
    if is_trl:

        class Scripted(face):  # type: ignore[valid-type,misc]
            def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> Any:
                found = [said(prompt)[at % number] for at, prompt in enumerate(prompt_ids)]
                return (found, None) if name == "GRPO" else found

        face = Scripted
    else:
        from tilth.train.rollouts.protocol import Answer

        class Engine:
            is_shared = True

            def generate(self, prompts: Any, sampling: Any, answers: int = 1) -> Any:
                return [
                    [
                        Answer(ids, [0.0] * len(ids), "stop" if ids[-1] == END else "length", 0)
                        for ids in said(prompt)
                    ]
                    for prompt in prompts
                ]

            def load(self, weights: Any, version: int) -> None: ...

            def close(self) -> None: ...

        engine = Engine()
        # The answers are not this model's own: what it thinks of them has to be asked.
        engine.is_shared = given.method != "rloo"
        more = {"engine": engine}
        if given.method == "rloo":
            settings["importance_sampling_correction"] = False
    trainer = face(
        given.model,
        judged,
        args=getattr(library, f"{name}Config")(**settings),
        train_dataset=data,
        callbacks=[clock],
        **more,
    )
    before = time.process_time()
    trainer.train()
    steps = [end - start for start, end in zip([before, *clock.at], clock.at, strict=False)]
    measured = sorted(steps[given.warm :])
    lines = [line for line in trainer.state.log_history if "loss" in line]
    trainer.model.save_pretrained(given.out)
    flat = torch.cat([one.detach().flatten().float() for one in trainer.model.parameters()])
    draw = torch.Generator().manual_seed(0)
    print(
        json.dumps(
            {
                "cpu_seconds_per_step": sum(measured) / len(measured),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "losses": [line["loss"] for line in lines],
                "weights": [
                    float(flat @ torch.randn(len(flat), generator=draw) / len(flat) ** 0.5) for _ in range(8)
                ],
            }
        )
    )


if __name__ == "__main__":
    main()
