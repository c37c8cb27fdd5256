"""Proximal policy optimisation: every token is measured by what a value model expected there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from tilth.train.batches.packed import Packed
from tilth.train.credit.returns import at_ends, gae, whitened
from tilth.train.heads.scores import Scores, attach, causal_lm
from tilth.train.losses.output import LossOutput
from tilth.train.losses.policy import policy, values
from tilth.train.losses.ratios import divergence
from tilth.train.references import COLUMN as REFERENCE
from tilth.train.references import evaluating
from tilth.train.rollouts.answered import Answered, batches_of, column, packed_of
from tilth.train.rollouts.face import OnlineMethod, begin_online
from tilth.train.rollouts.feed import Feed
from tilth.train.rollouts.objective import ADVANTAGES, OLD, Improve, surrogate_of
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.trainer import Trainer

VALUES, RETURNS = "values", "returns"


@dataclass
class PPOConfig(OnlineSettings):
    """Settings of proximal policy optimisation."""

    learning_rate: float = 3e-6
    """Of the optimizer, at its highest."""
    num_generations: int = 1
    """Answers to a prompt."""
    num_ppo_epochs: int = 4
    """How often the same answers are learnt from."""
    response_length: int = 53
    """Tokens of an answer."""
    temperature: float = 0.7
    """Of the sampling; the model is scored at the same one."""
    kl_coef: float = 0.05
    """How strongly the reference holds, in the reward of every token."""
    kl_estimator: str = "k1"
    """How far from the reference is measured: k1 or k3."""
    cliprange: float = 0.2
    """How far the ratio to the sampled probability may go from 1."""
    cliprange_value: float = 0.2
    """How far a value may move from what it was."""
    vf_coef: float = 0.1
    """Weight of the value loss."""
    gamma: float = 1.0
    """What a reward one token later is worth."""
    lam: float = 0.95
    """0 trusts the values, 1 the rewards."""
    whiten_rewards: bool = False
    """Scale rewards of tokens to a spread of 1."""
    missing_eos_penalty: float | None = None
    """Taken from the reward of an answer that was cut."""

    def __post_init__(self) -> None:
        self.num_iterations, self.max_completion_length = self.num_ppo_epochs, self.response_length
        self.beta, self.epsilon = self.kl_coef, self.cliprange
        super().__post_init__()


@dataclass(frozen=True, slots=True)
class ByToken:
    """Advantages along an answer."""

    config: PPOConfig

    def needs_old(self, feed: Feed) -> bool:
        """For the divergence, unless the engine says the same as the trainer."""
        return self.config.beta != 0 and feed.compares_with_sampler

    def assign(self, feed: Feed, answers: Sequence[Answered]) -> Sequence[Answered]:
        """Values, returns and advantages of every token; an answer that nobody judged is not learnt from."""
        judged = [one for one in answers if not math.isnan(one.reward)]
        for part in batches_of(answers, self.config.per_device_train_batch_size):
            self._value(feed, part)
        if not judged:
            return judged
        owners = torch.tensor([at for at, one in enumerate(judged) for _ in range(one.num_trained)])
        ends = torch.tensor([one.columns.pop("last_value")[0] for one in judged])
        scores = torch.tensor([one.reward - self._penalty(one) for one in judged])
        rewards = at_ends(scores, owners, -self.config.beta * self._divergence(feed, judged))
        if self.config.whiten_rewards:
            rewards = whitened(rewards, shift_mean=False)
        expected = torch.tensor([value for one in judged for value in one.columns[VALUES]])
        advantages, returns = gae(
            rewards, expected, owners, ends, gamma=self.config.gamma, lam=self.config.lam
        )
        advantages = whitened(advantages)
        lengths = [one.num_trained for one in judged]
        parts = zip(judged, advantages.split(lengths), returns.split(lengths), strict=True)
        for one, gain, whole in parts:
            one.columns |= {ADVANTAGES: gain.tolist(), RETURNS: whole.tolist()}
        return judged

    def _penalty(self, one: Answered) -> float:
        return (self.config.missing_eos_penalty or 0.0) if one.finish != "stop" else 0.0

    def _divergence(self, feed: Feed, answers: Sequence[Answered]) -> Tensor:
        was = torch.tensor([v for one in answers for v in one.columns.get(OLD) or one.of_trained(one.logps)])
        if self.config.beta == 0:
            return torch.zeros(len(was))
        held = torch.tensor([v for one in answers for v in one.columns[REFERENCE]])
        found = divergence(was, held, self.config.kl_estimator)
        feed.account.add("kl", found.mean().item())
        return found

    def _value(self, feed: Feed, answers: Sequence[Answered]) -> None:
        """What is expected before every token, and behind the last one of an answer that was cut."""
        packed = packed_of(answers).to(self.config.device)
        model = feed.trainer.model_wrapped
        places = torch.cat([packed.sources, packed.last_tokens()])
        with evaluating(model):
            found = model(packed=packed, value_places=places)["values"][:, 0].float().cpu()
        tokens, lasts = found.split([packed.num_trained, packed.num_answers])
        parts = zip(answers, tokens.split([one.num_trained for one in answers]), lasts.tolist(), strict=True)
        for one, expected, last in parts:
            one.columns[VALUES] = expected.tolist()
            one.columns["last_value"] = [last if one.finish == "length" else 0.0]


@dataclass(slots=True)
class ImproveBoth:
    """The policy by its advantages, and the values by what came."""

    config: PPOConfig
    inner: Improve
    columns: Sequence[str]

    @property
    def needs_reference(self) -> bool:
        """As the policy does."""
        return self.inner.needs_reference

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Values too."""
        return {**self.inner.asks(packed), "with_values": True}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The tokens, twice."""
        return (packed.num_trained, packed.num_trained)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """The policy's sum and that of the values."""
        seen, metrics = self.inner.seen(packed, scores)
        found = policy(seen, self.inner.surrogate)
        found.metrics.update(metrics)
        before, returns = (column(packed, name) for name in (VALUES, RETURNS))
        if before is None or returns is None:
            return (found, LossOutput(0.0 * scores["values"].sum(), 0))
        errors = values(scores["values"], before, returns, clip=self.config.cliprange_value)
        return (found, LossOutput(self.config.vf_coef * errors.total, errors.count, errors.metrics))


def _objective(config: PPOConfig) -> ImproveBoth:
    # The divergence is in the rewards of tokens; `seen` adds none.
    inner = Improve(config, surrogate_of(config, loss_type="dapo"))
    return ImproveBoth(config, inner, (*inner.columns, VALUES, RETURNS))


def _with_values(value_model: Any) -> Any:
    def prepare(model: Any, args: PPOConfig) -> None:
        """A value model beside the policy, or a head on it that expects nothing at first."""
        inner: Any = causal_lm(model)
        if value_model is not None:
            attach(value_model)
            inner.value_model = value_model
        else:
            width = inner.config.get_text_config().hidden_size
            weight = inner.get_input_embeddings().weight
            inner.score = nn.Linear(width, 1, bias=False, device=weight.device, dtype=weight.dtype)
            nn.init.zeros_(inner.score.weight)

    return prepare


class PPOTrainer(Trainer):
    """Trains on what the model itself answers, judged by rewards, beside a value model."""

    def __init__(
        self,
        model: Any,
        reward_funcs: Any = None,
        args: PPOConfig | None = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        reward_processing_classes: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        quantization_config: Any = None,
        peft_config: Any = None,
        *,
        ref_model: Any = None,
        value_model: Any = None,
        engine: Engine | None = None,
    ) -> None:
        method = OnlineMethod("PPO", PPOConfig, _objective, ByToken, _with_values(value_model))
        begin_online(
            self, method, model, reward_funcs, args, train_dataset=train_dataset, eval_dataset=eval_dataset,
            processing_class=processing_class, reward_processing_classes=reward_processing_classes,
            callbacks=callbacks, optimizers=optimizers, quantization_config=quantization_config,
            peft_config=peft_config, ref_model=ref_model, engine=engine,
        )  # fmt: skip

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The policy; values are kept in checkpoints alone."""
        inner: Any = causal_lm(self.accelerator.unwrap_model(self.model))
        names = (
            [name for name in ("score", "value_model") if hasattr(inner, name)] if self._stage is None else []
        )
        taken = {name: getattr(inner, name) for name in names}
        for name in names:
            delattr(inner, name)
        try:
            super().save_model(output_dir, _internal_call)
        finally:
            for name, module in taken.items():
                setattr(inner, name, module)
