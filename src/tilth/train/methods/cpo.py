"""Contrastive preference optimisation, SimPO and AlphaPO."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from tilth.train.batches.answers import pair_lengths, pair_sums
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, without_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.reference_free import CPO_LOSSES, cpo, imitation
from tilth.train.settings import Settings, check_loss_type
from tilth.train.trainer import Trainer


@dataclass
class CPOConfig(Settings):
    """Settings of contrastive preference optimisation."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    beta: float = 0.1
    """Scale of the reward."""
    label_smoothing: float = 0.0
    """Share of pairs assumed to be labelled the wrong way round."""
    loss_type: str = "sigmoid"
    """sigmoid, hinge, ipo or simpo."""
    cpo_alpha: float = 1.0
    """Weight of imitating chosen answers; 0 leaves it out."""
    simpo_gamma: float = 0.5
    """Margin that `simpo` asks for."""
    alpha: float = 0.0
    """Of AlphaPO; 0 is the plain reward."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_loss_type(self.loss_type, CPO_LOSSES)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Make chosen answers likelier than rejected ones, and likely."""

    config: CPOConfig
    columns: Sequence[str] = ()
    needs_reference: bool = False

    def counts(self, packed: Packed) -> Sequence[int]:
        """The pairs, and the tokens of chosen answers."""
        return (packed.num_rows, int(pair_lengths(packed).chosen.sum()))

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over pairs, one over tokens."""
        config, policy, lengths = self.config, pair_sums(packed, scores["logps"]), pair_lengths(packed)
        preference = cpo(
            policy,
            lengths,
            loss_type=config.loss_type,
            beta=config.beta,
            label_smoothing=config.label_smoothing,
            gamma=config.simpo_gamma,
            alpha=config.alpha,
        )
        return preference, imitation(policy.chosen, lengths.chosen, weight=config.cpo_alpha)


class CPOTrainer(Trainer):
    """Trains on pairs of answers, without a reference."""

    __init__ = without_reference(Method("CPO", "preference", CPOConfig, Contrast, paper="arXiv:2401.08417"))
