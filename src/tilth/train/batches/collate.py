"""From rows of a dataset to a packed batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch.utils.data import Dataset

from tilth.train.batches.bins import best_fit
from tilth.train.batches.packed import Packed, Row, pack


@dataclass(frozen=True, slots=True)
class Collator:
    """Packs rows, or bins of rows, with the columns that a method asks for."""

    columns: tuple[str, ...] = ()

    def __call__(self, items: Sequence[Row | list[Row]]) -> dict[str, Packed]:
        """The batch under the one key that the trainer looks for."""
        return {"packed": pack(list(_rows(items)), self.columns)}


def _rows(items: Sequence[Row | list[Row]]) -> Iterator[Row]:
    for item in items:
        if isinstance(item, list):
            yield from item
        else:
            yield item


class Bins(Dataset[list[Row]]):
    """A dataset of bins: rows that together fill `capacity` tokens."""

    def __init__(self, rows: Any, lengths: Sequence[int], capacity: int) -> None:
        """Fills the bins.

        Args:
            rows: Indexable by a list of numbers, as a `datasets.Dataset` is.
            lengths: Tokens of each row.
            capacity: Tokens of a bin.
        """
        self.rows = rows
        self.bins = best_fit(lengths, capacity)

    def __len__(self) -> int:
        return len(self.bins)

    def __getitem__(self, index: int) -> list[Row]:
        return rows_at(self.rows, self.bins[index])


def rows_at(rows: Any, at: Sequence[int] | slice) -> list[Row]:
    """Rows of a `datasets.Dataset`, read together."""
    found = rows[at]
    return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]
