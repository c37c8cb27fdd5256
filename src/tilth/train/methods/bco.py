"""Binary classifier optimisation: a classifier of good and bad answers, whose logit is the reward."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, with_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.unpaired import bco
from tilth.train.running import RunningMean
from tilth.train.settings import ReferenceSettings
from tilth.train.trainer import Trainer


@dataclass
class BCOConfig(ReferenceSettings):
    """Settings of binary classifier optimisation."""

    learning_rate: float = 5e-7
    """Of the optimizer, at its highest."""
    beta: float = 0.1
    """How strongly the reference holds."""


@dataclass(slots=True)
class Classify:
    """Tell good answers from bad ones by their rewards, measured from the mean reward so far."""

    config: BCOConfig
    columns: Sequence[str] = ("label",)
    needs_reference: bool = True
    rewards: RunningMean = field(default_factory=RunningMean)
    """Over the steps so far."""

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Nothing but log-probabilities."""
        return {}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The answers."""
        return (packed.num_answers,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over answers."""
        beta = self.config.beta
        policy, held = packed.row_sums(scores["logps"]), packed.row_sums(reference)
        self.rewards.add(beta * (policy - held))
        is_good = torch.tensor(packed.columns["label"], device=policy.device)
        return (bco(policy, held, is_good, self.rewards.value, beta=beta),)


class BCOTrainer(Trainer):
    """Trains on single answers that are labelled good or bad."""

    __init__ = with_reference(Method("BCO", "unpaired", BCOConfig, Classify))
