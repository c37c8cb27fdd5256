"""After weights were pushed: does the engine say of a text what the trainer says of it?"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from tilth.errors import WorkFailed
from tilth.train.references import evaluating
from tilth.train.rollouts.protocol import Answer, Engine, Sampling

Score = Callable[[Sequence[Sequence[int]]], list[list[float]]]
"""Log-probability of each token of some texts but the first, at temperature 1."""

TOLERANCES = {torch.float32: 1e-3}
_ROUGH = 0.15
"""For types of less digits: bfloat16 alone rounds log-probabilities by 0.03."""
_TEXTS, _LENGTH = 2, 24


class Scoring(Engine, Protocol):
    """An engine that can be asked what it thinks of a text."""

    def score(self, sequences: Sequence[Sequence[int]]) -> list[list[float]]:
        """Log-probability of each token but the first."""
        ...


class Probed:
    """An engine whose weights are compared with the trainer's after each push.

    Args:
        engine: Answers.
        score: What the trainer says.
        vocabulary: Number of tokens, of which the texts are made.
        tolerance: Largest difference that is rounding.
    """

    is_shared = False

    def __init__(self, engine: Scoring, score: Score, vocabulary: int, tolerance: float) -> None:
        self.engine, self.tolerance = engine, tolerance
        self.difference = 0.0
        """The last one that was measured."""
        self._score = score
        made = torch.Generator().manual_seed(0)
        self._texts: list[list[int]] = torch.randint(vocabulary, (_TEXTS, _LENGTH), generator=made).tolist()

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """As the engine does."""
        return self.engine.generate(prompts, sampling, answers)

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Push weights, and compare.

        Raises:
            WorkFailed: Engine and trainer differ: the run would learn from answers of another model.
        """
        self.engine.load(weights, version)
        theirs, ours = self.engine.score(self._texts), self._score(self._texts)
        pairs = [(a, b) for x, y in zip(theirs, ours, strict=True) for a, b in zip(x, y, strict=True)]
        self.difference = max(abs(a - b) for a, b in pairs)
        if not self.difference <= self.tolerance:
            raise WorkFailed(
                f"after weights {version} were pushed, the engine's log-probabilities differ from the trainer's"
                f" by up to {self.difference:.3g}, which is more than rounding ({self.tolerance:g})",
                hint="the engine may serve another model or type, or not have taken the weights over",
            )

    def close(self) -> None:
        """As the engine does."""
        self.engine.close()


def scored_by(model: Any) -> Score:
    """What a model of transformers says, adapters included."""

    def score(sequences: Sequence[Sequence[int]]) -> list[list[float]]:
        device = next(model.parameters()).device
        with evaluating(model):
            found = []
            for ids in sequences:
                read = torch.tensor([list(ids)], device=device)
                logps = torch.log_softmax(model(input_ids=read, use_cache=False).logits[0, :-1].float(), -1)
                found.append(logps.gather(-1, read[0, 1:, None])[:, 0].tolist())
        return found

    return score


def tolerance_of(dtype: torch.dtype) -> float:
    """What counts as rounding for weights of this type."""
    return TOLERANCES.get(dtype, _ROUGH)
