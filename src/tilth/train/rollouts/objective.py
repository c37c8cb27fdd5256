"""Make answers likelier by their advantages: what GRPO, RLOO and PPO share, and the few places where they differ."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from tilth.train.batches.packed import Packed
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.policy import PER_TOKEN, Surrogate, Tokens, far_off, policy, sequence_clipped
from tilth.train.losses.ratios import correction
from tilth.train.references import COLUMN as REFERENCE
from tilth.train.rollouts.answered import column, remember
from tilth.train.rollouts.entropy import Entropy
from tilth.train.rollouts.settings import OnlineSettings

ADVANTAGES = "advantages"
OLD = "old_logps"
SAMPLER = "sampler_logps"


@dataclass(slots=True)
class Improve:
    """A surrogate of the policy gradient."""

    config: OnlineSettings
    surrogate: Surrogate
    is_of_answers: bool = False
    """The ratio of whole answers, as RLOO has it."""
    entropy: Entropy = field(default_factory=Entropy)
    off_policy_threshold: float | None = None
    columns: Sequence[str] = (ADVANTAGES, OLD, SAMPLER, REFERENCE)

    @property
    def needs_reference(self) -> bool:
        """Where it holds at all."""
        return self.config.beta != 0

    def before_step(self, trainer: Any, batches: Sequence[Packed]) -> None:
        """Settle what the entropy bonus is in this step, for all micro-batches alike."""
        self.entropy.begin()

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Scores at the temperature that was sampled at."""
        asked: dict[str, Any] = {"temperature": self.config.temperature}
        if self.entropy.is_used:
            asked |= {"with_entropy": True, "trains_entropy": self.entropy.has_bonus}
        return asked

    def counts(self, packed: Packed) -> Sequence[int]:
        """Tokens or answers, by the loss; and tokens for the entropy bonus."""
        is_by_token = self.surrogate.loss_type in PER_TOKEN and not self.is_of_answers
        counts = [packed.num_trained if is_by_token else packed.num_answers]
        return [*counts, packed.num_trained] if self.entropy.has_bonus else counts

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """The policy's sum, and that of the entropy bonus."""
        seen, metrics = self.seen(packed, scores)
        if self.is_of_answers:
            found = sequence_clipped(seen, self.surrogate)
        else:
            found = policy(replace(seen, reference=reference), self.surrogate)
        found.metrics.update(metrics)
        return [found, *self.entropy.terms(scores, seen.keep)]

    def seen(self, packed: Packed, scores: Scores) -> tuple[Tokens, dict[str, Tensor]]:
        """The trained tokens as losses look at them, and how far the sampler was off.

        Where answers come from this very model, the old log-probabilities are its own: no pass for them is needed, and
        they are kept for when the batch comes again.
        """
        logps = scores["logps"]
        old = column(packed, OLD)
        if old is None:
            old = logps.detach()
            remember(packed, OLD, old)
        advantages = column(packed, ADVANTAGES)
        seen = Tokens(
            logps, old, logps.new_zeros(len(logps)) if advantages is None else advantages, packed.owners,
            packed.num_answers,
        )  # fmt: skip
        sampler, metrics = column(packed, SAMPLER), {}
        if sampler is not None:
            gap = (old - sampler).nan_to_num(0.0)
            metrics = {"sampling/sampling_logp_difference/mean": gap.abs()}
            if self.config.importance_sampling_correction:
                weights = self._correction(old, sampler, packed)
                metrics["sampling/importance_sampling_ratio/mean"] = weights
                seen = replace(seen, correction=weights)
        keep = self.entropy.keep(scores)
        if self.off_policy_threshold is not None:
            near = far_off(seen, old if sampler is None else sampler, self.off_policy_threshold)
            keep = near if keep is None else keep * near
        return replace(seen, keep=keep), metrics

    def _correction(self, old: Tensor, sampler: Tensor, packed: Packed) -> Tensor:
        config = self.config
        mode = config.vllm_importance_sampling_mode
        if self.surrogate.loss_type == "vespo":
            # Its weight is of the whole answer already: what the sampler saw enters it token by token.
            mode = mode.replace("sequence", "token")
        return correction(
            old,
            sampler,
            packed.owners,
            packed.num_answers,
            mode=mode,
            most=config.vllm_importance_sampling_clip_max,
            least=config.vllm_importance_sampling_clip_min,
        )


def surrogate_of(config: Any, **more: Any) -> Surrogate:
    """The surrogate that a config describes."""
    return Surrogate(
        epsilon=config.epsilon,
        epsilon_high=config.clip_high,
        beta=0.0 if config.kl_estimator == "k1" else config.beta,
        kl_estimator=config.kl_estimator,
        max_tokens=config.max_completion_length,
        **more,
    )


