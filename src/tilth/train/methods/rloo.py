"""REINFORCE leave-one-out: an answer is measured by the mean of the others to its prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tilth.errors import UserError
from tilth.train.credit.groups import leave_one_out
from tilth.train.rollouts.face import OnlineMethod, begin_online
from tilth.train.rollouts.grouped import ByGroup
from tilth.train.rollouts.objective import Improve, surrogate_of
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.trainer import Trainer


@dataclass
class RLOOConfig(OnlineSettings):
    """Settings of REINFORCE leave-one-out."""

    num_generations: int = 2
    """Answers to a prompt."""
    beta: float = 0.05
    """How strongly the reference holds, in the reward."""
    kl_estimator: str = "k1"
    """How far from the reference is measured: k1 in the reward."""
    normalize_advantages: bool = False
    """Bring all advantages to a mean of 0 and a spread of 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kl_estimator != "k1":
            raise UserError(
                f"`kl_estimator` is `{self.kl_estimator}`: RLOO measures the reference in the reward",
                hint="k1",
            )
        if self.num_generations < 2:
            raise UserError(
                "an answer without others has no baseline", hint="set `num_generations` to 2 or more"
            )


METHOD = OnlineMethod(
    "RLOO",
    RLOOConfig,
    lambda config: Improve(config, surrogate_of(config), is_of_answers=True),
    lambda config: ByGroup(config, leave_one_out, standardise=config.normalize_advantages),
)


class RLOOTrainer(Trainer):
    """Trains on what the model itself answers, judged by rewards."""

    def __init__(
        self,
        model: Any,
        reward_funcs: Any = None,
        args: RLOOConfig | None = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        reward_processing_classes: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        quantization_config: Any = None,
        peft_config: Any = None,
        *,
        engine: Engine | None = None,
    ) -> None:
        begin_online(
            self, METHOD, model, reward_funcs, args, train_dataset=train_dataset, eval_dataset=eval_dataset,
            processing_class=processing_class, reward_processing_classes=reward_processing_classes,
            callbacks=callbacks, optimizers=optimizers, quantization_config=quantization_config,
            peft_config=peft_config, engine=engine,
        )  # fmt: skip
