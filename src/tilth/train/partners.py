"""What the trainer may work with beside its rows: a reference to compare with, and a feed that makes batches."""

from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from tilth.train.batches.packed import Packed


class Reference(Protocol):
    """Log-probabilities that a loss compares with."""

    def logps(self, packed: Packed) -> Tensor:
        """Of the trained tokens, [N]."""
        ...


class Feed(Protocol):
    """Makes batches as they are due, instead of a dataset."""

    def begin(self, trainer: Any) -> None:
        """The trainer is ready."""
        ...

    def ticks(self) -> Any:
        """One item for each batch of an epoch."""
        ...

    def batches(self, number: int) -> list[dict[str, Packed]]:
        """The next ones of this process."""
        ...

    def evaluate(self, prefix: str) -> dict[str, float]:
        """Metrics of an evaluation."""
        ...

    def save(self, folder: Path) -> None:
        """Write what a resumed run needs."""
        ...

    def load(self, folder: Path) -> None:
        """Go on from there."""
        ...
