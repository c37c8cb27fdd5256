"""`tilth train`: rows in, a better model out."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cyclopts import App

from tilth.cli.options import DryRun, Output, Overrides
from tilth.cli.output import emit, say
from tilth.cli.register import register_run
from tilth.cli.train_eval import evaluate
from tilth.cli.train_score import score
from tilth.cli.train_tokens import tokens

app = App(name="train", help="Train a model; look at what it would learn from.")

METHODS = {
    "sft": "Supervised fine-tuning: imitate texts, completions or what assistants say.",
    "dpo": "Direct preference optimisation: pairs of answers, measured from a reference.",
    "kto": "Kahneman-Tversky optimisation: single answers, good or bad.",
    "bco": "Binary classifier optimisation: single answers, good or bad.",
    "orpo": "Odds-ratio preference optimisation: pairs of answers, no reference.",
    "cpo": "Contrastive preference optimisation, SimPO, AlphaPO: pairs of answers, no reference.",
    "tpo": "Triple preference optimisation: pairs of answers and one to imitate.",
    "reward": "A reward model from pairs of answers.",
    "prm": "A process reward model from solutions with labelled steps.",
    "grpo": "Group-relative policy optimisation: the model answers, rewards judge.",
    "rloo": "REINFORCE leave-one-out: the model answers, rewards judge.",
    "ppo": "Proximal policy optimisation: the model answers, rewards judge, values tell tokens apart.",
    "online-dpo": "Online DPO, XPO, Nash-MD: the model answers twice, rewards prefer.",
}
"""Method -> its help."""


def _command(method: str, says: str) -> Callable[..., None]:
    def train(*arguments: Overrides, config: Path | None = None, dry_run: DryRun = False) -> None:
        _train(method, arguments, config, dry_run)

    train.__doc__ = f"""{says}

    Every setting is a key of the config and an option: `--learning_rate 1e-5`. The names are TRL's.

    Example: tilth train {method} --config run.yaml --learning_rate 1e-5

    Parameters
    ----------
    arguments
        Settings of this run, which go before those of the config.
    config
        YAML file with the settings of a run.
    """
    return train


for _name, _says in METHODS.items():
    app.command(_command(_name, _says), name=_name, help=_says)


@app.command
def memory(recipe: Path, /, *, method: str = "", output: Output = "auto") -> None:
    """Say what a run needs on one device, part by part; nothing is loaded.

    Example: tilth train memory run.yaml --method dpo

    Parameters
    ----------
    recipe
        YAML file with the settings of a run.
    method
        The recipe's `method` by default, or sft.
    """
    from tilth.config.load import load_yaml
    from tilth.train.recipe import plan

    keys = load_yaml(recipe)
    emit(plan(method or str(keys.get("method", "sft")), keys).memory().rows(), output)


app.command(tokens, name="tokens")
app.command(evaluate, name="eval")
app.command(score, name="score")


@app.command
def merge(adapter: str, folder: Path, /) -> None:
    """Make one model of an adapter and the model that it was trained on; what is saved is read back and compared.

    Example: tilth train merge run model

    Parameters
    ----------
    adapter
        Folder of the adapter.
    folder
        Where the whole model goes.
    """
    from tilth.train.merging import merge as merged

    difference = merged(adapter, folder)
    say(f"saved in `{folder}`; its log-probabilities differ by {difference:.1e} nats at most")


@app.command
def vllm_serve(
    model: str, /, *more: Overrides, host: str = "127.0.0.1", port: int = 8000, dtype: str = "float32"
) -> None:
    """Start a vLLM server that takes weights from a trainer, with what it needs on a CPU or a GPU.

    All other options are vLLM's own: `--max-model-len 4096`, `--tensor-parallel-size 2`.

    Example: tilth train vllm-serve ./model --port 8001

    Parameters
    ----------
    model
        Folder or name of the model; its weights are replaced by the trainer's.
    more
        Options of vLLM.
    host
        Address that it listens on; whoever reaches it can replace the weights.
    port
        Port that it listens on.
    dtype
        Type of the weights: that which the trainer has.
    """
    from tilth.train.rollouts.serving import serve

    serve(model, host, port, dtype, more)


def _train(method: str, arguments: tuple[str, ...], config: Path | None, dry_run: bool) -> None:
    from tilth.train.launch.start import KEYS, command

    keys = _keys(arguments, config)
    launched = command(
        {key: keys.pop(key) for key in KEYS if key in keys}, _without(method, arguments, config)
    )
    if launched is not None and not dry_run:
        _become(launched)
    from tilth.train.recipe import plan

    made = plan(method, keys)
    if not dry_run:
        made.run()
        say(f"saved in `{made.config.output_dir}`")
        register_run(Path(made.config.output_dir))
        return
    from tilth.config.yaml_text import write_yaml

    prepared, _ = made.rows()
    sys.stdout.write(write_yaml({"method": method, **made.resolved()}))
    for line in (prepared.shape.line(), *prepared.account.lines()):
        say(line)
    emit(made.memory().rows(), "auto")


def _keys(arguments: tuple[str, ...], config: Path | None) -> dict[str, Any]:
    """The config's keys and, before them, those of the command line; `--a-b` is `a_b`."""
    from tilth.config.load import load_yaml
    from tilth.config.overrides import parse
    from tilth.config.yaml_text import read_yaml

    given: Mapping[str, Any] = {
        key.replace("-", "_"): read_yaml(text, where=f"--{key}") for key, text in parse(arguments)
    }
    return {**(load_yaml(config) if config else {}), **given}


def _without(method: str, arguments: tuple[str, ...], config: Path | None) -> list[str]:
    """The same command for one of the processes: keys of the launcher are read again, and have no effect there."""
    return ["train", method, *(["--config", str(config)] if config else []), *arguments]


def _become(launched: list[str]) -> None:
    import os

    os.execv(launched[0], launched)
