"""What a run needs on one device, part by part, before anything is loaded."""

from dataclasses import dataclass
from typing import Any

import torch

from tilth.errors import UserError
from tilth.train.adapters import ModelConfig
from tilth.train.heads.logps import keep_limit

_LAYER_COPIES = 34
# Tensors of [tokens, hidden] that one decoder layer keeps for its backward pass (arXiv:2205.05198, section 4.1, without
# the attention matrix, which no backend keeps).

_COMPARES = {"dpo", "kto", "bco"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes of each part; activations grow with the tokens of a batch, the rest does not."""

    weights_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    reference_bytes: int
    activations_bytes: int
    head_bytes: int
    num_weights: int
    num_trained: int
    batch_tokens: int

    @property
    def total_bytes(self) -> int:
        """All parts together."""
        parts = (self.weights_bytes, self.gradients_bytes, self.optimizer_bytes, self.reference_bytes)
        return sum(parts) + self.activations_bytes + self.head_bytes

    def rows(self) -> list[dict[str, Any]]:
        """One for each part, in GiB."""
        names = ("weights", "gradients", "optimizer", "reference", "activations", "head", "total")
        return [{"part": name, "gib": round(getattr(self, f"{name}_bytes") / 2**30, 3)} for name in names]


def estimate(method: str, config: Any, model: ModelConfig) -> Estimate:
    """Count weights on no device at all, and what a batch of the longest rows would keep.

    Raises:
        UserError: The model's config cannot be read.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        shape = AutoConfig.from_pretrained(
            model.model_name_or_path, trust_remote_code=config.trust_remote_code
        )
    except (OSError, ValueError) as error:
        raise UserError(
            f"the config of `{model.model_name_or_path}` cannot be read: {str(error).splitlines()[0]}"
        ) from error
    with torch.device("meta"):
        empty = AutoModelForCausalLM.from_config(shape)
        whole = sum(one.numel() for one in empty.parameters())
        if (peft := model.peft()) is not None:
            from peft import get_peft_model

            empty = get_peft_model(empty, peft)
    trained = sum(one.numel() for one in empty.parameters() if one.requires_grad)
    width = 1 if model.load_in_8bit else 0.5 if model.load_in_4bit else _width(model.dtype)
    low = 2 if config.bf16 or config.fp16 or width <= 2 else 4
    text = shape.get_text_config()
    tokens = config.per_device_train_batch_size * (config.max_length or text.max_position_embeddings)
    has_copy = (
        method in _COMPARES
        and not model.use_peft
        and (config.precompute_ref_log_probs is False or config.sync_ref_model)
    )
    return Estimate(
        weights_bytes=int(whole * width),
        gradients_bytes=int(trained * max(width, 2)),
        optimizer_bytes=8 * trained,
        reference_bytes=int(whole * width) if has_copy else 0,
        activations_bytes=activations_bytes(
            text, tokens, low, has_checkpoints=config.activation_checkpointing
        ),
        head_bytes=head_bytes(text, tokens),
        num_weights=whole,
        num_trained=trained,
        batch_tokens=tokens,
    )


def activations_bytes(shape: Any, tokens: int, width: int, *, has_checkpoints: bool) -> int:
    """What the layers keep of so many tokens for the backward pass.

    Args:
        shape: The model's config.
        tokens: Of a batch.
        width: Bytes of a number.
        has_checkpoints: Each layer keeps what goes in, and one at a time computes the rest again.
    """
    layers = shape.num_hidden_layers
    kept = layers + _LAYER_COPIES if has_checkpoints else layers * _LAYER_COPIES
    return int(kept * tokens * shape.hidden_size * width)


def head_bytes(shape: Any, tokens: int) -> int:
    """What the head keeps of so many tokens."""
    return min(keep_limit(shape.vocab_size, shape.hidden_size), tokens * shape.vocab_size * 4)


def _width(dtype: str) -> int:
    return 2 if dtype in ("bfloat16", "float16") else 4
