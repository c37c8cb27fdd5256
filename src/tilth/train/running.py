"""A mean over all steps so far: the same on all processes, and after resuming."""

from typing import Any

import torch
from torch import Tensor
from transformers import TrainerCallback

from tilth.train.reduce import summed


class RunningMean(TrainerCallback):
    """Takes values during a step, and counts them in at its end, so that the split of the batch does not matter."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0.0
        self._waiting: list[Tensor] = []

    @property
    def value(self) -> float:
        """The mean over the steps before this one; 0 before the first."""
        return self.total / self.count if self.count else 0.0

    def add(self, values: Tensor) -> None:
        """Take values of this step."""
        found = values.detach().double()
        self._waiting.append(torch.stack([found.sum(), found.new_tensor(found.numel())]))

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Count in what all processes took."""
        if not self._waiting:
            return
        total, count = summed(torch.stack(self._waiting).sum(0)).tolist()
        self.total, self.count = self.total + total, self.count + count
        self._waiting = []

    def record(self) -> dict[str, float]:
        """For a checkpoint."""
        return {"total": self.total, "count": self.count}

    def restore(self, record: dict[str, float]) -> None:
        """From a checkpoint."""
        self.total, self.count = record["total"], record["count"]
