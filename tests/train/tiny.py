"""Tiny random models of two architectures: big enough to be wrong, small enough to be quick."""

from typing import Any

import torch
from torch import Tensor

ARCHITECTURES = ("qwen3", "llama")
VOCABULARY = 97


HEADS = {
    "causal": ("ForCausalLM", None),
    "sequence": ("ForSequenceClassification", 1),
    "token": ("ForTokenClassification", 2),
}


def tiny_model(
    name: str = "llama", *, seed: int = 0, vocabulary: int = VOCABULARY, kind: str = "causal", **changes: Any
) -> Any:
    """A model with random weights; causal, or one that scores sequences or tokens."""
    import transformers

    shape: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 256,
        "tie_word_embeddings": name == "qwen3",
    }
    family = {"qwen3": "Qwen3", "llama": "Llama", "gemma2": "Gemma2", "mistral": "Mistral"}[name]
    head, labels = HEADS[kind]
    if labels is not None:
        shape |= {"num_labels": labels, "pad_token_id": 0}
    config = getattr(transformers, f"{family}Config")(**{**shape, **changes})
    torch.manual_seed(seed)
    return getattr(transformers, f"{family}{head}")(config)


def row(prompt: int, *answers: int, seed: int = 0) -> dict[str, Any]:
    """A row of random tokens with these lengths; every second answer token counts, and the last."""
    ids = torch.randint(
        1, VOCABULARY, (prompt + sum(answers),), generator=torch.Generator().manual_seed(seed)
    )
    left = ids.tolist()
    found: dict[str, Any] = {"prompt_ids": left[:prompt], "answers": [], "trained": []}
    at = prompt
    for length in answers:
        found["answers"].append(left[at : at + length])
        found["trained"].append([index % 2 == 0 or index == length - 1 for index in range(length)])
        at += length
    return found


def alone(model: Any, one: dict[str, Any]) -> list[Tensor]:
    """Log-probabilities of each answer's trained tokens, every answer in a sequence of its own, by transformers."""
    found = []
    for answer, trained in zip(one["answers"], one["trained"], strict=True):
        ids = torch.tensor([[*one["prompt_ids"], *answer]])
        before = len(one["prompt_ids"])
        places = [before + at for at, counts in enumerate(trained) if counts and before + at]
        if not places:
            continue
        logits = model(input_ids=ids, use_cache=False).logits[0]
        logps = torch.log_softmax(logits.float(), -1)
        found.append(logps[[place - 1 for place in places], ids[0, places]])
    return found


def gradients(model: Any) -> dict[str, Tensor]:
    """The gradients that a model has now; they are taken away from it."""
    found = {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}
    model.zero_grad()
    return found
