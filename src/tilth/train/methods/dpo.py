"""Direct preference optimisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from tilth.train.assembly import assemble, default_folder
from tilth.train.batches.packed import Packed
from tilth.train.heads.scores import Scores
from tilth.train.losses.dpo import dpo
from tilth.train.losses.output import LossOutput
from tilth.train.losses.pairs import Pairs
from tilth.train.references import reference_for
from tilth.train.settings import ReferenceSettings
from tilth.train.trainer import Trainer


@dataclass
class DPOConfig(ReferenceSettings):
    """Settings of direct preference optimisation."""

    learning_rate: float = 1e-6
    """Of the optimizer, at its highest."""
    beta: float = 0.1
    """How strongly the reference holds."""
    label_smoothing: float = 0.0
    """Share of pairs assumed to be labelled the wrong way round."""


@dataclass(frozen=True, slots=True)
class Prefer:
    """Make chosen answers likelier than rejected ones, measured from the reference."""

    config: DPOConfig
    columns: Sequence[str] = ()
    needs_reference: bool = True

    def asks(self, packed: Packed) -> dict[str, Any]:
        """Nothing but log-probabilities."""
        return {}

    def counts(self, packed: Packed) -> Sequence[int]:
        """The pairs."""
        return (packed.num_rows,)

    def terms(self, packed: Packed, scores: Scores, reference: Tensor | None) -> Sequence[LossOutput]:
        """One sum over pairs."""
        policy = pairs(packed, scores["logps"])
        held = pairs(packed, reference)
        lengths = Pairs(*packed.answer_lengths().view(-1, 2).unbind(1))
        return dpo(policy, held, lengths, beta=self.config.beta, label_smoothing=self.config.label_smoothing)


def pairs(packed: Packed, logps: Tensor) -> Pairs:
    """Sums over chosen and rejected answers."""
    chosen, rejected = packed.row_sums(logps).view(-1, 2).unbind(1)
    return Pairs(chosen, rejected)


class DPOTrainer(Trainer):
    """Trains on pairs of answers, one of which is preferred."""

    def __init__(
        self,
        model: Any,
        ref_model: Any = None,
        args: DPOConfig | None = None,
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
        args = args or DPOConfig(output_dir=default_folder(model, "DPO"))
        parts = assemble(
            "preference",
            model,
            args,
            train_dataset=train_dataset,
            eval_dataset=eval_dataset,
            processing_class=processing_class,
            peft_config=peft_config,
            quantization_config=quantization_config,
            data_collator=data_collator,
            compute_metrics=compute_metrics,
        )
        super().__init__(
            **parts.for_trainer(),
            args=args,
            objective=Prefer(args),
            reference=lambda trainer: reference_for(trainer, ref_model, had_adapter=parts.had_adapter),
            callbacks=callbacks,
            optimizers=optimizers,
        )
