"""What every online constructor does: assemble the parts, and hand them to the trainer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from transformers import TrainerCallback

from tilth.errors import UserError
from tilth.train.assembly import assemble, default_folder
from tilth.train.batches.packed import Packed
from tilth.train.references import COLUMN, reference_for
from tilth.train.rewards.named import functions_of
from tilth.train.rewards.pool import Pool
from tilth.train.rollouts.answered import column
from tilth.train.rollouts.engines import engine_for
from tilth.train.rollouts.feed import Credit, Feed
from tilth.train.rollouts.prompts import Prompts
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.settings import OnlineSettings
from tilth.train.rollouts.turns import Conversations
from tilth.train.trainer import Trainer


@dataclass(frozen=True, slots=True)
class OnlineMethod:
    """The parts of an online method, each from its config."""

    name: str
    config: type[Any]
    objective: Callable[[Any], Any]
    credit: Callable[[Any], Credit]
    prepare: Callable[[Any, Any], None] = lambda model, args: None
    """Give the model what it needs beside, such as a value head."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A reference whose log-probabilities come with the batch, since they were asked for when it was sampled."""

    inner: Any

    @property
    def columns(self) -> Sequence[str]:
        """None that a collator has to add."""
        return ()

    def logps(self, packed: Packed) -> Tensor | None:
        """Of the trained tokens, [N]."""
        return column(packed, COLUMN)

    def live(self, packed: Packed, temperature: float) -> Tensor:
        """Asked for now, [N]."""
        found: Tensor = self.inner.logps(packed, temperature)
        return found


class _Showing(TrainerCallback):
    """Shows a group of answers with every line of metrics, and ends processes when the run ends."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if args.log_completions:
            self.feed.account.show()

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.feed.pool.close()


def begin_online(
    trainer: Trainer,
    method: OnlineMethod,
    model: Any,
    reward_funcs: Any,
    args: OnlineSettings | None,
    *,
    train_dataset: Any = None,
    eval_dataset: Any = None,
    reward_processing_classes: Any = None,
    ref_model: Any = None,
    engine: Engine | Callable[[Any], Engine] | None = None,
    conversations: Callable[..., Conversations] = Conversations,
    callbacks: Sequence[Any] | None = None,
    optimizers: tuple[Any, Any] = (None, None),
    **given: Any,
) -> None:
    """Load, adapt, plan, and begin.

    Raises:
        UserError: Anything is wrong with the arguments.
    """
    args = args if args is not None else method.config(output_dir=default_folder(model, method.name))
    parts = assemble("prompt", model, args, **given)
    if reward_processing_classes is not None:
        raise UserError(
            "`reward_processing_classes` has no effect: rewards are functions", hint="leave it out"
        )
    if train_dataset is None:
        raise UserError("`train_dataset` is missing: there is nothing to answer")
    method.prepare(parts.model, args)
    functions = functions_of(reward_funcs)
    if args.reward_weights is not None and len(args.reward_weights) != len(functions):
        raise UserError(f"there are {len(functions)} rewards and {len(args.reward_weights)} `reward_weights`")
    objective = method.objective(args)
    limit = getattr(parts.model.config.get_text_config(), "max_position_embeddings", None)
    longest = None if limit is None else limit - 1
    prompts = _prompts(train_dataset, parts.tokenizer, args, args.task_weights, longest)
    talk = conversations(parts.tokenizer, is_conversational=prompts.is_conversational)
    feed = Feed(
        args,
        prompts,
        _eval_prompts(eval_dataset, parts.tokenizer, args, longest),
        Pool(functions, workers=args.reward_workers, timeout_seconds=args.reward_timeout_seconds),
        _maker(engine),
        talk,
        method.credit(args),
        objective.columns,
        stop_tokens(parts.model, parts.tokenizer),
    )
    Trainer.__init__(
        trainer,
        parts.model,
        args,
        objective,
        tokenizer=parts.tokenizer,
        eval_rows=eval_dataset,
        reference=lambda made: Scored(reference_for(made, ref_model, had_adapter=parts.had_adapter)),
        feed=feed,
        callbacks=[_Showing(feed), *(callbacks or ())],
        optimizers=optimizers,
    )


def _maker(engine: Engine | Callable[[Any], Engine] | None) -> Callable[[Any], Engine]:
    if engine is None:
        return engine_for
    return engine if callable(engine) else lambda _: engine


def _prompts(
    dataset: Any,
    tokenizer: Any,
    args: OnlineSettings,
    weights: Mapping[str, float] | None,
    longest: int | None,
) -> Prompts:
    return Prompts(
        dataset if isinstance(dataset, dict) and not hasattr(dataset, "column_names") else {"": dataset},
        tokenizer,
        weights=weights,
        seed=args.seed,
        is_shuffled=args.shuffle_dataset,
        by_pass_rate=args.curriculum == "pass_rate",
        longest=longest,
        template_options=args.chat_template_kwargs,
    )


def _eval_prompts(
    dataset: Any, tokenizer: Any, args: OnlineSettings, longest: int | None
) -> dict[str, Prompts]:
    if dataset is None:
        return {}
    named = dataset if isinstance(dataset, dict) else {"": dataset}
    return {name: _prompts(one, tokenizer, args, None, longest) for name, one in named.items()}


def stop_tokens(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Tokens that end an answer: those of the tokenizer and of the model's own settings for generation."""
    named = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    found = named if isinstance(named, list) else [named]
    return tuple(sorted({one for one in (*found, tokenizer.eos_token_id) if one is not None}))
