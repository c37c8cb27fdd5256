"""What a reward function looks like: TRL's signature, and a typed one for single answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol

Reward = float | None
"""None: this answer was not judged."""


class RewardFunction(Protocol):
    """Judges answers together; may be `async`. Takes what it does not need in `**kwargs`."""

    def __call__(
        self, *, prompts: list[Any], completions: list[Any], **kwargs: Any
    ) -> Sequence[Reward] | Awaitable[Sequence[Reward]]:
        """One reward for each answer; all columns of the dataset come as keywords."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer, as a judge of single answers sees it."""

    prompt: Any
    """As its row has it: text or messages."""
    completion: Any
    """Text, or messages for a conversation."""
    token_ids: list[int]
    columns: Mapping[str, Any] = field(default_factory=dict)
    """All other columns of the row."""

    @property
    def text(self) -> str:
        """The answer as text."""
        return text_of(self.completion)


def of_sample(judge: Callable[[Sample], Reward]) -> RewardFunction:
    """A judge of single answers, in TRL's signature."""

    @wraps(judge)
    def judged(
        *, prompts: list[Any], completions: list[Any], completion_ids: Any = None, **columns: Any
    ) -> list[Reward]:
        number = len(prompts)
        rows = {
            name: values
            for name, values in columns.items()
            if isinstance(values, list) and len(values) == number
        }
        ids = completion_ids or [[]] * number
        return [
            judge(
                Sample(prompts[at], completions[at], ids[at], {name: one[at] for name, one in rows.items()})
            )
            for at in range(number)
        ]

    return judged


def text_of(completion: Any) -> str:
    """An answer as text: that of its last message, where it is messages."""
    if isinstance(completion, str):
        return completion
    return str(completion[-1].get("content") or "") if completion else ""


def name_of(function: Any) -> str:
    """What a reward is called in metrics and columns."""
    if isinstance(function, str):
        return function
    if hasattr(function, "config"):
        return str(function.config._name_or_path).rstrip("/").split("/")[-1]
    return getattr(function, "__name__", None) or type(function).__name__
