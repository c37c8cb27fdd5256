"""Answers to other prompts: what a policy says where an answer does not belong (the reference point of KTO)."""

from typing import Any

import numpy as np
from torch import Tensor

from tilth.errors import UserError
from tilth.train.batches.packed import Packed, Row, pack

ANSWER = "other_answer"
"""Column: token ids of another row's answer."""

REFERENCE = "other_reference"
"""Column: the summed log-probability of that answer behind this prompt, by the reference."""


def deal(rows: Any, seed: int) -> Any:
    """Give every row the answer of another one, drawn over the whole dataset: a random cycle through all rows.

    Args:
        rows: A `datasets.Dataset` of rows with one answer each.
        seed: Of the draw.

    Raises:
        UserError: There is one row only, or rows come as a stream.
    """
    if not hasattr(rows, "add_column"):
        raise UserError("the other answers are drawn over the whole dataset, and rows come as a stream")
    if len(rows) < 2:
        raise UserError(
            "one row has no other row's answer to compare with", hint="train on two rows at least"
        )
    order = np.random.default_rng(seed).permutation(len(rows))
    giver = np.empty_like(order)
    giver[order] = np.roll(order, 1)
    answers = [one[0] for one in rows.with_format(None)["answers"]]
    return rows.add_column(ANSWER, [answers[index] for index in giver.tolist()])


def as_rows(rows: Any) -> Any:
    """A dataset of the prompts, each with the other row's answer, all of which counts."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {"answers": [row[ANSWER]], "trained": [[True] * len(row[ANSWER])]}

    return rows.select_columns(["prompt_ids", "answers", "trained", ANSWER]).map(
        changed, remove_columns=[ANSWER], load_from_cache_file=False
    )


def packed_others(packed: Packed) -> Packed:
    """The same for the rows of a batch."""
    ids: Tensor = packed.ids[0].cpu()
    rows: list[Row] = [
        {
            "prompt_ids": ids[group.start : group.prompt_end].tolist(),
            "answers": [answer],
            "trained": [[True] * len(answer)],
        }
        for group, answer in zip(packed.groups, packed.columns[ANSWER], strict=True)
    ]
    return pack(rows).to(packed.ids.device)
