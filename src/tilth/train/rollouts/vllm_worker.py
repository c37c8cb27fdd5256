"""What tilth adds to vLLM's workers: `--worker-extension-cls tilth.train.rollouts.vllm_worker.Weights`.

vLLM loads this class into each of its workers, where `self` is the worker. Imports nothing of tilth.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor


class Weights:
    """New weights for a model that serves."""

    model_runner: Any
    tilth_version: int | None = None

    def tilth_load_file(self, path: str, version: str) -> dict[str, Any]:
        """Takes weights from a safetensors file that this machine can read."""
        self.tilth_load(_of_file(path), int(version))
        return self.tilth_state()

    def tilth_load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Takes weights under the names of the checkpoint; the old ones are gone even where this fails."""
        self.tilth_version = None
        self.model_runner.reload_weights(weights_iterator=iter(weights))
        _pack_tied(self.model_runner.get_model())
        self.tilth_version = version

    def tilth_state(self) -> dict[str, Any]:
        """Which weights these are; None for those that vLLM was started with."""
        return {"version": self.tilth_version}


def _of_file(path: str) -> Iterator[tuple[str, Tensor]]:
    from safetensors import safe_open

    with safe_open(path, "pt") as opened:
        for name in opened.keys():
            yield name, opened.get_tensor(name)


def _pack_tied(model: Any) -> None:
    """A head that is the embedding as well is packed anew: vLLM 0.32 leaves the old one packed on a CPU, silently."""
    head = getattr(model, "lm_head", None)
    method = getattr(head, "quant_method", None)
    if getattr(model.config, "tie_word_embeddings", False) and method is not None:
        method.process_weights_after_loading(head)
