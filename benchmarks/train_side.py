"""One training run by either library, as one script: only the import differs. Prints its figures as JSON."""

import argparse
import json
import resource
import time
from importlib import import_module
from typing import Any

NAMES = {"sft": "SFT", "dpo": "DPO", "kto": "KTO", "reward": "Reward"}


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("library", "method", "model", "data", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--warm", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--settings", default="{}")
    given = parser.parse_args()

    import torch
    from datasets import load_dataset
    from transformers import TrainerCallback

    torch.set_num_threads(1)
    library = import_module("trl" if given.library == "trl" else "tilth.train")
    name = NAMES[given.method]

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.at: list[float] = []

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.at.append(time.process_time())

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.at.append(time.process_time())

    clock = Clock()
    settings: dict[str, Any] = {
        "output_dir": given.out, "use_cpu": True, "bf16": False, "gradient_checkpointing": False,
        "learning_rate": 1e-4, "lr_scheduler_type": "constant", "max_grad_norm": 1.0, "seed": 0, "data_seed": 0,
        "save_strategy": "no", "logging_steps": 1, "max_length": 512, "report_to": "none", "disable_tqdm": True,
        "max_steps": given.steps, "per_device_train_batch_size": given.batch, "dataloader_pin_memory": False,
    }  # fmt: skip
    settings |= json.loads(given.settings)
    data = load_dataset("json", data_files=given.data, split="train")
    before = time.process_time()
    trainer = getattr(library, f"{name}Trainer")(
        given.model,
        args=getattr(library, f"{name}Config")(**settings),
        train_dataset=data,
        callbacks=[clock],
    )
    prepared = time.process_time() - before
    trainer.train()
    steps = [end - start for start, end in zip(clock.at[::2], clock.at[1::2], strict=True)]
    measured = sorted(steps[given.warm :])
    lines = [line for line in trainer.state.log_history if "loss" in line]
    print(
        json.dumps(
            {
                "cpu_seconds_per_step": sum(measured) / len(measured),
                "prepare_cpu_seconds": prepared,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "losses": [line["loss"] for line in lines],
                "num_tokens": lines[-1].get("num_tokens"),
            }
        )
    )


if __name__ == "__main__":
    main()
