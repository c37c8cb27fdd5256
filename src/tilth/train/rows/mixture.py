"""Prepared rows of several datasets as one, in shares that are asked for, and the order in which they are learnt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tilth.errors import UserError

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True, slots=True)
class Part:
    """One dataset of a mixture."""

    rows: "Dataset"
    name: str
    fraction: float | None = None
    """Share of its rows that is taken, drawn without putting back; above 1, whole copies and the rest drawn."""
    weight: float | None = None
    """Its share of the mixture, against the other weights. No row is taken twice: the scarcest part sets the size."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with shares of its own."""

    share: float
    """Of all steps, against the shares of the other stages."""
    weights: Mapping[str, float]
    """Name of a part -> its share of this stage; parts that are not named are left out of it."""


def mix(parts: Sequence[Part], *, seed: int = 0) -> "Dataset":
    """Rows of several datasets, evenly spread through each other.

    Args:
        parts: Either all have a weight, or none; `fraction` is taken first.
        seed: Which rows are drawn.

    Raises:
        UserError: There is no part, or weights are missing or not above 0.
    """
    drawn = [_draw(part, np.random.default_rng([seed, at])) for at, part in enumerate(parts)]
    weights = [part.weight for part in parts]
    if any(weight is not None for weight in weights):
        wanted = [_positive(part.name, part.weight) for part in parts]
        scale = min(len(rows) / weight for rows, weight in zip(drawn, wanted, strict=True))
        drawn = [rows[: int(scale * weight)] for rows, weight in zip(drawn, wanted, strict=True)]
    return _spread(parts, drawn)


def staged(parts: Sequence[Part], stages: Sequence[Stage], *, seed: int = 0) -> "Dataset":
    """Rows in the order of a curriculum: first all of the first stage, then of the second. Not to be shuffled again.

    No row is taken twice: the stages share out what there is, as large as the scarcest part allows.

    Raises:
        UserError: A stage names a part that is not there, or a share is not above 0.
    """
    if not stages:
        raise UserError("the curriculum has no stages")
    names = [part.name for part in parts]
    for stage in stages:
        if unknown := sorted(set(stage.weights) - set(names)):
            raise UserError(f"a stage names `{unknown[0]}`", hint=f"the parts are {', '.join(names)}")
    needs = np.array([_needs(stage, names) for stage in stages])
    drawn = [_draw(part, np.random.default_rng([seed, at])) for at, part in enumerate(parts)]
    used = needs.sum(0)
    scale = min(len(rows) / need for rows, need in zip(drawn, used, strict=True) if need > 0)
    ends = np.floor(np.vstack([np.zeros(len(parts)), needs.cumsum(0)]) * scale + 1e-9).astype(int)
    made = [
        _spread(parts, [rows[start:end] for rows, start, end in zip(drawn, before, until, strict=True)])
        for before, until in pairwise(ends)
    ]
    return _joined(made)


def ordered(rows: "Dataset", column: str, *, descending: bool = False) -> "Dataset":
    """Rows by a column, those that are equal in the order they had. Not to be shuffled again.

    Raises:
        UserError: There is no such column, or it holds nothing in some row.
    """
    if column not in rows.column_names:
        raise UserError(
            f"there is no column `{column}` to order rows by",
            hint=f"there are {', '.join(rows.column_names)}",
        )
    values = rows[column][:]
    empty = next((at for at, value in enumerate(values) if value is None), None)
    if empty is not None:
        raise UserError(f"row {empty}: `{column}` is empty (null), so it has no place in the order")
    order = sorted(range(len(values)), key=values.__getitem__, reverse=descending)
    return rows.select(order)


def _draw(part: Part, chance: np.random.Generator) -> Any:
    """Numbers of rows, in an order drawn by chance."""
    total = len(part.rows)
    if part.fraction is None:
        return chance.permutation(total)
    wanted = round(_positive(part.name, part.fraction) * total)
    copies = -(-wanted // total) if total else 0
    return np.concatenate([chance.permutation(total) for _ in range(copies)] or [np.zeros(0, int)])[:wanted]


def _spread(parts: Sequence[Part], drawn: Sequence[Any]) -> "Dataset":
    """The k-th of n rows of a part stands at (k + 1/2) / n of the whole, so any stretch has the shares of the whole."""
    whole = _joined([part.rows for part in parts])
    places = np.concatenate([(np.arange(len(rows)) + 0.5) / max(len(rows), 1) for rows in drawn])
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    numbers = np.concatenate([rows + start for rows, start in zip(drawn, starts[:-1], strict=True)])
    return whole.select(numbers[np.argsort(places, kind="stable")])


def _joined(made: Sequence["Dataset"]) -> "Dataset":
    from datasets import concatenate_datasets

    if not made:
        raise UserError("the mixture has no datasets")
    columns = set(made[0].column_names)
    if any(set(one.column_names) != columns for one in made):
        raise UserError(
            "the datasets of a mixture have different columns", hint="prepare them for one method"
        )
    whole: Dataset = concatenate_datasets(list(made))
    return whole


def _needs(stage: Stage, names: Sequence[str]) -> list[float]:
    share = _positive("share of a stage", stage.share)
    weights = {name: _positive(name, weight) for name, weight in stage.weights.items()}
    if not weights:
        raise UserError("a stage names no part")
    return [share * weights.get(name, 0.0) / sum(weights.values()) for name in names]


def _positive(name: str, value: float | None) -> float:
    if value is None or not value > 0:
        raise UserError(
            f"the weight of `{name}` is {value}", hint="a number above 0, for all parts or for none"
        )
    return float(value)
