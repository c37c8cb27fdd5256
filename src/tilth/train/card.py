"""The card of a trained model: what it was made from, how, and what became of every token."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import transformers

from tilth import __version__
from tilth.config.yaml_text import write_yaml
from tilth.store.atomic import write_text

_SETTINGS = (
    "learning_rate", "lr_scheduler_type", "warmup_steps", "per_device_train_batch_size",
    "gradient_accumulation_steps", "num_train_epochs", "max_steps", "optim", "weight_decay", "max_grad_norm", "seed",
    "bf16", "fp16",
)  # fmt: skip
"""Of transformers' own settings, those that are always told; a method's own are told where they are not the default."""


def write_card(trainer: Any, folder: Path) -> None:
    """Writes `README.md` into the folder of a model.

    Args:
        trainer: What trained it.
        folder: Where the model is saved.
    """
    method = trainer.method
    base = getattr(trainer.model.config, "_name_or_path", "") or ""
    head = {
        "library_name": "peft" if hasattr(trainer.model, "peft_config") else "transformers",
        **({"base_model": base} if base and not Path(base).is_absolute() else {}),
        "tags": ["tilth", *([method.name.lower()] if method else [])],
        **({"datasets": list(trainer.dataset_names)} if trainer.dataset_names else {}),
    }
    name = Path(base).name or type(trainer.model).__name__
    lines = [
        f"---\n{write_yaml(head)}---\n",
        f"# {name}{f', by {method.name}' if method else ''}\n",
        f"Trained with tilth {__version__} (transformers {transformers.__version__}).\n",
        *_run(trainer),
        *_tokens(Path(trainer.args.output_dir)),
        "## Settings\n",
        *(f"- `{key}`: {value}" for key, value in _settings(trainer.args)),
    ]
    if method and method.paper:
        lines += ["", f"The method is that of {method.paper}."]
    write_text(folder / "README.md", "\n".join(lines) + "\n")


def _run(trainer: Any) -> Iterator[str]:
    state = trainer.state
    losses = [line["loss"] for line in state.log_history if "loss" in line]
    if not losses:
        return
    yield "## Run\n"
    yield f"- steps: {state.global_step:,}, epochs: {state.epoch:.2f}"
    yield f"- loss: {losses[0]:.4f} in the first line of metrics, {losses[-1]:.4f} in the last"
    yield f"- tokens through the model: {state.num_input_tokens_seen:,}\n"


def _tokens(run: Path) -> Iterator[str]:
    for name in ("tokens_train.json", "tokens.json"):
        if (run / name).exists():
            account = json.loads((run / name).read_text("utf-8"))
            yield "## Data\n"
            numbers = {key: value for key, value in account.items() if isinstance(value, int) and value}
            yield "".join(f"- {key}: {value:,}\n" for key, value in numbers.items())
            return


def _settings(args: Any) -> Iterator[tuple[str, Any]]:
    for name in _SETTINGS:
        value = getattr(args, name)
        yield name, getattr(value, "value", value)
    own = {one.name for one in fields(transformers.TrainingArguments)}
    for one in fields(args):
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if one.name not in own and getattr(args, one.name) != default:
            yield one.name, getattr(args, one.name)
