"""Weights as an engine takes them: under the names of the plain model, adapters merged into copies of their layers."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tilth.train.heads.scores import causal_lm


def handed_over(trainer: Any) -> Iterator[tuple[str, Tensor]]:
    """The weights of a trainer's model now."""
    return merged(trainer.accelerator.unwrap_model(trainer.model_wrapped))


@torch.no_grad()
def merged(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Name and value of each weight of the model under its adapter.

    An adapter is merged layer by layer into copies, so the weights that are trained never change (merging and taking
    apart again rounds a little each time). A generator: one layer is copied at a time.
    """
    inner: Any = causal_lm(model)
    layers = {
        name: one
        for name, one in inner.named_modules()
        if hasattr(one, "base_layer") and hasattr(one, "merge")
    }
    for name, layer in layers.items():
        alone = copy.deepcopy(layer)
        alone.merge()
        for part, values in alone.base_layer.state_dict().items():
            yield f"{name}.{part}", values
    for name, values in inner.state_dict().items():
        if not any(name.startswith(f"{layer}.") for layer in layers) and not name.startswith("value_model."):
            yield _plain(name), values


def _plain(name: str) -> str:
    """Without what an adapter that saves whole modules puts between."""
    return name.replace("modules_to_save.default.", "").replace("original_module.", "")
