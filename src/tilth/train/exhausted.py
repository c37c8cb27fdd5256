"""Out of memory: where it happened, on which batch, and two settings with which the batch would fit."""

import traceback
from collections.abc import Iterator
from typing import Any

import torch

from tilth.errors import WorkFailed
from tilth.train.batches.packed import Packed
from tilth.train.memory import activations_bytes, head_bytes

_SPARE = 0.8
# Of what is free: an allocator cannot use all of it.


def is_exhausted(error: BaseException) -> bool:
    """Whether memory ran out; on a CPU torch says so by a sentence alone."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def explained(error: BaseException, packed: Packed, args: Any, config: Any, step: int) -> WorkFailed:
    """The error that a user can act on.

    Args:
        error: What torch raised.
        packed: The batch.
        args: The settings.
        config: The model's config.
        step: Number of the step that failed, from 1.
    """
    passed = {frame.name for frame in traceback.extract_tb(error.__traceback__)}
    where = "forward" if "compute_loss" in passed else "backward"
    longest = max(group.end - group.start for group in packed.groups)
    fitting = [f"`{line}` ({size / 2**30:.2f} GiB)" for line, size in _fitting(packed, longest, args, config)]
    needed = _needed(packed.num_tokens, args, config, has_checkpoints=args.activation_checkpointing)
    return WorkFailed(
        f"out of memory in step {step}, in the {where} pass of a batch of {packed.num_tokens:,} tokens in"
        f" {packed.num_rows:,} rows, the longest of {longest:,}",
        hint=f"its activations need about {needed / 2**30:.2f} GiB; with less: {', or '.join(fitting[:2])}",
    )


def _fitting(packed: Packed, longest: int, args: Any, config: Any) -> Iterator[tuple[str, float]]:
    """Settings, the least change first, and what the batch would need with each."""
    tokens, has_checkpoints = packed.num_tokens, args.activation_checkpointing
    size, steps = args.per_device_train_batch_size, args.gradient_accumulation_steps
    if not has_checkpoints:
        yield "gradient_checkpointing: true", _needed(tokens, args, config, has_checkpoints=True)
    parts = _parts(_needed(tokens, args, config, has_checkpoints=has_checkpoints))
    if size >= parts:
        few = f"per_device_train_batch_size: {size // parts}` with `gradient_accumulation_steps: {steps * parts}"
        yield few, _needed(tokens // parts, args, config, has_checkpoints=has_checkpoints)
    yield (
        f"max_length: {max(longest // parts, 2)}",
        _needed(tokens // parts, args, config, has_checkpoints=has_checkpoints),
    )
    yield "use_peft: true", _needed(tokens, args, config, has_checkpoints=has_checkpoints)


def _needed(tokens: int, args: Any, config: Any, *, has_checkpoints: bool) -> int:
    shape = config.get_text_config()
    width = 2 if args.bf16 or args.fp16 else 4
    own = activations_bytes(shape, tokens, width, has_checkpoints=has_checkpoints)
    return own + head_bytes(shape, tokens)


def _parts(needed: int) -> int:
    """Into how many parts, a power of two, a batch is to be cut to fit into what is free."""
    parts = 2
    if torch.cuda.is_available():
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        while needed / parts > _SPARE * free and parts < 1024:
            parts *= 2
    return parts
