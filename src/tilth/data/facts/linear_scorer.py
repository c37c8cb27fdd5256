"""A small scorer: a linear model over hashed pairs of neighbouring words and signs, as a chance from 0 to 1.

Feature hashing: Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (ICML 2009, arXiv:0902.2206).
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tilth.data.facts.kernels import Bytes, kernel
from tilth.errors import UserError

Weights = npt.NDArray[np.float32]
BITS = 14
TEXT_BYTES = 1 << 16
"""Of a longer text, the head is scored."""
_MULTIPLIER, _ROLL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95)
_SHIFT, _HALF = np.uint64(29), np.uint64(40)
_PART = np.array([byte > 127 or chr(byte).isalnum() or chr(byte) == "_" for byte in range(256)])


@dataclass(frozen=True)
class LinearScorer:
    """Weights of hashed features, and a bias."""

    weights: Weights
    bias: float

    def __call__(self, texts: Sequence[str]) -> list[float]:
        """A chance for each text."""
        return [
            float(1 / (1 + np.exp(-np.clip(one @ self.weights + self.bias, -50, 50))))
            for one in features(texts)
        ]

    def save(self, path: Path, **said: Any) -> None:
        """Writes the weights; `said` are words on where they are from."""
        np.savez_compressed(path, weights=self.weights.astype(np.float16), bias=self.bias, **said)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The scorer of a file of weights.

        Raises:
            UserError: They are no weights of such a model.
        """
        try:
            with path.open("rb") as file, np.load(file) as stored:
                weights, bias = stored["weights"].astype(np.float32), float(stored["bias"])
        except (
            OSError,
            EOFError,
            KeyError,
            ValueError,
            TypeError,
            AttributeError,
            zipfile.BadZipFile,
        ) as error:
            raise UserError(f"`{path}` has no weights of a linear scorer: {error}") from error
        if weights.shape != (1 << BITS,) or not np.isfinite([bias, *weights]).all():
            raise UserError(f"`{path}` has weights of another model")
        return cls(weights, bias)


def features(texts: Sequence[str]) -> Iterator[Weights]:
    """[2^14] For each text how often each feature occurs, dampened and of length 1."""
    for text in texts:
        counts = np.log1p(_counts(np.frombuffer(text.encode("utf-8", "replace")[:TEXT_BYTES], np.uint8)))
        yield (counts / max(float(np.linalg.norm(counts)), 1e-9)).astype(np.float32)


@kernel("float64[::1](Array(uint8, 1, 'C', readonly=True))")
def _counts(data: Bytes) -> npt.NDArray[np.float64]:
    """How often each word, each sign, and each pair of them occurs."""
    counts = np.zeros(1 << BITS, np.float64)
    mask = np.uint64((1 << BITS) - 1)
    before, at = np.uint64(0), 0
    while at < len(data):
        token = np.uint64(data[at]) * _MULTIPLIER
        at += 1
        while _PART[data[at - 1]] and at < len(data) and _PART[data[at]]:
            token = (token ^ np.uint64(data[at])) * _MULTIPLIER
            token ^= token >> _SHIFT
            at += 1
        if data[at - 1] == 32:
            continue
        counts[(token * _MULTIPLIER >> _HALF) & mask] += 1
        counts[((before * _ROLL + token) * _MULTIPLIER >> _HALF) & mask] += 1
        before = token
    return counts
