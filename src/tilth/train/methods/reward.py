"""Reward models: which of two answers is better (Bradley and Terry)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tilth.train.batches.answers import paired
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, of_rewards
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.reward import bradley_terry
from tilth.train.rows.options import Truncation
from tilth.train.settings import Settings
from tilth.train.trainer import Trainer


@dataclass
class RewardConfig(Settings):
    """Settings of reward models."""

    learning_rate: float = 1e-4
    """Of the optimizer, at its highest."""
    truncation_mode: Truncation = "drop"
    """What happens to pairs that are longer than `max_length`: they leave, as a part of an answer says little of it."""
    center_rewards_coefficient: float | None = None
    """Weight of the square of both rewards' sum, which keeps their mean at 0."""
    chat_template_path: str | None = None
    """Another chat template: a name, a file of Jinja, or a model's folder."""
    eos_token: str | None = None
    """Another token that ends an answer."""

    def row_options(self) -> dict[str, Any]:
        """How rows become tokens."""
        return {"chat_template": self.chat_template_path, "eos_token": self.eos_token}


@dataclass(frozen=True, slots=True)
class Compare:
    """Give the chosen answer the higher reward."""

    config: RewardConfig
    columns: Sequence[str] = ("margin",)
    needs_reference: bool = False

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Values of the last token of each answer: of the last real one, since nothing is padded."""
        return {"value_places": packed.last_tokens()}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The pairs."""
        return (packed.num_rows,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over pairs."""
        rewards = paired(scores["values"][:, 0].float())
        given = packed.columns.get("margin")
        margin = None
        if given is not None:
            values = [0.0 if one is None else one for one in given]
            margin = torch.tensor(values, dtype=torch.float32, device=packed.ids.device)
        return (bradley_terry(rewards, margin, center=self.config.center_rewards_coefficient),)


class RewardTrainer(Trainer):
    """Trains on pairs of answers, one of which is preferred."""

    __init__ = of_rewards(
        Method("Reward", "preference", RewardConfig, Compare, kind="sequence", paper="arXiv:2203.02155")
    )
