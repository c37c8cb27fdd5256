"""What is done about the entropy of the policy: a bonus, fixed or steered, and learning from uncertain tokens alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import TrainerCallback

from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.reduce import gathered_unequal, summed


@dataclass
class Entropy(TrainerCallback):
    """Settings, and the state of the controller.

    Attributes:
        coef: Of the bonus, now.
        top_quantile: Learn from this share of tokens with the highest entropy (arXiv:2506.01939); 1: from all.
        target: With one, `coef` rises by `delta` after steps with less entropy, up to `most`, and falls after others,
            down to `least`; after those with more there is no bonus (Skywork-OR1, arXiv:2505.22312).
        delta: See `target`.
        least: See `target`.
        most: See `target`.
    """

    coef: float = 0.0
    top_quantile: float = 1.0
    target: float | None = None
    delta: float = 0.005
    least: float = 0.0
    most: float = 1.0
    last: float | None = None
    """Mean entropy of the step before this one."""
    _applied: float = 0.0
    _waiting: list[Tensor] = field(default_factory=list)

    @property
    def has_bonus(self) -> bool:
        """Whether there can be one."""
        return self.coef != 0 or self.target is not None

    @property
    def is_used(self) -> bool:
        """Whether entropies are needed for the loss."""
        return self.has_bonus or self.top_quantile < 1

    def begin(self) -> None:
        """The coefficient that holds for all micro-batches of a step."""
        is_low = self.target is None or self.last is None or self.last <= self.target
        self._applied = self.coef if is_low else 0.0

    def keep(self, scores: Scores) -> Tensor | None:
        """Tokens that are learnt from, [N]; the quantile is of this micro-batch over all processes."""
        if self.top_quantile >= 1:
            return None
        entropies = scores["entropy"].detach()
        everywhere = gathered_unequal(entropies)
        if not len(everywhere):
            return torch.zeros_like(entropies)
        return (entropies >= everywhere.quantile(1 - self.top_quantile)).to(entropies.dtype)

    def terms(self, scores: Scores, keep: Tensor | None) -> Sequence[LossOutput]:
        """The bonus, as a loss over tokens."""
        if not self.has_bonus:
            return ()
        entropies = scores["entropy"]
        kept = entropies if keep is None else entropies * keep
        number = torch.tensor(float(len(entropies))).to(kept) if keep is None else keep.sum()
        self._waiting.append(torch.stack([kept.detach().sum(), number]))
        return (LossOutput(-self._applied * kept.sum(), len(entropies), {"entropy_coef": kept.new_tensor([self.coef])}),)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Steer."""
        if self.target is None or not self._waiting:
            self._waiting = []
            return
        total, number = summed(torch.stack(self._waiting).sum(0)).tolist()
        self._waiting, self.last = [], total / max(number, 1.0)
        step = self.delta if self.last <= self.target else -self.delta
        self.coef = min(max(self.coef + step, self.least), self.most)

    def record(self) -> dict[str, float | None]:
        """For a checkpoint."""
        return {"coef": self.coef, "last": self.last}

    def restore(self, record: dict[str, Any]) -> None:
        """From a checkpoint."""
        self.coef, self.last = record["coef"], record["last"]
