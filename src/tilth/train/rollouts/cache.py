"""Keys and values of the rows that are being answered: rows join and leave while others go on."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers.cache_utils import Cache, DynamicLayer

_ROOM = 64
# Columns that are made at a time: a token then costs a write, not a copy of everything before it.


class RoomyLayer(DynamicLayer):
    """A layer's keys and values [B, H, T, D] with room behind them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self._stores: tuple[Tensor, Tensor] | None = None
        self._length = 0

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write behind what is there."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start, end = self._length, self._length + key_states.shape[-2]
        if self._stores is None:
            self._stores = (self._with_room(key_states), self._with_room(value_states))
        elif end > self._stores[0].shape[-2]:
            self._stores = tuple(self._with_room(one[:, :, :start], end - start) for one in self._stores)
        for store, states in zip(self._stores, (key_states, value_states), strict=True):
            store[:, :, start:end] = states
        self._length = end
        self._show()
        return self.keys, self.values

    def take(self, rows: Tensor, start: int) -> None:
        """Keep these rows (one may come several times), without the columns before `start`."""
        keys, values = self.keys[rows, :, start:], self.values[rows, :, start:]
        self._length -= start
        self._stores = (self._with_room(keys), self._with_room(values))
        self._show()

    def join(self, other: "RoomyLayer") -> None:
        """Add the rows of another one; the shorter of the two gets columns in front."""
        length = max(self._length, other._length)
        both = [
            torch.cat([pad(one, (0, 0, length - one.shape[-2], 0)) for one in pair])
            for pair in ((self.keys, other.keys), (self.values, other.values))
        ]
        self._length = length
        self._stores = (self._with_room(both[0]), self._with_room(both[1]))
        self._show()

    @staticmethod
    def _with_room(states: Tensor, more: int = 0) -> Tensor:
        return pad(states, (0, 0, 0, more + max(_ROOM, states.shape[-2] // 2)))

    def _show(self) -> None:
        if self._stores is not None:
            self.keys, self.values = (one[:, :, : self._length] for one in self._stores)


def make_cache() -> Cache:
    """A cache of such layers."""
    return Cache(layer_class_to_replicate=RoomyLayer)
