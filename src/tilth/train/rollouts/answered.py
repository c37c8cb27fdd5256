"""Answers on their way from the engine to a batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from tilth.train.batches.packed import Packed, Row, pack
from tilth.train.rollouts.prompts import Prompt


@dataclass(slots=True)
class Answered:
    """One answer, with all that becomes known of it."""

    prompt: Prompt
    group: int
    """Number of the prompt within its round."""
    token_ids: list[int]
    logps: list[float]
    """As the engine said them; 0 for tokens that it did not sample."""
    trained: list[bool]
    """Which tokens the model wrote itself and learns from."""
    finish: str
    version: Any
    completion: Any = None
    """Text, or messages."""
    rewards: list[float | None] = field(default_factory=list)
    """One for each function."""
    reward: float = float("nan")
    """All together; NaN: not judged."""
    columns: dict[str, list[float]] = field(default_factory=dict)
    """Name -> a value for each trained token."""
    extras: dict[str, Any] = field(default_factory=dict)
    """What reward functions logged of it."""
    environment: Any = None

    @property
    def num_trained(self) -> int:
        """Tokens that are learnt from."""
        return sum(self.trained)

    def of_trained(self, values: Sequence[float]) -> list[float]:
        """Those of the trained tokens."""
        return [value for value, counts in zip(values, self.trained, strict=True) if counts]

    def silence(self) -> None:
        """Learn from none of its tokens; it still counts as an answer."""
        self.trained = [False] * len(self.token_ids)
        self.columns = {name: [] for name in self.columns}


def rows_of(answers: Iterable[Answered], names: Sequence[str]) -> list[Row]:
    """Rows in which answers of one group share their prompt; columns hold a value for each trained token of a row."""
    rows: list[Row] = []
    for _, members in groupby(answers, key=lambda one: one.group):
        group = list(members)
        row: dict[str, Any] = {
            "prompt_ids": group[0].prompt.ids,
            "answers": [one.token_ids for one in group],
            "trained": [one.trained for one in group],
        }
        for name in names:
            if name in group[0].columns:
                row[name] = [value for one in group for value in one.columns[name]]
        rows.append(row)
    return rows


def packed_of(answers: Iterable[Answered], names: Sequence[str] = ()) -> Packed:
    """One batch of them."""
    return pack(rows_of(answers, names), names)


def column(packed: Packed, name: str) -> Tensor | None:
    """A column of the trained tokens, [N]; None where the batch has none."""
    found = packed.columns.get(name)
    if found is None or isinstance(found, Tensor):
        return found
    return torch.tensor(
        [value for row in found for value in row], dtype=torch.float32, device=packed.ids.device
    )


def remember(packed: Packed, name: str, values: Tensor) -> None:
    """Keep a column [N] with the batch, for when it is learnt from again."""
    packed.columns[name] = values.detach()


def batches_of(answers: Sequence[Answered], size: int) -> list[Sequence[Answered]]:
    """So many answers at a time."""
    return [answers[at : at + size] for at in range(0, len(answers), size)]


def split_tokens(values: Tensor, answers: Sequence[Answered]) -> list[list[float]]:
    """A value for each trained token [N], as a list for each answer."""
    return [part.tolist() for part in values.float().cpu().split([one.num_trained for one in answers])]
