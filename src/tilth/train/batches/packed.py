"""Rows of token ids back to back: no padding, a prompt once in front of all the answers that share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

Row = Mapping[str, Any]
"""`prompt_ids: list[int]`, `answers: list[list[int]]`, `trained: list[list[bool]]`, and the columns of a method."""


@dataclass(frozen=True, slots=True)
class Group:
    """Where one row lies: its prompt, and behind it its answers; ends are exclusive."""

    start: int
    prompt_end: int
    answer_ends: tuple[int, ...]

    @property
    def end(self) -> int:
        """The token behind the last answer."""
        return self.answer_ends[-1] if self.answer_ends else self.prompt_end

    @property
    def answers(self) -> list[tuple[int, int]]:
        """(start, end) of each answer."""
        return list(zip((self.prompt_end, *self.answer_ends[:-1]), self.answer_ends, strict=True))


@dataclass(frozen=True)
class Packed:
    """Rows in one sequence of T tokens, with N trained tokens in A answers."""

    ids: Tensor
    """Token ids, [1, T]."""
    positions: Tensor
    """Position of each token in its own row, [1, T]: every answer begins where the prompt ends."""
    groups: tuple[Group, ...]
    """One for each row: who may attend to whom."""
    sources: Tensor
    """Where the hidden state lies that predicts each trained token, [N]."""
    targets: Tensor
    """The trained tokens themselves, [N]."""
    owners: Tensor
    """Answer of each trained token, counted through the batch, [N]."""
    columns: dict[str, list[Any]] = field(default_factory=dict)
    """What a method keeps beside the tokens: one value for each row."""

    @property
    def num_rows(self) -> int:
        """How many rows are in the batch."""
        return len(self.groups)

    @property
    def num_answers(self) -> int:
        """A: how many answers all rows have together."""
        return sum(len(group.answer_ends) for group in self.groups)

    @property
    def num_tokens(self) -> int:
        """T: tokens that go through the model."""
        return self.ids.shape[-1]

    @property
    def num_trained(self) -> int:
        """N: tokens that count."""
        return self.targets.shape[0]

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "Packed":
        """The same batch on another device."""
        moved = {
            one.name: value.to(device, non_blocking=non_blocking)
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), Tensor)
        }
        return replace(self, **moved)

    def pin_memory(self) -> "Packed":
        """The same batch in memory that a device copies from without waiting."""
        moved = {
            one.name: value.pin_memory()
            for one in fields(self)
            if isinstance(value := getattr(self, one.name), Tensor)
        }
        return replace(self, **moved)

    def last_tokens(self) -> Tensor:
        """Index of the last token of each answer, [A]; of its prompt, where the answer is empty."""
        found = [
            (end if end > start else group.prompt_end) - 1
            for group in self.groups
            for start, end in group.answers
        ]
        return torch.tensor(found, dtype=torch.long, device=self.ids.device)

    def row_sums(self, per_token: Tensor) -> Tensor:
        """Sums of a value per trained token over each answer, [N] -> [A]."""
        zeros = per_token.new_zeros(self.num_answers)
        return zeros.index_add(0, self.owners, per_token)

    def answer_lengths(self) -> Tensor:
        """Trained tokens of each answer, [A]."""
        return torch.bincount(self.owners, minlength=self.num_answers)


def pack(rows: Sequence[Row], columns: Sequence[str] = ()) -> Packed:
    """Lay rows out behind each other.

    A token is trained where its row says so and something stands before it: the first token of an answer is predicted
    from the last token of the prompt, for every answer; a first token without a prompt is predicted by nothing.

    Args:
        rows: At least one.
        columns: Names of further columns to keep, where the rows have them.
    """
    ids: list[int] = []
    positions: list[int] = []
    groups: list[Group] = []
    sources: list[int] = []
    targets: list[int] = []
    owners: list[int] = []
    num_answers = 0
    for row in rows:
        prompt, answers = row["prompt_ids"], row["answers"]
        start = len(ids)
        prompt_end = start + len(prompt)
        ids.extend(prompt)
        positions.extend(range(len(prompt)))
        for answer, trained in zip(answers, row["trained"], strict=True):
            first = len(ids)
            for offset, (token, counts) in enumerate(zip(answer, trained, strict=True)):
                before = first + offset - 1 if offset else prompt_end - 1
                if counts and before >= start:
                    sources.append(before)
                    targets.append(token)
                    owners.append(num_answers)
            ids.extend(answer)
            positions.extend(range(len(prompt), len(prompt) + len(answer)))
            num_answers += 1
        groups.append(Group(start, prompt_end, tuple(accumulate(map(len, answers), initial=prompt_end))[1:]))
    return Packed(
        ids=torch.tensor([ids], dtype=torch.long),
        positions=torch.tensor([positions], dtype=torch.long),
        groups=tuple(groups),
        sources=torch.tensor(sources, dtype=torch.long),
        targets=torch.tensor(targets, dtype=torch.long),
        owners=torch.tensor(owners, dtype=torch.long),
        columns={name: [row[name] for row in rows] for name in columns if name in rows[0]},
    )


def num_tokens(row: Row) -> int:
    """Tokens that a row puts through the model: its prompt once, and all its answers."""
    return len(row["prompt_ids"]) + sum(map(len, row["answers"]))
