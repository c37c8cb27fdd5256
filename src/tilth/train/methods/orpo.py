"""Odds-ratio preference optimisation."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from tilth.train.batches.answers import pair_lengths, pair_sums
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, without_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.reference_free import imitation, odds_ratio
from tilth.train.settings import Settings
from tilth.train.trainer import Trainer


@dataclass
class ORPOConfig(Settings):
    """Settings of odds-ratio preference optimisation."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    beta: float = 0.1
    """Weight of the odds ratio (lambda in the paper)."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Imitate chosen answers, with odds above those of rejected ones."""

    config: ORPOConfig
    columns: Sequence[str] = ()
    needs_reference: bool = False

    def counts(self, packed: Packed) -> Sequence[int]:
        """The tokens of chosen answers, and the pairs."""
        return (int(pair_lengths(packed).chosen.sum()), packed.num_rows)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over tokens, one over pairs."""
        policy, lengths = pair_sums(packed, scores["logps"]), pair_lengths(packed)
        return imitation(policy.chosen, lengths.chosen), odds_ratio(policy, lengths, beta=self.config.beta)


class ORPOTrainer(Trainer):
    """Trains on pairs of answers, without a reference."""

    __init__ = without_reference(Method("ORPO", "preference", ORPOConfig, Odds, paper="arXiv:2403.07691"))
