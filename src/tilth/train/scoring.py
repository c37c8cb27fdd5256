"""A trained reward model as a function of prompts and answers: a reward for online methods, a judge for best-of-N."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from tilth.errors import UserError
from tilth.train.batches.packed import Packed, Row, num_tokens, pack
from tilth.train.credit.steps import AGGREGATIONS, aggregate
from tilth.train.heads.scores import attach
from tilth.train.models import KINDS
from tilth.train.rows.account import Account
from tilth.train.rows.encode import Coded
from tilth.train.rows.options import RowOptions
from tilth.train.rows.prepare import Work
from tilth.train.rows.steps import split_steps

BATCH_TOKENS = 8192

_HEADS = {"ForSequenceClassification": "sequence", "ForTokenClassification": "token"}


class Scorer:
    """Scores answers by a reward model, or by a process reward model step by step.

    Args:
        model: One that `RewardTrainer` or `PRMTrainer` made.
        tokenizer: Its tokenizer.
        how: What makes one score of those of the steps (see `credit.steps.AGGREGATIONS`).
        steps: How an answer is cut into steps (see `rows.steps.split_steps`).
        step_separator: What stands behind each step, as in training.
        batch_tokens: Tokens that go through the model together.

    Raises:
        UserError: The model scores neither answers nor steps, or there is no such way to make one score of many.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        how: str = "min",
        steps: str = "auto",
        step_separator: str = "\n",
        batch_tokens: int = BATCH_TOKENS,
    ) -> None:
        if how not in AGGREGATIONS:
            raise UserError(
                f"there is no way `{how}` to make one score", hint=f"one of {', '.join(AGGREGATIONS)}"
            )
        self.judges_steps = _kind(type(model).__name__) == "token"
        self.model, self.tokenizer, self.how, self.steps = model.eval(), tokenizer, how, steps
        self.options = RowOptions(max_length=None, step_separator=step_separator, on_empty="drop")
        self.batch_tokens = batch_tokens
        attach(model)

    @classmethod
    def load(cls, name: str, **options: Any) -> "Scorer":
        """From the folder of a model; options as for the class.

        Raises:
            UserError: It is not there, or is no reward model.
        """
        import transformers

        try:
            config = transformers.AutoConfig.from_pretrained(name)
            kind = _kind(*(config.architectures or ("",)))
            model = getattr(transformers, KINDS[kind][0]).from_pretrained(name)
            tokenizer = transformers.AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise UserError(f"`{name}` could not be loaded: {str(error).splitlines()[0]}") from error
        return cls(model, tokenizer, **options)

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **_: Any) -> list[float | None]:
        """One score for each answer, as reward functions give them; None where there is nothing to score."""
        return self.combined(self.step_scores(prompts, completions))

    def combined(self, step_scores: Sequence[Sequence[float]]) -> list[float | None]:
        """One score for each answer from those of its steps."""
        parts = [torch.tensor(one) for one in step_scores]
        return [
            float(aggregate(one, torch.tensor([len(one)]), self.how)) if len(one) else None for one in parts
        ]

    def step_scores(self, prompts: Sequence[Any], completions: Sequence[Any]) -> list[list[float]]:
        """The scores of each answer's steps, each from 0 to 1; of a reward model, its one reward.

        Args:
            prompts: Texts, or lists of messages.
            completions: The same; answers that follow each other and share a prompt are scored behind one copy of it.
        """
        found: list[list[float]] = [[] for _ in completions]
        for numbers, row, places in self._groups(self._coded(prompts, completions)):
            packed = pack([row]).to(self.model.device)
            wanted = [
                start + at
                for (start, _), ends in zip(packed.groups[0].answers, places, strict=True)
                for at in ends
            ]
            values = iter(self._values(packed, wanted))
            for number, ends in zip(numbers, places, strict=True):
                found[number] = [next(values) for _ in ends]
        return found

    def _values(self, packed: Packed, places: list[int]) -> list[float]:
        with torch.no_grad():
            at = torch.tensor(places, dtype=torch.long, device=packed.ids.device)
            values = self.model(packed=packed, value_places=at)["values"].float()
        if self.judges_steps:
            values = values.softmax(-1)[:, 1:] if values.shape[1] > 1 else values.sigmoid()
        return values[:, 0].tolist()

    def _coded(self, prompts: Sequence[Any], completions: Sequence[Any]) -> list[tuple[int, Coded]]:
        if self.judges_steps:
            pieces = [split_steps(_text(one), self.steps) for one in completions]
            rows: list[dict[str, Any]] = [
                {"prompt": prompt, "completions": one, "labels": [False] * len(one)}
                for prompt, one in zip(prompts, pieces, strict=True)
            ]
        else:
            rows = [
                {"prompt": prompt, "completion": one, "label": True}
                for prompt, one in zip(prompts, completions, strict=True)
            ]
        if not rows:
            return []
        work = Work.of(rows, self.tokenizer, "stepwise" if self.judges_steps else "unpaired", self.options)
        return work.rows(list(enumerate(rows)), Account())

    def _groups(self, coded: Sequence[tuple[int, Coded]]) -> Iterator[tuple[list[int], Row, list[list[int]]]]:
        """Answers to one prompt together, as many as a batch holds: their numbers, the row, the places in each."""
        numbers: list[int] = []
        places: list[list[int]] = []
        row: dict[str, Any] = {}
        for number, one in coded:
            size = num_tokens(row) + len(one.answers[0]) if row else 0
            if row and (row["prompt_ids"] != one.prompt or size > self.batch_tokens):
                yield numbers, row, places
                numbers, places, row = [], [], {}
            row = row or {"prompt_ids": one.prompt, "answers": [], "trained": []}
            row["answers"].append(one.answers[0])
            row["trained"].append(one.trained[0])
            numbers.append(number)
            places.append(one.beside["step_ends"] if self.judges_steps else [len(one.answers[0]) - 1])
        if row:
            yield numbers, row, places


def _kind(*names: str) -> str:
    for end, kind in _HEADS.items():
        if any(name.endswith(end) for name in names):
            return kind
    raise UserError(
        f"{names[0] or 'the model'} scores neither answers nor steps",
        hint="train one with `tilth train reward` or `tilth train prm`",
    )


def _text(completion: Any) -> str:
    """An answer that is a text, or messages of which the last is it."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
