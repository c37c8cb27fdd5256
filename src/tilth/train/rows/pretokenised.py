"""Rows that are token ids already."""

from collections.abc import Mapping, Sequence
from typing import Any

from tilth.errors import UserError
from tilth.train.rows.drafts import label, list_of, margin
from tilth.train.rows.encode import Coded, alike
from tilth.train.rows.options import RowOptions
from tilth.train.rows.shapes import Shape

IGNORED = -100
"""Label of a token that is not trained on, as PyTorch's cross-entropy has it."""


def coded_rows(row: Mapping[str, Any], shape: Shape, options: RowOptions) -> list[Coded]:
    """The rows that a row of token ids makes."""
    beside = margin(row) | label(row, shape)
    if shape.form.columns == ("input_ids",):
        ids = _ids(row, "input_ids")
        flags = _flags(row, ids, shape, options)
        return [Coded([], [ids], [[False, *flags[1:]]])]
    prompt = _ids(row, "prompt_ids") if "prompt_ids" in shape.form.columns else []
    answers = [_ids(row, name) for name in shape.form.columns if name not in ("prompt_ids", "label")]
    if not prompt and len(answers) > 1:
        most = min(map(len, answers)) - 1
        start = alike(answers, most)
        prompt, answers = answers[0][:start], [one[start:] for one in answers]
    if shape.need == "unpaired" and "label" not in shape.form.columns:
        return [
            _whole(prompt, [one], {"label": good}) for one, good in zip(answers, (True, False), strict=True)
        ]
    return [_whole(prompt, answers, beside)]


def _whole(prompt: list[int], answers: list[list[int]], beside: dict[str, Any]) -> Coded:
    trained = [[bool(prompt) or at > 0 for at in range(len(answer))] for answer in answers]
    return Coded(prompt, answers, trained, beside)


def _flags(row: Mapping[str, Any], ids: list[int], shape: Shape, options: RowOptions) -> list[bool]:
    """What `labels`, `completion_mask` and `assistant_masks` leave, each of which can only take tokens out."""
    flags = [True] * len(ids)
    if "labels" in shape.beside:
        labels = _same_length(row, "labels", ids)
        other = next((at for at, one in enumerate(labels) if one not in (IGNORED, ids[at])), None)
        if other is not None:
            raise UserError(
                f"`labels` holds {labels[other]} at place {other}, which is neither {IGNORED} nor the token"
            )
        flags = [one != IGNORED for one in labels]
    for name, is_asked in (
        ("completion_mask", options.completion_only is not False),
        ("assistant_masks", options.assistant_only),
    ):
        if name in shape.beside and is_asked:
            flags = [
                bool(one) and flag for one, flag in zip(_same_length(row, name, ids), flags, strict=True)
            ]
    if options.assistant_only and "assistant_masks" not in shape.beside:
        raise UserError("`assistant_only` needs a column `assistant_masks` beside token ids")
    return flags


def _same_length(row: Mapping[str, Any], name: str, ids: Sequence[int]) -> list[Any]:
    value = list_of(row, name)
    if len(value) != len(ids):
        raise UserError(f"`{name}` has {len(value)} values for {len(ids)} tokens")
    return value


def _ids(row: Mapping[str, Any], name: str) -> list[int]:
    value = list_of(row, name)
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in value):
        raise UserError(f"`{name}` holds something that is no token id")
    return value
