"""`tilth train score`: how good answers are, by a trained reward model, and which of several is best."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tilth.errors import UserError


def score(model: str, rows: Path, /, *, how: str = "min", steps: str = "auto", best: bool = False) -> None:
    """Score answers by a reward model or a process reward model: a JSON line for each row.

    A row has a `prompt`, and a `completion` or a list of `completions`. The lines have `score`, or `scores`, beside
    them; with a process reward model also those of each step.

    Example: tilth train score prm answers.jsonl --best

    Parameters
    ----------
    model
        Folder of a model that `tilth train reward` or `tilth train prm` made.
    rows
        File with the rows.
    how
        What makes one score of those of the steps: min, product, mean, last or soft_min.
    steps
        How an answer is cut into steps: auto, tagged, named, numbered, paragraphs or lines.
    best
        Keep the best of each row's answers alone.
    """
    from tilth.train.rows.sources import load
    from tilth.train.scoring import Scorer

    scorer = Scorer.load(model, how=how, steps=steps)
    for number, row in enumerate(load(str(rows)).rows):
        for line in _lines(scorer, row, number, best=best):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


def _lines(scorer: Any, row: Mapping[str, Any], number: int, *, best: bool) -> Iterator[dict[str, Any]]:
    answers = row["completions"] if row.get("completions") is not None else [row.get("completion")]
    if row.get("prompt") is None or not answers or answers[0] is None:
        raise UserError(
            "it needs a `prompt`, and a `completion` or a list of `completions`", where=f"row {number}"
        )
    prompts = [row["prompt"]] * len(answers)
    steps = scorer.step_scores(prompts, answers)
    scores = scorer.combined(steps)
    each = {"step_scores": steps} if scorer.judges_steps else {}
    if best:
        first = max(range(len(answers)), key=lambda at: -float("inf") if scores[at] is None else scores[at])
        yield {"prompt": row["prompt"], "completion": answers[first], "score": scores[first]}
    elif row.get("completions") is not None:
        yield {**row, "scores": scores, **each}
    else:
        yield {**row, "score": scores[0], **{name: values[0] for name, values in each.items()}}
