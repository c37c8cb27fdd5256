"""Answers in the making: each token with the weights that it was drawn with, whoever wrote it and however often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Span = tuple[int, int]
"""A version of the weights, and how many tokens in a row it wrote."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a server wrote of an answer since it was last heard.

    Attributes:
        token_ids: Tokens; empty where only their number matters.
        logps: Of the tokens, as they were drawn.
        spans: Who wrote them; their lengths add up to the tokens.
        finish: `stop` or `length` where the answer is complete, else empty.
    """

    spans: Sequence[Span]
    finish: str = ""
    token_ids: Sequence[int] = ()
    logps: Sequence[float] = ()


@dataclass(slots=True)
class Sample:
    """One answer, so far."""

    spans: list[Span] = field(default_factory=list)
    finish: str = ""
    token_ids: list[int] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    losses: int = 0
    """How often it was lost in a row without a token gained."""

    @property
    def num_tokens(self) -> int:
        """Tokens so far."""
        return sum(number for _, number in self.spans)

    @property
    def versions(self) -> list[int]:
        """Of the weights, for each token."""
        return [version for version, number in self.spans for _ in range(number)]

    def extend(self, part: Part) -> None:
        """Take in what was written."""
        for version, number in part.spans:
            if self.spans and self.spans[-1][0] == version:
                number += self.spans.pop()[1]
            if number:
                self.spans.append((version, number))
        self.token_ids += part.token_ids
        self.logps += part.logps
        self.finish = part.finish
        if part.spans:
            self.losses = 0

    def record(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "spans": [list(span) for span in self.spans],
            "finish": self.finish,
            "token_ids": list(self.token_ids),
            "logps": list(self.logps),
            "losses": self.losses,
        }

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> "Sample":
        """From a checkpoint."""
        return cls(**{**record, "spans": [(version, number) for version, number in record["spans"]]})


@dataclass(slots=True)
class Group:
    """The answers to one prompt: admitted, judged, trained on and dropped together."""

    serial: int
    """Place in the order of the data."""
    prompt: Any
    """What names the prompt; goes into checkpoints as JSON."""
    step: int
    """Of the trainer when the group was admitted: no token of it comes from older weights."""
    samples: list[Sample]
    verdict: Any = None
    """What the rewards said; None until they did. Goes into checkpoints as JSON."""
    losses: int = 0
    """How often judging failed."""

    @property
    def is_written(self) -> bool:
        """Whether all answers are complete."""
        return all(sample.finish for sample in self.samples)

    @property
    def oldest(self) -> int:
        """Version of the oldest weights that wrote any of it."""
        return min((version for sample in self.samples for version, _ in sample.spans), default=self.step)

    def record(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "serial": self.serial,
            "prompt": self.prompt,
            "step": self.step,
            "samples": [sample.record() for sample in self.samples],
            "verdict": self.verdict,
            "losses": self.losses,
        }

    @classmethod
    def restored(cls, record: Mapping[str, Any]) -> "Group":
        """From a checkpoint."""
        return cls(**{**record, "samples": [Sample.restored(one) for one in record["samples"]]})
