"""`tilth train tokens`: what a recipe's rows are to a model, and which of their tokens it is trained on."""

import sys
from pathlib import Path
from typing import Any

from tilth.cli.options import Output
from tilth.cli.output import emit, paint, say

_NEEDS = {
    "sft": "sft",
    "dpo": "preference",
    "cpo": "preference",
    "orpo": "preference",
    "reward": "preference",
    "kto": "unpaired",
    "bco": "unpaired",
    "tpo": "triple",
    "prm": "stepwise",
    "grpo": "prompt",
    "rloo": "prompt",
}
"""Method -> what it learns from."""

_OPTIONS = {
    "dataset_text_field": "text_column",
    "chat_template_path": "chat_template",
    "chat_template_kwargs": "chat_template_kwargs",
    "eos_token": "eos_token",
    "max_length": "max_length",
    "truncation_mode": "truncation",
    "completion_only_loss": "completion_only",
    "assistant_only_loss": "assistant_only",
    "turns": "turns",
    "step_separator": "step_separator",
    "train_on_last_step_only": "last_step_only",
    "on_empty": "on_empty",
}
"""Key of a recipe -> the option of rows that it sets."""


def tokens(recipe: Path, /, *, method: str = "", limit: int = 5, output: Output = "auto") -> None:
    """Show rows of a recipe as a model reads them, trained tokens in colour, and the account of all tokens.

    Nothing is trained and no model is loaded: only the tokenizer and the rows. Where there is no colour, what is
    trained stands between ⟦ and ⟧.

    Example: tilth train tokens sft.yaml

    Parameters
    ----------
    recipe
        YAML file with the keys of a training run.
    method
        sft, dpo, cpo, orpo, reward, kto, bco, tpo, prm, grpo or rloo; the recipe's `method` by default, or sft.
    limit
        How many rows to show.
    """
    from tilth.config.load import load_yaml
    from tilth.train.rows.show import stretches

    keys = load_yaml(recipe)
    prepared, tokenizer = _prepared(keys, method or str(keys.get("method", "sft")))
    rows = prepared.rows if hasattr(prepared.rows, "select") else prepared.rows.take(limit)
    shown = [
        {"row": row["row"], "stretches": stretches(row, tokenizer)}
        for row in (rows.select(range(min(limit, len(rows)))) if hasattr(rows, "select") else rows)
    ]
    if output == "json":
        emit({"shape": prepared.shape.line(), "account": prepared.account.record(), "rows": shown}, output)
        return
    for row in shown:
        _write(row["row"], row["stretches"])
    say(prepared.shape.line(len(rows) if hasattr(rows, "__len__") else None))
    for line in prepared.account.lines():
        say(line)


def _prepared(keys: dict[str, Any], method: str) -> Any:
    from transformers import AutoTokenizer

    from tilth.errors import UserError
    from tilth.train.rows.options import RowOptions
    from tilth.train.rows.recipe import rows_of

    if method not in _NEEDS:
        raise UserError(f"there is no method `{method}`", hint=f"one of {', '.join(_NEEDS)}")
    model = keys.get("model_name_or_path")
    if not model:
        raise UserError(
            "the recipe names no model", hint="`model_name_or_path: PATH`, whose tokenizer reads the rows"
        )
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise UserError(
            f"the tokenizer of `{model}` cannot be read: {first}", hint="check `model_name_or_path`"
        ) from error
    entries = keys.get("datasets") or []
    if not entries and keys.get("dataset_name"):
        one = {
            "path": keys["dataset_name"],
            "name": keys.get("dataset_config"),
            "split": keys.get("dataset_train_split"),
        }
        entries = [{key: value for key, value in one.items() if value is not None}]
    options = RowOptions(**{name: keys[key] for key, name in _OPTIONS.items() if key in keys})
    prepared = rows_of(
        entries,
        tokenizer,
        _NEEDS[method],  # type: ignore[arg-type]
        options,
        curriculum=keys.get("curriculum") or (),
        order_by=keys.get("order_by"),
        seed=int(keys.get("seed", 0)),
    )
    return prepared, tokenizer


def _write(number: int, parts: list[list[tuple[str, bool]]]) -> None:
    out = sys.stdout
    is_coloured = paint("x", "green", out) != "x"
    out.write(f"{paint(f'row {number}', 'cyan', out)}\n")
    for at, part in enumerate(parts):
        if len(parts) > 2 and at:
            out.write(f"{paint(f'answer {at}', 'cyan', out)}\n")
        for text, is_trained in part:
            marked = paint(text, "green", out) if is_coloured else f"⟦{text}⟧"
            out.write(marked if is_trained else text)
        out.write("\n" if part else "")
    out.write("\n")
