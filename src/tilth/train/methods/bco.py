"""Binary classifier optimisation: a classifier of good and bad answers, whose logit is the reward."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tilth.train import density
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
    prompt_sample_size: int = 1024
    """Prompts of each kind that density ratios are fitted on, where an `embedding_func` is given."""
    min_density_ratio: float = 0.5
    """Least weight of a bad answer by its prompt."""
    max_density_ratio: float = 10.0
    """Greatest weight of a bad answer by its prompt."""


@dataclass(slots=True)
class Classify:
    """Tell good answers from bad ones by their rewards, measured from the mean reward so far."""

    config: BCOConfig
    columns: Sequence[str] = ("label", density.COLUMN)
    needs_reference: bool = True
    rewards: RunningMean = field(default_factory=RunningMean)
    """Over the steps so far."""

    def counts(self, packed: Packed) -> Sequence[int]:
        """The answers."""
        return (packed.num_answers,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over answers."""
        beta = self.config.beta
        policy, held = packed.row_sums(scores["logps"]), packed.row_sums(reference)
        self.rewards.add(beta * (policy - held))
        is_good = torch.tensor(packed.columns["label"], device=policy.device)
        ratios = packed.columns.get(density.COLUMN)
        weights = None if ratios is None else policy.new_tensor(ratios)
        return (bco(policy, held, is_good, self.rewards.value, beta=beta, weights=weights),)


_begin = with_reference(Method("BCO", "unpaired", BCOConfig, Classify, paper="arXiv:2404.04656"))


class BCOTrainer(Trainer):
    """Trains on single answers that are labelled good or bad.

    Args:
        *arguments: As the other methods take them.
        embedding_func: From `input_ids` and `attention_mask` to a vector of each prompt: bad answers then weigh by how
            likely their prompts are among those of good ones.
        embedding_tokenizer: Its tokenizer; the model's by default.
        **named: As the other methods take them.
    """

    def __init__(
        self,
        *arguments: Any,
        embedding_func: Callable[..., Any] | None = None,
        embedding_tokenizer: Any = None,
        **named: Any,
    ) -> None:
        _begin(self, *arguments, **named)
        if embedding_func is None:
            return
        args: Any = self.args
        self.train_dataset, self.eval_dataset = (
            density.with_density(
                rows,
                self.processing_class,
                embedding_func,
                embedding_tokenizer or self.processing_class,
                low=args.min_density_ratio,
                high=args.max_density_ratio,
                sample=args.prompt_sample_size,
                seed=args.seed,
            )
            for rows in (self.train_dataset, self.eval_dataset)
        )
