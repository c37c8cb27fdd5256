"""Constructors with the arguments that TRL's users know, in their order; methods differ in their parts alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tilth.train.assembly import assemble, default_folder
from tilth.train.references import reference_for
from tilth.train.rows.shapes import Need
from tilth.train.settings import Settings
from tilth.train.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Method:
    """The parts of a method."""

    name: str
    """As classes and folders begin."""
    need: Need
    """What shape its rows have."""
    config: type[Any]
    objective: Callable[[Any], Any]
    """From the config."""
    kind: str = "causal"
    """Which head its model needs (see `models.KINDS`)."""
    paper: str = ""
    """Where it comes from."""


def begin(
    trainer: Trainer,
    method: Method,
    model: Any,
    args: Settings | None,
    *,
    ref_model: Any = None,
    callbacks: Sequence[Any] | None = None,
    optimizers: tuple[Any, Any] = (None, None),
    optimizer_cls_and_kwargs: Any = None,
    capacity: int | None = None,
    **given: Any,
) -> None:
    """What every constructor does: assemble the parts, and hand them to the trainer."""
    if model is None:
        raise TypeError(f"{method.name}Trainer needs a model, or the name of one")
    args = args if args is not None else method.config(output_dir=default_folder(model, method.name))
    options = args.row_options() if hasattr(args, "row_options") else None
    trainer.method = method
    parts = assemble(method.need, model, args, kind=method.kind, row_options=options, **given)
    Trainer.__init__(
        trainer,
        parts.model,
        args,
        method.objective(args),
        tokenizer=parts.tokenizer,
        train_rows=parts.train_rows,
        eval_rows=parts.eval_rows,
        reference=lambda made: reference_for(made, ref_model, had_adapter=parts.had_adapter),
        capacity=capacity,
        callbacks=callbacks,
        optimizers=optimizers,
        optimizer_cls_and_kwargs=optimizer_cls_and_kwargs,
    )


def with_reference(method: Method) -> Callable[..., None]:
    """The constructor of methods that compare with a reference model."""

    def __init__(
        self: Trainer,
        model: Any,
        ref_model: Any = None,
        args: Any = None,
        data_collator: Any = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        compute_metrics: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        quantization_config: Any = None,
        peft_config: Any = None,
    ) -> None:
        begin(
            self, method, model, args, ref_model=ref_model, data_collator=data_collator, train_dataset=train_dataset,
            eval_dataset=eval_dataset, processing_class=processing_class, compute_metrics=compute_metrics,
            callbacks=callbacks, optimizers=optimizers, quantization_config=quantization_config,
            peft_config=peft_config,
        )  # fmt: skip

    return __init__


def without_reference(method: Method) -> Callable[..., None]:
    """The constructor of methods that need none."""

    def __init__(
        self: Trainer,
        model: Any = None,
        args: Any = None,
        data_collator: Any = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        model_init: Callable[[], Any] | None = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        preprocess_logits_for_metrics: Any = None,
        peft_config: Any = None,
        compute_metrics: Any = None,
    ) -> None:
        begin(
            self, method, model_init() if model is None and model_init else model, args, callbacks=callbacks,
            data_collator=data_collator, train_dataset=train_dataset, eval_dataset=eval_dataset,
            processing_class=processing_class, optimizers=optimizers, peft_config=peft_config,
            preprocess_logits_for_metrics=preprocess_logits_for_metrics, compute_metrics=compute_metrics,
        )  # fmt: skip

    return __init__


def of_rewards(method: Method) -> Callable[..., None]:
    """The constructor of reward models."""

    def __init__(
        self: Trainer,
        model: Any,
        args: Any = None,
        data_collator: Any = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        compute_metrics: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        optimizer_cls_and_kwargs: Any = None,
        preprocess_logits_for_metrics: Any = None,
        quantization_config: Any = None,
        peft_config: Any = None,
    ) -> None:
        begin(
            self, method, model, args, data_collator=data_collator, train_dataset=train_dataset,
            eval_dataset=eval_dataset, processing_class=processing_class, compute_metrics=compute_metrics,
            callbacks=callbacks, optimizers=optimizers, optimizer_cls_and_kwargs=optimizer_cls_and_kwargs,
            preprocess_logits_for_metrics=preprocess_logits_for_metrics, quantization_config=quantization_config,
            peft_config=peft_config,
        )  # fmt: skip

    return __init__
