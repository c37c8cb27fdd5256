"""Answers beside prompts that they do not belong to: the sample on which KTO measures how far a model has gone."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tilth.errors import UserError

if TYPE_CHECKING:
    from datasets import Dataset


def with_others(rows: "Dataset", *, seed: int = 0) -> "Dataset":
    """Prepared rows with a second answer each: that of another row, drawn from the whole dataset.

    Every answer is drawn once, none for its own row nor for one with the same prompt where that can be helped. So the
    sample does not depend on how rows are put into batches.

    Args:
        rows: With one answer each.
        seed: Of the draw.

    Raises:
        UserError: There are fewer than two different prompts.
    """
    prompts = [tuple(ids) for ids in rows["prompt_ids"][:]]
    order = _elsewhere(prompts, np.random.default_rng(seed))
    table = rows.with_format("arrow")[:]
    made = {name: table[name].combine_chunks() for name in ("answers", "trained")}
    two = {name: _beside(column, order) for name, column in made.items()}
    return _replaced(rows, two)


def _elsewhere(prompts: list[tuple[int, ...]], chance: np.random.Generator) -> np.ndarray:
    """For each row another one: rows in an order in which equal prompts stand together, turned by half."""
    kinds = {prompt: number for number, prompt in enumerate(dict.fromkeys(prompts))}
    if len(kinds) < 2:
        raise UserError("all rows have the same prompt, so no answer belongs to another one")
    labels = chance.permutation(len(kinds))[[kinds[prompt] for prompt in prompts]]
    order = np.lexsort((chance.random(len(prompts)), labels))
    most = np.bincount(labels).max()
    turned = np.roll(order, -max(len(prompts) // 2, min(most, len(prompts) - 1)))
    other = np.empty(len(prompts), np.int64)
    other[order] = turned
    return other


def _beside(column: pa.ListArray, order: np.ndarray) -> pa.ListArray:
    """Each row's one list, and that of its other row."""
    own = column.flatten()
    if len(own) != len(column):
        raise UserError("these rows have several answers each, and KTO learns from single ones")
    numbers = np.column_stack([np.arange(len(column)), order]).ravel()
    ends = np.arange(0, 2 * len(column) + 1, 2, dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), own.take(pa.array(numbers)))


def _replaced(rows: "Dataset", columns: dict[str, pa.ListArray]) -> "Dataset":
    from datasets import Dataset

    table = rows.with_format("arrow")[:]
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return Dataset(table)
