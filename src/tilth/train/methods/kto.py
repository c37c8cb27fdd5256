"""Kahneman-Tversky optimisation: answers that are known to be good or bad, without pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from tilth.train.batches import others
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, with_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.unpaired import apo_zero_unpaired, kto
from tilth.train.reduce import summed
from tilth.train.references import evaluating
from tilth.train.settings import ReferenceSettings, check_loss_type
from tilth.train.trainer import Trainer

LOSSES = ("kto", "apo_zero_unpaired")


@dataclass
class KTOConfig(ReferenceSettings):
    """Settings of Kahneman-Tversky optimisation."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    loss_type: str = "kto"
    """kto or apo_zero_unpaired."""
    beta: float = 0.1
    """How strongly the reference holds."""
    desirable_weight: float = 1.0
    """Of good answers."""
    undesirable_weight: float = 1.0
    """Of bad answers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_loss_type(self.loss_type, LOSSES)


@dataclass(slots=True)
class Value:
    """Make good answers likelier and bad ones less likely, measured from how far the model has gone already."""

    config: KTOConfig
    needs_reference: bool = True
    kl: Tensor = field(default_factory=lambda: torch.zeros(()))
    """How far: the mean log-ratio of answers to other prompts, over the whole global batch of this step."""

    @property
    def columns(self) -> Sequence[str]:
        """Labels, and where distance is measured, the other answers."""
        return ("label", others.ANSWER, others.REFERENCE) if self._measures else ("label",)

    @property
    def _measures(self) -> bool:
        return self.config.loss_type == "kto"

    def extend(self, rows: Any, seed: int) -> Any:
        """Deal out other answers, over the whole dataset: the loss does not depend on who shares a batch."""
        return others.deal(rows, seed) if self._measures else rows

    def before_step(self, trainer: Trainer, batches: Sequence[Packed]) -> None:
        """Measure the distance once for all micro-batches and processes."""
        if not self._measures:
            return
        total = torch.zeros(2, device=trainer.args.device)
        model = trainer.model_wrapped
        with evaluating(model):
            for packed in batches:
                other = others.packed_others(packed.to(trainer.args.device))
                policy = other.row_sums(model(packed=other)["logps"])
                known = packed.columns.get(others.REFERENCE)
                held = (
                    other.row_sums(trainer.reference.logps(other))
                    if known is None
                    else policy.new_tensor(known)
                )
                total += torch.stack([(policy - held).sum(), policy.new_tensor(len(policy))])
        total = summed(total)
        self.kl = (total[0] / total[1]).clamp(min=0)

    def counts(self, packed: Packed) -> Sequence[int]:
        """The answers."""
        return (packed.num_answers,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over answers."""
        config = self.config
        policy, held = packed.row_sums(scores["logps"]), packed.row_sums(reference)
        is_good = torch.tensor(packed.columns["label"], device=policy.device)
        if not self._measures:
            return (apo_zero_unpaired(policy, held, is_good, beta=config.beta),)
        weights = {
            "desirable_weight": config.desirable_weight,
            "undesirable_weight": config.undesirable_weight,
        }
        return (kto(policy, held, is_good, self.kl.to(policy), beta=config.beta, **weights),)


class KTOTrainer(Trainer):
    """Trains on single answers that are labelled good or bad."""

    __init__ = with_reference(Method("KTO", "unpaired", KTOConfig, Value, paper="arXiv:2402.01306"))
