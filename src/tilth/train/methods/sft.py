"""Supervised fine-tuning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from tilth.errors import UserError
from tilth.train.assembly import formatted
from tilth.train.batches.packed import Packed
from tilth.train.faces import Method, begin
from tilth.train.heads.scores import Scores
from tilth.train.losses.output import LossOutput
from tilth.train.losses.sft import dft, nll, smoothed_nll
from tilth.train.settings import Settings, check_loss_type
from tilth.train.trainer import Trainer

LOSSES: dict[str, Callable[[Tensor], LossOutput]] = {"nll": nll, "chunked_nll": nll, "dft": dft}


@dataclass
class SFTConfig(Settings):
    """Settings of supervised fine-tuning."""

    learning_rate: float = 2e-5
    """Of the optimizer, at its highest."""
    loss_type: str = "nll"
    """nll, or dft: each token weighted by its own probability."""
    packing: bool = False
    """Fill bins of `max_length` tokens with whole rows, and count those as the rows of a batch."""
    eval_packing: bool | None = None
    """The same for evaluation; as in training by default."""
    completion_only_loss: bool | None = None
    """Train on the completion alone. By default wherever rows have a prompt and a completion."""
    assistant_only_loss: bool = False
    """Train on what the assistant says alone."""
    dataset_text_field: str = "text"
    """Column of plain text."""
    chat_template_path: str | None = None
    """Another chat template: a name, a file of Jinja, or a model's folder."""
    eos_token: str | None = None
    """Another token that ends a row."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_loss_type(self.loss_type, LOSSES)
        if self.label_smoothing_factor and self.loss_type == "dft":
            raise UserError(
                "`dft` weighs tokens by their probability, and label smoothing spreads it: choose one"
            )
        if self.packing and self.max_length is None:
            raise UserError("`packing` fills bins of `max_length` tokens", hint="set `max_length`")

    def row_options(self) -> dict[str, Any]:
        """How rows become tokens."""
        return {
            "text_column": self.dataset_text_field,
            "completion_only": self.completion_only_loss,
            "assistant_only": self.assistant_only_loss,
            "chat_template": self.chat_template_path,
            "eos_token": self.eos_token,
        }


@dataclass(frozen=True, slots=True)
class Imitate:
    """Make the trained tokens likelier."""

    loss_type: str = "nll"
    label_smoothing: float = 0.0
    columns: Sequence[str] = ()
    needs_reference: bool = False

    def asks(self, packed: Packed) -> dict[str, Any]:
        """For label smoothing, the mean over the vocabulary."""
        return {"with_mean": True} if self.label_smoothing else {}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The trained tokens."""
        return (packed.num_trained,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over tokens."""
        if self.label_smoothing:
            share = self.label_smoothing
            return (smoothed_nll(scores["logps"], scores["mean_logps"], label_smoothing=share),)
        return (LOSSES[self.loss_type](scores["logps"]),)


METHOD = Method(
    "SFT", "sft", SFTConfig, lambda config: Imitate(config.loss_type, config.label_smoothing_factor)
)


class SFTTrainer(Trainer):
    """Trains on texts, prompts with completions, or conversations."""

    def __init__(
        self,
        model: Any,
        args: SFTConfig | None = None,
        data_collator: Any = None,
        train_dataset: Any = None,
        eval_dataset: Any = None,
        processing_class: Any = None,
        compute_loss_func: Any = None,
        compute_metrics: Any = None,
        callbacks: Sequence[Any] | None = None,
        optimizers: tuple[Any, Any] = (None, None),
        optimizer_cls_and_kwargs: tuple[Any, dict[str, Any]] | None = None,
        preprocess_logits_for_metrics: Any = None,
        quantization_config: Any = None,
        peft_config: Any = None,
        formatting_func: Callable[[Any], Any] | None = None,
    ) -> None:
        capacity = args.max_length if args is not None and args.packing else None
        begin(
            self,
            METHOD,
            model,
            args,
            train_dataset=formatted(train_dataset, formatting_func),
            eval_dataset=formatted(eval_dataset, formatting_func),
            processing_class=processing_class,
            peft_config=peft_config,
            quantization_config=quantization_config,
            data_collator=data_collator,
            compute_loss_func=compute_loss_func,
            compute_metrics=compute_metrics,
            preprocess_logits_for_metrics=preprocess_logits_for_metrics,
            capacity=capacity,
            callbacks=callbacks,
            optimizers=optimizers,
            optimizer_cls_and_kwargs=optimizer_cls_and_kwargs,
        )
