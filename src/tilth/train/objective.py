"""What a method is to the trainer: how to score a batch, what its loss is, and what that is divided by."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput


class Objective(Protocol):
    """A method, without the loop.

    It may have three functions more: `asks(packed)`, keywords for the model's scoring of a batch (see
    `tilth.train.heads.scores.score`), where log-probabilities alone will not do; `extend(rows, seed)`, which adds its
    columns to a dataset; and `before_step(trainer, batches)`, which sees all micro-batches of a step first.
    """

    @property
    def columns(self) -> Sequence[str]:
        """Columns of the rows that the loss needs beside the tokens."""
        ...

    @property
    def needs_reference(self) -> bool:
        """Whether the trained tokens are scored by a reference model too."""
        ...

    def counts(self, packed: Packed) -> Sequence[int]:
        """How many terms each sum of the loss will have; known before the model runs."""
        ...

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """The sums of the loss, one for each count; the loss is the sum of (total / global count).

        Args:
            packed: The batch.
            scores: What the model says.
            reference: Log-probabilities of the trained tokens by the reference, [N].
        """
        ...
