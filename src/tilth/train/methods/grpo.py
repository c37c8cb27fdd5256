"""Group-relative policy optimisation and its family: answers are measured by the others to the same prompt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.errors import UserError
from tilth.train.credit.groups import ESTIMATORS
from tilth.train.losses.policy import Surrogate, check
from tilth.train.rollouts.entropy import Entropy
from tilth.train.rollouts.face import OnlineMethod, begin_online
from tilth.train.rollouts.grouped import ByGroup
from tilth.train.rollouts.objective import Improve, surrogate_of
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.trainer import Trainer

_CISPO_CEILING = 5.0


@dataclass
class GRPOConfig(OnlineSettings):
    """Settings of group-relative policy optimisation."""

    loss_type: str = "dapo"
    """How tokens are added up and ratios bounded (see `losses.policy.LOSS_TYPES`)."""
    scale_rewards: str | bool = "group"
    """What advantages are divided by, or another estimator (see `credit.groups.ESTIMATORS`)."""
    multi_objective_aggregation: str = "sum_then_normalize"
    """sum_then_normalize, or normalize_then_sum: every reward is standardised by itself (GDPO)."""
    importance_sampling_level: str = "token"
    """token, or sequence: the mean over an answer (GSPO)."""
    delta: float | None = None
    """Ceiling of the ratio where the advantage is negative (two-sided clip)."""
    use_bias_correction_kl: bool = True
    """Weigh k3 by the importance ratio, which makes its gradient that of the divergence."""
    sapo_temperature_pos: float = 1.0
    """Of `sapo`, for positive advantages."""
    sapo_temperature_neg: float = 1.05
    """Of `sapo`, for others."""
    vespo_k_pos: float = 2.0
    """Of `vespo`, for advantages not below 0."""
    vespo_lambda_pos: float = 3.0
    """Of `vespo`, for advantages not below 0."""
    vespo_k_neg: float = 3.0
    """Of `vespo`, for others."""
    vespo_lambda_neg: float = 2.0
    """Of `vespo`, for others."""
    top_entropy_quantile: float = 1.0
    """Learn from this share of tokens, those with the highest entropy."""
    entropy_coef: float = 0.0
    """Of the entropy bonus."""
    use_adaptive_entropy: bool = False
    """Steer `entropy_coef` towards `entropy_target`."""
    entropy_coef_min: float = 0.0
    """Least coefficient when it is steered."""
    entropy_coef_max: float = 1.0
    """Largest coefficient when it is steered."""
    entropy_coef_delta: float = 0.005
    """Change of the coefficient in a step."""
    entropy_target: float = 0.2
    """Mean entropy of a token, in nats, that is aimed at."""
    off_policy_mask_threshold: float | None = None
    """Leave out answers that did badly and that the model would no longer give (DeepSeek-V3.2)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.loss_type == "cispo" and self.epsilon_high is None:
            self.epsilon_high = _CISPO_CEILING
        if isinstance(self.scale_rewards, bool):
            self.scale_rewards = "group" if self.scale_rewards else "none"
        if self.scale_rewards not in ESTIMATORS:
            raise UserError(
                f"`scale_rewards` is `{self.scale_rewards}`", hint=f"one of {', '.join(ESTIMATORS)}"
            )
        if self.multi_objective_aggregation not in ("sum_then_normalize", "normalize_then_sum"):
            raise UserError(f"`multi_objective_aggregation` is `{self.multi_objective_aggregation}`")
        if self.num_generations < 2:
            raise UserError(
                "a group of one answer teaches nothing", hint="set `num_generations` to 2 or more"
            )
        check(self.surrogate())

    def surrogate(self) -> Surrogate:
        """The loss that these settings describe."""
        return surrogate_of(
            self,
            loss_type=self.loss_type,
            level=self.importance_sampling_level,
            delta=self.delta,
            bias_correction=self.use_bias_correction_kl,
            temperatures=(self.sapo_temperature_pos, self.sapo_temperature_neg),
            shapes=(self.vespo_k_pos, self.vespo_lambda_pos, self.vespo_k_neg, self.vespo_lambda_neg),
        )

    def entropy(self) -> Entropy:
        """What is done about entropy."""
        return Entropy(
            self.entropy_coef,
            self.top_entropy_quantile,
            self.entropy_target if self.use_adaptive_entropy else None,
            self.entropy_coef_delta,
            self.entropy_coef_min,
            self.entropy_coef_max,
        )


def _objective(config: GRPOConfig) -> Improve:
    return Improve(
        config,
        config.surrogate(),
        entropy=config.entropy(),
        off_policy_threshold=config.off_policy_mask_threshold,
    )


def _credit(config: GRPOConfig) -> ByGroup:
    each_first = config.multi_objective_aggregation == "normalize_then_sum"
    return ByGroup(config, ESTIMATORS[str(config.scale_rewards)], each_first)


METHOD = OnlineMethod("GRPO", GRPOConfig, _objective, _credit)


class GRPOTrainer(Trainer):
    """Trains on what the model itself answers, judged by rewards."""

    def __init__(
        self,
        model: Any,
        reward_funcs: Any = None,
        args: GRPOConfig | None = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        reward_processing_classes: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        quantization_config: Any = None,
        peft_config: Any = None,
        tools: Sequence[Callable[..., Any]] | None = None,
        rollout_func: Any = None,
        environment_factory: Any = None,
        *,
        engine: Engine | None = None,
    ) -> None:
        if tools or environment_factory is not None:
            raise UserError("`tools` and `environment_factory` are not there yet: answers are of one turn")
        begin_online(
            self, METHOD, model, reward_funcs, args, train_dataset=train_dataset, eval_dataset=eval_dataset,
            processing_class=processing_class, reward_processing_classes=reward_processing_classes,
            callbacks=callbacks, optimizers=optimizers, quantization_config=quantization_config,
            peft_config=peft_config, engine=engine, rollout_func=rollout_func,
        )  # fmt: skip
