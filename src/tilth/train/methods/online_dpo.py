"""Online preference optimisation: two answers of the model, or of it and an opponent, and which of them is better.

Online DPO (arXiv:2402.04792), XPO (arXiv:2405.21046) and Nash-MD (arXiv:2312.00886) differ in who gives the second
answer and in the loss.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from tilth.errors import UserError
from tilth.train.batches.answers import pair_lengths, pair_sums
from tilth.train.batches.packed import Packed
from tilth.train.heads.scores import Scores
from tilth.train.losses.dpo import dpo
from tilth.train.losses.output import LossOutput
from tilth.train.losses.policy import Surrogate
from tilth.train.references import COLUMN as REFERENCE
from tilth.train.rollouts.answered import Answered, column
from tilth.train.rollouts.duel import Duel
from tilth.train.rollouts.face import OnlineMethod, begin_online
from tilth.train.rollouts.feed import Feed
from tilth.train.rollouts.in_process import InProcess
from tilth.train.rollouts.objective import ADVANTAGES, Improve
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.settings import check_loss_type
from tilth.train.trainer import Trainer

LOSSES = ("sigmoid", "ipo", "xpo", "nash_md")
EXPLORED = "explored"


@dataclass
class OnlineDPOConfig(OnlineSettings):
    """Settings of online preference optimisation."""

    learning_rate: float = 5e-7
    """Of the optimizer, at its highest."""
    num_generations: int = 2
    """Answers to a prompt: two."""
    max_new_tokens: int = 64
    """Tokens of an answer."""
    temperature: float = 0.9
    """Of the sampling; the model is scored at the same one."""
    beta: float = 0.1
    """How strongly the reference holds."""
    loss_type: str = "sigmoid"
    """sigmoid, ipo, xpo or nash_md."""
    alpha: float = 1e-5
    """Of `xpo`: how much the model is drawn away from what the reference says."""
    mixture_coef: float = 0.5
    """Of `nash_md`: the reference's share in the opponent."""
    missing_eos_penalty: float | None = None
    """Taken from the reward of an answer that was cut."""

    def __post_init__(self) -> None:
        self.max_completion_length = self.max_new_tokens
        super().__post_init__()
        check_loss_type(self.loss_type, LOSSES)
        if self.num_generations != 2 or self.per_device_train_batch_size % 2:
            raise UserError(
                "preferences are between two answers",
                hint="leave `num_generations` at 2, and make `per_device_train_batch_size` even",
            )
        if self.beta <= 0:
            raise UserError(
                f"`beta` is {self.beta}, and the loss is measured from a reference", hint="such as 0.1"
            )


@dataclass(frozen=True, slots=True)
class ByPair:
    """Who of two did better."""

    config: OnlineDPOConfig

    def needs_old(self, feed: Feed) -> bool:
        """Never."""
        return False

    def assign(self, feed: Feed, answers: Sequence[Answered]) -> Sequence[Answered]:
        """The better one of each pair and the worse one, in this order; pairs without a better one teach nothing."""
        found: list[Answered] = []
        ties = 0
        for first, second in zip(answers[::2], answers[1::2], strict=True):
            gap = self._score(first) - self._score(second)
            if math.isnan(gap):
                continue
            if self.config.loss_type == "nash_md":
                # The opponent's answer is not learnt from; winning half of the time is worth nothing.
                first.columns[ADVANTAGES] = [0.5 * ((gap > 0) - (gap < 0))] * first.num_trained
                found.append(first)
                continue
            first.columns[EXPLORED], second.columns[EXPLORED] = (
                [0.0] * first.num_trained,
                [1.0] * second.num_trained,
            )
            if gap:
                found += [first, second] if gap > 0 else [second, first]
            ties += not gap
        feed.account.add("ties_fraction", 2 * ties / max(len(answers), 1))
        return found

    def _score(self, one: Answered) -> float:
        return one.reward - ((self.config.missing_eos_penalty or 0.0) if one.finish != "stop" else 0.0)


@dataclass(slots=True)
class PreferOnline:
    """Direct preference optimisation on the model's own pairs."""

    config: OnlineDPOConfig
    columns: Sequence[str] = (REFERENCE, EXPLORED)
    needs_reference: bool = True

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Scores at the temperature that was sampled at."""
        return {"temperature": self.config.temperature}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The pairs that were learnt from."""
        return (packed.num_rows if packed.num_trained else 0,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over pairs; for XPO, what the second answers are likely to the model is added."""
        logps, config = scores["logps"], self.config
        if not packed.num_trained or reference is None:
            return (LossOutput(0.0 * logps.sum(), 0),)
        kind = "sigmoid" if config.loss_type == "xpo" else config.loss_type
        (found,) = dpo(
            pair_sums(packed, logps), pair_sums(packed, reference), pair_lengths(packed),
            loss_type=[kind], beta=config.beta,
        )  # fmt: skip
        explored = column(packed, EXPLORED)
        if config.loss_type != "xpo" or explored is None:
            return (found,)
        return (
            LossOutput(found.total + config.alpha * (explored * logps).sum(), found.count, found.metrics),
        )


def _objective(config: OnlineDPOConfig) -> Any:
    if config.loss_type != "nash_md":
        return PreferOnline(config)
    # Sums over tokens, means over answers, and k2, whose gradient is that of the divergence.
    surrogate = Surrogate("luspo", "sequence", beta=config.beta, kl_estimator="k2")
    return Improve(config, surrogate)


def _engine(config: OnlineDPOConfig) -> Any:
    def opponent(trainer: Any) -> Engine:
        """The engine of both answers, where the second is not the model's own."""
        held = trainer.reference.inner
        own = InProcess(trainer.model, rows=config.generation_rows)
        if config.loss_type == "xpo":
            around = {} if hasattr(held, "alpha") else {"around": held.switched}
            return Duel(own, InProcess(held.model, rows=config.generation_rows), **around)
        if not hasattr(held, "alpha"):
            raise UserError("`nash_md` mixes two models, and an adapter is one", hint="give a `ref_model`")
        return Duel(own, InProcess(trainer.model, mixed=(held.model, config.mixture_coef)))

    return opponent


class OnlineDPOTrainer(Trainer):
    """Trains on pairs of answers that rewards tell apart."""

    def __init__(
        self,
        model: Any,
        reward_funcs: Any = None,
        args: OnlineDPOConfig | None = None,
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
        engine: Engine | None = None,
    ) -> None:
        config = args if args is not None else OnlineDPOConfig()
        duels = config.loss_type in ("xpo", "nash_md")
        if duels and engine is not None:
            raise UserError(
                f"`{config.loss_type}` has an opponent, which only the engine in this process knows"
            )
        begin_online(
            self, OnlineMethod("OnlineDPO", OnlineDPOConfig, _objective, ByPair), model, reward_funcs, args,
            train_dataset=train_dataset, eval_dataset=eval_dataset, processing_class=processing_class,
            reward_processing_classes=reward_processing_classes, callbacks=callbacks, optimizers=optimizers,
            quantization_config=quantization_config, peft_config=peft_config, ref_model=ref_model,
            engine=_engine(config) if duels else engine,
        )  # fmt: skip
