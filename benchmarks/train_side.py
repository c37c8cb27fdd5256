"""One training run by either library, as one script: only the import differs. Prints its figures as JSON."""

import argparse
import json
import resource
import time
from importlib import import_module
from typing import Any


class Products:
    """The floor of the measured steps: their matrix products alone, on the tokens that count.

    For each layer the product itself and, where it is trained, those of its two gradients; for the head the same on the
    trained tokens. Attention and all that is done element by element are left out.
    """

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int, int, bool]] = []

    def listen(self) -> None:
        import torch

        from tilth.train.heads import scores

        def layer(module: Any, inputs: Any, output: Any) -> None:
            if isinstance(module, torch.nn.Linear):
                rows = inputs[0].numel() // module.in_features
                self.sizes.append((rows, module.in_features, module.out_features, torch.is_grad_enabled()))

        head = scores.token_logps

        def heard(hidden: Any, weight: Any, *more: Any, **others: Any) -> Any:
            vocabulary, width = weight.shape
            self.sizes.append((len(hidden), width, vocabulary, torch.is_grad_enabled()))
            return head(hidden, weight, *more, **others)

        torch.nn.modules.module.register_module_forward_hook(layer)
        scores.token_logps = heard

    def seconds(self) -> float:
        import torch

        total = 0.0
        for rows, width, out, is_trained in self.sizes:
            states, weight, result = torch.randn(rows, width), torch.randn(out, width), torch.randn(rows, out)
            start = time.process_time()
            torch.mm(states, weight.t(), out=result)
            if is_trained:
                torch.mm(result, weight, out=states)
                torch.mm(result.t(), states, out=weight)
            total += time.process_time() - start
        return total


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
    products = Products() if given.library == "tilth" else None
    library = import_module("trl" if given.library == "trl" else "tilth.train")
    name = NAMES[given.method]

    class Clock(TrainerCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self.at: list[float] = []

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if products and state.global_step == given.warm:
                products.listen()
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = [line for line in trainer.state.log_history if "loss" in line]
    print(
        json.dumps(
            {
                "cpu_seconds_per_step": sum(measured) / len(measured),
                "floor_cpu_seconds_per_step": products.seconds() / len(measured) if products else None,
                "prepare_cpu_seconds": prepared,
                "peak_mb": peak,
                "losses": [line["loss"] for line in lines],
                "num_tokens": lines[-1].get("num_tokens"),
            }
        )
    )


if __name__ == "__main__":
    main()
