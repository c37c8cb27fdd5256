"""Direct preference optimisation, and the losses that share its setting."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from tilth.errors import UserError
from tilth.train.batches.answers import pair_lengths, pair_sums
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, with_reference
from tilth.train.heads.scores import Scores
from tilth.train.losses.dpo import check, desensitised, dpo, wpo_weights
from tilth.train.losses.output import LossOutput
from tilth.train.running import RunningMean
from tilth.train.settings import ReferenceSettings, as_list
from tilth.train.trainer import Trainer


@dataclass
class DPOConfig(ReferenceSettings):
    """Settings of direct preference optimisation."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    loss_type: list[str] | str = field(default_factory=lambda: ["sigmoid"])
    """One loss or several (see `losses.dpo.LOSS_TYPES`)."""
    loss_weights: list[float] | None = None
    """One for each loss; all 1 by default."""
    beta: float = 0.1
    """How strongly the reference holds."""
    label_smoothing: float = 0.0
    """Share of pairs assumed to be labelled the wrong way round."""
    f_divergence_type: str = "reverse_kl"
    """How far from the reference is measured."""
    f_alpha_divergence_coef: float = 0.5
    """Of `alpha_divergence`."""
    use_weighting: bool = False
    """Weigh pairs by how likely the model itself writes them (WPO)."""
    ld_alpha: float | None = None
    """What tokens beyond the shorter answer of a pair count (LD-DPO)."""
    discopop_tau: float = 0.05
    """Width of the blend in `discopop`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.loss_type = as_list(self.loss_type)
        check(
            self.loss_type,
            self.loss_weights,
            label_smoothing=self.label_smoothing,
            f_divergence_type=self.f_divergence_type,
            use_weighting=self.use_weighting,
        )
        if self.ld_alpha is not None and not 0 <= self.ld_alpha <= 1:
            raise UserError(f"`ld_alpha` is {self.ld_alpha}", hint="a number from 0 to 1")


@dataclass(slots=True)
class Prefer:
    """Make chosen answers likelier than rejected ones, measured from the reference."""

    config: DPOConfig
    columns: Sequence[str] = ()
    needs_reference: bool = True
    rewards: RunningMean = field(default_factory=RunningMean)
    """Mean reward so far, which `bco_pair` measures from."""

    def asks(self, packed: Packed) -> dict[str, Any]:
        """For WPO, how concentrated the distributions are."""
        return {"with_entropy": True} if self.config.use_weighting else {}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The pairs, and for `sft` the tokens of chosen answers."""
        of_pairs = [packed.num_rows] if set(self.config.loss_type) != {"sft"} else []
        of_tokens = [int(pair_lengths(packed).chosen.sum())] if "sft" in self.config.loss_type else []
        return of_pairs + of_tokens

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over pairs, and for `sft` one over tokens."""
        config, lengths = self.config, pair_lengths(packed)
        logps = scores["logps"]
        if config.ld_alpha is None:
            policy, held = pair_sums(packed, logps), pair_sums(packed, reference)
        else:
            policy, held = (desensitised(one, lengths, config.ld_alpha) for one in (logps, reference))
        weights = None
        if config.use_weighting:
            weights = wpo_weights(pair_sums(packed, logps), pair_sums(packed, scores["collisions"]), lengths)
        if "bco_pair" in config.loss_type:
            both = policy.minus(held)
            self.rewards.add(config.beta * (both.chosen + both.rejected) / 2)
        return dpo(
            policy,
            held,
            lengths,
            loss_type=config.loss_type,
            loss_weights=config.loss_weights,
            beta=config.beta,
            label_smoothing=config.label_smoothing,
            f_divergence_type=config.f_divergence_type,
            f_alpha_divergence_coef=config.f_alpha_divergence_coef,
            discopop_tau=config.discopop_tau,
            shift=self.rewards.value,
            pair_weights=weights,
        )


class DPOTrainer(Trainer):
    """Trains on pairs of answers, one of which is preferred."""

    __init__ = with_reference(Method("DPO", "preference", DPOConfig, Prefer, paper="arXiv:2305.18290"))
