"""What every loss returns."""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, slots=True)
class LossOutput:
    """A sum, what it is a sum over, and numbers to look at."""

    total: Tensor
    """Summed, not averaged: the trainer divides by the count of the whole global batch."""
    count: int | Tensor
    """How many terms were summed: tokens, pairs, rows."""
    metrics: dict[str, Tensor] = field(default_factory=dict)
    """Name -> values [any number], whose mean is reported."""
