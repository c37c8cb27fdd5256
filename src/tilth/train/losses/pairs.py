"""Chosen and rejected, side by side."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Pairs:
    """A value [B] of each chosen and each rejected answer: summed log-probabilities, numbers of tokens, scores."""

    chosen: Tensor
    rejected: Tensor

    @property
    def margin(self) -> Tensor:
        """Chosen less rejected, [B]."""
        return self.chosen - self.rejected

    def minus(self, other: "Pairs") -> "Pairs":
        """Log-ratios, from log-probabilities."""
        return Pairs(self.chosen - other.chosen, self.rejected - other.rejected)

    def per(self, lengths: "Pairs") -> "Pairs":
        """Means over tokens, from sums; an answer without tokens stays as it is."""
        return Pairs(self.chosen / lengths.chosen.clamp(min=1), self.rejected / lengths.rejected.clamp(min=1))

    def map(self, function: Callable[[Tensor], Tensor]) -> "Pairs":
        """The same of both."""
        return Pairs(function(self.chosen), function(self.rejected))


def pair_metrics(policy: Pairs, rewards: Pairs, beta: float) -> dict[str, Tensor]:
    """Rewards (before their scale `beta`), how often the chosen one is higher, and log-probabilities."""
    with torch.no_grad():
        return {
            "rewards/chosen": beta * rewards.chosen,
            "rewards/rejected": beta * rewards.rejected,
            "rewards/accuracies": (rewards.margin > 0).float(),
            "rewards/margins": beta * rewards.margin,
            "logps/chosen": policy.chosen.detach(),
            "logps/rejected": policy.rejected.detach(),
        }
