"""What all methods let a user set beside transformers' `TrainingArguments`, under the names that TRL's users know."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

import torch
from transformers import TrainingArguments

from tilth.errors import UserError
from tilth.train.rows.options import OnEmpty, Truncation


@dataclass
class Settings(TrainingArguments):
    """The part of a method's config that is the same for every method."""

    logging_steps: float = 10
    """Steps between two lines of metrics."""
    gradient_checkpointing: bool = True
    """Compute activations again in the backward pass instead of keeping them: less memory, a third more arithmetic."""
    activation_offloading: bool = False
    """Keep what `gradient_checkpointing` keeps in the computer's memory instead of the GPU's. On a CPU it changes
    nothing."""
    bf16: bool | None = None
    """Multiply in bfloat16. By default where a GPU knows it, and not on a CPU."""
    max_length: int | None = 1024
    """Tokens of a row, prompt included; what is longer is cut and counted. None: no limit."""
    truncation_mode: Truncation = "keep_start"
    """Which end stays of what is longer: keep_start or keep_end; drop leaves the row out."""
    on_empty: OnEmpty = "stop"
    """What rows do in which no token is trained: stop the run, or drop, counted."""
    model_init_kwargs: dict[str, Any] | str | None = None
    """Keywords for `from_pretrained` where the model is given by its name; `dtype` is float32 unless it is in here."""
    trust_remote_code: bool = False
    """Run code that comes with the model."""
    disable_dropout: bool = True
    """Train without dropout, so that the same tokens always have the same log-probability."""
    dataset_num_proc: int | None = None
    """Processes that tokenise."""
    skip_packing_check: bool = False
    """Do not prove before the first step that packed rows score as they do alone."""

    def __post_init__(self) -> None:
        _numbers_from_text(self)
        if not torch.accelerator.is_available():
            self.use_cpu = True
            self.dataloader_pin_memory = False
        if self.bf16 is None:
            self.bf16 = not (self.use_cpu or self.fp16) and _knows_bf16()
        # transformers' new name for the two; the old ones, which scripts for TRL use, follow it.
        _default(self, "activation_checkpointing", self.gradient_checkpointing)
        kwargs = self.gradient_checkpointing_kwargs or {"use_reentrant": False}
        if self.activation_offloading and not self.use_cpu:
            kwargs = {**kwargs, "offload": True}
        _default(self, "activation_checkpointing_kwargs", kwargs)
        if self.use_liger_kernel:
            # Its layers, not its head: log-probabilities come from ours, which no forward of Liger's may replace.
            own: Any = self
            own.liger_kernel_config = {**_OWN_HEAD, **(own.liger_kernel_config or {})}
        self._check_own()
        # A batch is one sequence of all its rows: nothing may drop their columns, or deal out parts of it.
        self.remove_unused_columns = False
        super().__post_init__()
        self.accelerator_config.dispatch_batches = False

    def _check_own(self) -> None:
        if self.max_length is not None and self.max_length < 2:
            raise UserError(f"`max_length` is {self.max_length}", hint="a row needs two tokens at least")
        if self.activation_offloading and not self.activation_checkpointing:
            raise UserError(
                "`activation_offloading` moves what `gradient_checkpointing` keeps, and that is off",
                hint="set `gradient_checkpointing: true`, or leave `activation_offloading` out",
            )
        if max(getattr(self.parallelism_config, name, 1) or 1 for name in ("cp_size", "sp_size")) > 1:
            raise UserError(
                "a packed batch cannot be cut through its rows (context or sequence parallelism)",
                hint="leave `parallelism_config` out; shard the weights instead: `--accelerate_config fsdp2`",
            )


_OWN_HEAD = {"cross_entropy": False, "fused_linear_cross_entropy": False}


@dataclass
class ReferenceSettings(Settings):
    """What methods add that compare with a reference model."""

    precompute_ref_log_probs: bool | None = None
    """Score all rows with the reference once, before training, and keep that on disk. By default wherever it is exact:
    unless the reference follows the model (`sync_ref_model`), rows come as a stream, or an adapter is trained, for
    which the reference is the model without it."""
    precompute_ref_batch_size: int | None = None
    """Rows that are scored at a time; as many as in training by default."""
    sync_ref_model: bool = False
    """Let the reference follow the model (TR-DPO, arXiv:2404.09656)."""
    ref_model_mixup_alpha: float = 0.6
    """Share of the model in the reference at each of these updates."""
    ref_model_sync_steps: int = 512
    """Steps between two of these updates."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sync_ref_model and self.precompute_ref_log_probs:
            raise UserError(
                "a reference that follows the model cannot be scored once before training",
                hint="set either `sync_ref_model` or `precompute_ref_log_probs`",
            )


def _default(settings: Any, name: str, value: Any) -> None:
    if getattr(settings, name, value) is None:
        setattr(settings, name, value)


def _knows_bf16() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_bf16_supported()


def _numbers_from_text(settings: Any) -> None:
    """YAML 1.1 reads `1e-5` as text: where a number is meant, it is one.

    Raises:
        UserError: The text is no number.
    """
    for one in fields(settings):
        value = getattr(settings, one.name)
        kind = str(one.type)
        if not isinstance(value, str) or "str" in kind or not ("float" in kind or "int" in kind):
            continue
        try:
            number = float(value)
        except ValueError as error:
            raise UserError(f"`{one.name}` is `{value}`, which is no number") from error
        setattr(settings, one.name, int(number) if number.is_integer() and "float" not in kind else number)


def as_list(value: Any) -> list[Any]:
    """One thing or a list of things, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def check_loss_type(loss_type: str, known: Collection[str]) -> None:
    """Raises UserError where a method has no such loss."""
    if loss_type not in known:
        raise UserError(f"`loss_type` is `{loss_type}`", hint=f"one of {', '.join(known)}")
