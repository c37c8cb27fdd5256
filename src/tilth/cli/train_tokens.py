"""`tilth train tokens`: what a recipe's rows are to a model, and which of their tokens it is trained on."""

import sys
from pathlib import Path

from tilth.cli.options import Output
from tilth.cli.output import emit, paint, say


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
    from tilth.train.rows.recipe import from_keys
    from tilth.train.rows.show import stretches

    keys = load_yaml(recipe)
    prepared, tokenizer = from_keys(keys, method or str(keys.get("method", "sft")))
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
