"""From the scores of steps to one score of a solution."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from tilth.errors import UserError


def least(scores: Tensor) -> Tensor:
    """The worst step decides (arXiv:2312.08935)."""
    return scores.min()


def product(scores: Tensor) -> Tensor:
    """The probability that all steps are right (arXiv:2305.20050)."""
    return scores.prod()


def mean(scores: Tensor) -> Tensor:
    """All steps weigh the same."""
    return scores.mean()


def last(scores: Tensor) -> Tensor:
    """What the model says when it has seen the whole solution (arXiv:2211.14275)."""
    return scores[-1]


def soft_least(scores: Tensor, temperature: float = 0.1) -> Tensor:
    """A mean in which worse steps weigh more: weights softmax(-score / temperature), the least one as it goes to 0."""
    return (torch.softmax(-scores / temperature, 0) * scores).sum()


AGGREGATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "min": least,
    "product": product,
    "mean": mean,
    "last": last,
    "soft_min": soft_least,
}
"""Name -> the score of a solution, [], from those of its steps, [S], each from 0 to 1."""


def aggregate(scores: Tensor, lengths: Tensor, how: str = "min") -> Tensor:
    """Scores of solutions.

    Args:
        scores: Of all steps, those of the first solution first, [S].
        lengths: Steps of each solution, [B].
        how: A name of `AGGREGATIONS`.

    Returns:
        One score each, [B]; 0 for a solution without steps.

    Raises:
        UserError: There is no way of that name.
    """
    if how not in AGGREGATIONS:
        raise UserError(
            f"there is no way `{how}` to make one score of steps", hint=f"one of {', '.join(AGGREGATIONS)}"
        )
    made = AGGREGATIONS[how]
    parts = torch.split(scores, lengths.tolist())
    return torch.stack([made(part) if len(part) else scores.new_zeros(()) for part in parts])
