"""Perplexity by language: how surprised a model is by texts that it did not see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

import torch

from tilth.train.batches.packed import pack
from tilth.train.evaluation.estimates import Estimate, perplexity
from tilth.train.heads.scores import attach
from tilth.train.references import evaluating


@dataclass(slots=True)
class Seen:
    """Documents of one language."""

    nats: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    num_bytes: int = 0

    def row(self) -> dict[str, Any]:
        """As a row of a report; bits of a byte can be compared between tokenizers."""
        told: Estimate = perplexity(self.nats, self.tokens)
        return {
            "perplexity": told.value,
            "low": told.low,
            "high": told.high,
            "bits_per_byte": sum(self.nats) / log(2) / max(self.num_bytes, 1),
            "documents": len(self.nats),
            "tokens": sum(self.tokens),
        }


def perplexities(
    model: Any, tokenizer: Any, documents: Iterable[tuple[str, str]], *, max_length: int = 2048
) -> Mapping[str, Seen]:
    """What a model makes of documents.

    Args:
        model: With a language-modelling head.
        tokenizer: Its own.
        documents: Language and text.
        max_length: Tokens that it sees at a time; a longer text is read in pieces, each after an end of text.

    Returns:
        Language -> what was seen; "all" has all of them.
    """
    attach(model)
    found = {"all": Seen()}
    device = next(model.parameters()).device
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    with torch.no_grad(), evaluating(model):
        for language, text in documents:
            ids = tokenizer.encode(text, add_special_tokens=False)
            if not ids:
                continue
            nats = 0.0
            for piece in _pieces(ids, max_length - 1):
                row = {"prompt_ids": [start], "answers": [piece], "trained": [[True] * len(piece)]}
                scores = model(packed=pack([row]).to(device))
                nats -= float(scores["logps"].double().sum())
            for seen in (found["all"], found.setdefault(language, Seen())):
                seen.nats.append(nats)
                seen.tokens.append(len(ids))
                seen.num_bytes += len(text.encode())
    return found


def _pieces(ids: list[int], size: int) -> Iterator[list[int]]:
    return (ids[at : at + size] for at in range(0, len(ids), size))
