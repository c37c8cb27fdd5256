"""Prepared rows for eyes: which tokens are trained on."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Stretch = tuple[str, bool]
"""Text, and whether it is trained on."""


def stretches(row: dict[str, Any], tokenizer: "PreTrainedTokenizerBase") -> list[list[Stretch]]:
    """A prepared row as text: its prompt, then each answer, cut where training begins and ends."""
    answers = zip(row["answers"], row["trained"], strict=True)
    parts = [(row["prompt_ids"], [False] * len(row["prompt_ids"])), *answers]
    return [list(_cut(ids, flags, tokenizer)) for ids, flags in parts]


def _cut(ids: list[int], flags: list[bool], tokenizer: "PreTrainedTokenizerBase") -> Iterator[Stretch]:
    at = 0
    for flag, same in groupby(flags):
        number = len(list(same))
        yield str(tokenizer.decode(ids[at : at + number], clean_up_tokenization_spaces=False)), flag
        at += number
