"""How weights reach vLLM servers: by a file that both sides see, or sent to a group of processes."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from torch import Tensor

from tilth.train.rollouts.vllm_client import Client


class Transport(Protocol):
    """Brings weights to servers."""

    def hold(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Take the weights that are to be brought from now on."""
        ...

    def bring(self, clients: Sequence[Client], version: int) -> None:
        """Bring them to servers, which answer with them afterwards."""
        ...

    def close(self) -> None:
        """Give back what is held."""
        ...


class ByFile:
    """A safetensors file, written once, which each server reads; the newest one is kept for servers that come back.

    Args:
        folder: One that trainer and servers see under the same path: in memory where all are on one machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path: Path | None = None

    def hold(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Write the file; it appears whole or not at all."""
        from safetensors.torch import save_file

        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"weights-{os.getpid()}-{version}.safetensors"
        part = path.with_suffix(".part")
        save_file({name: values.contiguous() for name, values in once(weights)}, part)
        part.rename(path)
        if self._path is not None and self._path != path:
            self._path.unlink(missing_ok=True)
        self._path = path

    def bring(self, clients: Sequence[Client], version: int) -> None:
        """Let each server read the file."""
        for client in clients:
            client.tell_workers("tilth_load_file", str(self._path), str(version))

    def close(self) -> None:
        """The file is deleted."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def once(weights: Iterable[tuple[str, Tensor]]) -> Iterable[tuple[str, Tensor]]:
    """Each weight under its first name only: what a head shares with the embedding is the embedding."""
    seen = set()
    for name, values in weights:
        place = (values.data_ptr(), values.shape, values.stride()) if values.numel() else name
        if place not in seen:
            seen.add(place)
            yield name, values.detach()
