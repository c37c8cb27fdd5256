"""Which prompts are answered next: an endless stream over one task or several, which survives a resume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tilth.errors import UserError
from tilth.train.rows.drafts import Draft
from tilth.train.rows.encode import Encoder
from tilth.train.rows.messages import conversation
from tilth.train.rows.named import choose
from tilth.train.rows.template import ChatTemplate

_FLOOR = 0.05
# What a prompt that is always or never solved keeps of its chance: answers to it may change.

_KEEPS = 0.5
# How much of what was known of a prompt's pass rate stays when it was answered anew.


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt, ready to be answered."""

    task: str
    index: int
    """Of its row in the task's dataset."""
    ids: list[int]
    said: Any
    """As its row has it: text or messages."""
    columns: Mapping[str, Any]
    """All other columns of its row, for rewards."""


@dataclass(slots=True)
class Stream:
    """The rows of one task, each once in an epoch; where wanted, those are drawn that the model solves now and then."""

    size: int
    seed: int
    is_shuffled: bool = True
    by_pass_rate: bool = False
    drawn: int = 0
    rates: dict[int, float] = field(default_factory=dict)
    """Row -> share of its answers that passed, the newest weighing most."""

    def next(self) -> int:
        """The next row."""
        at, self.drawn = self.drawn, self.drawn + 1
        if self.by_pass_rate and at >= self.size:
            return self._worth_a_try(at)
        epoch, place = divmod(at, self.size)
        if not self.is_shuffled:
            return place
        # The permutation of an epoch is a function of its number: nothing but `drawn` has to be kept.
        return int(np.random.default_rng((self.seed, epoch)).permutation(self.size)[place])

    def _worth_a_try(self, at: int) -> int:
        """Rows by rate * (1 - rate), which is how much their answers differ."""
        rates = np.array([self.rates.get(index, 0.5) for index in range(self.size)])
        chances = np.maximum(4 * rates * (1 - rates), _FLOOR)
        return int(np.random.default_rng((self.seed, at)).choice(self.size, p=chances / chances.sum()))

    def saw(self, index: int, share: float) -> None:
        """Take in how many answers to a row passed."""
        known = self.rates.get(index)
        self.rates[index] = share if known is None else _KEEPS * known + (1 - _KEEPS) * share

    def record(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"drawn": self.drawn, "rates": dict(self.rates)}

    def restore(self, record: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        self.drawn = record["drawn"]
        self.rates = {int(index): rate for index, rate in record["rates"].items()}


class Prompts:
    """The prompts of a run.

    Args:
        tasks: Name -> dataset with a column `prompt` (text or messages) or `prompt_ids`.
        tokenizer: A fast one.
        weights: Task -> its share of all prompts; by their rows by default.
        seed: Of the order.
        is_shuffled: Draw rows in a random order.
        by_pass_rate: From the second epoch on, draw rows the more often the closer their pass rate is to a half.
        longest: Prompts with more tokens are left out and counted in `left_out`.
        template_options: For the chat template.
        tools: Schemas of tools that every prompt offers.

    Raises:
        UserError: A dataset has no prompts, or is a stream.
    """

    def __init__(
        self,
        tasks: Mapping[str, Any],
        tokenizer: Any,
        *,
        weights: Mapping[str, float] | None = None,
        seed: int = 0,
        is_shuffled: bool = True,
        by_pass_rate: bool = False,
        longest: int | None = None,
        template_options: Mapping[str, Any] | None = None,
        tools: Sequence[Any] | None = None,
    ) -> None:
        self.tasks, self.longest, self.left_out = dict(tasks), longest, 0
        self._encoder = Encoder(tokenizer)
        self._tokenizer = tokenizer
        self._template: ChatTemplate | None = None
        self._options = dict(template_options or {}) | ({"tools": list(tools)} if tools else {})
        for name, rows in self.tasks.items():
            _check(name, rows)
        self.streams = {
            name: Stream(len(rows), seed + number, is_shuffled, by_pass_rate)
            for number, (name, rows) in enumerate(self.tasks.items())
        }
        self._shares = _shares(self.tasks, weights)

    def __len__(self) -> int:
        return sum(map(len, self.tasks.values()))

    @property
    def is_conversational(self) -> bool:
        """Whether prompts are messages."""
        rows = next(iter(self.tasks.values()))
        return isinstance(rows[0].get("prompt"), list)

    def draw(self, number: int) -> list[Prompt]:
        """The next prompts.

        Raises:
            UserError: No prompt is short enough.
        """
        found: list[Prompt] = []
        while len(found) < number:
            name = self._due()
            stream = self.streams[name]
            prompt = self.at(name, stream.next())
            if self.longest is None or len(prompt.ids) <= self.longest:
                found.append(prompt)
                continue
            self.left_out += 1
            if self.left_out > 2 * len(self) and not found:
                raise UserError(
                    f"no prompt has at most {self.longest:,} tokens, which leave room for an answer",
                    hint="lower `max_completion_length`, or shorten the prompts",
                )
        return found

    def at(self, task: str, index: int) -> Prompt:
        """One prompt."""
        row = dict(self.tasks[task][index])
        said, ids = row.pop("prompt", None), row.pop("prompt_ids", None)
        if ids is None:
            ids = self.encode(said, row)
        return Prompt(task, index, list(ids), said, row)

    def encode(self, said: Any, row: Mapping[str, Any]) -> list[int]:
        """Token ids of a prompt, ready for an answer."""
        if isinstance(said, str):
            draft = Draft([said], is_prompt=True)
        else:
            options = {**self._options, **(row.get("chat_template_kwargs") or {})}
            if row.get("tools"):
                options["tools"] = row["tools"]
            text = self.template.render(conversation(said, "prompt"), ready=True, **options)
            draft = Draft([text], is_chat=True, is_prompt=True)
        return self._encoder.encode([draft])[0].prompt

    @property
    def template(self) -> ChatTemplate:
        """The tokenizer's."""
        if self._template is None:
            self._template = choose(self._tokenizer, has_tools=bool(self._options.get("tools")))
        return self._template

    def _due(self) -> str:
        """The task that lags furthest behind its share."""
        total = sum(stream.drawn for stream in self.streams.values()) + 1
        return max(self._shares, key=lambda name: self._shares[name] * total - self.streams[name].drawn)

    def record(self) -> dict[str, Any]:
        """For a checkpoint."""
        streams = {name: stream.record() for name, stream in self.streams.items()}
        return {"streams": streams, "left_out": self.left_out}

    def restore(self, record: Mapping[str, Any]) -> None:
        """From a checkpoint."""
        self.left_out = record["left_out"]
        for name, stream in self.streams.items():
            stream.restore(record["streams"][name])


def _check(name: str, rows: Any) -> None:
    where = f"the dataset `{name}`" if name else "the dataset"
    if not hasattr(rows, "__len__"):
        raise UserError(
            f"{where} is a stream, and prompts are drawn from anywhere", hint="load it without streaming"
        )
    if not len(rows):
        raise UserError(f"{where} has no rows")
    if not {"prompt", "prompt_ids"} & rows[0].keys():
        raise UserError(
            f"{where} has no column `prompt`, only {', '.join(rows[0])}", hint="rename the column"
        )


def _shares(tasks: Mapping[str, Any], weights: Mapping[str, float] | None) -> dict[str, float]:
    if weights is not None and set(weights) != set(tasks):
        raise UserError(
            f"the tasks are {', '.join(tasks)}, and `task_weights` names {', '.join(weights) or 'none'}"
        )
    raw = {name: float(len(rows) if weights is None else weights[name]) for name, rows in tasks.items()}
    total = sum(raw.values())
    if total <= 0 or min(raw.values()) < 0:
        raise UserError("`task_weights` must not be negative, and one must be above 0")
    return {name: one / total for name, one in raw.items()}
