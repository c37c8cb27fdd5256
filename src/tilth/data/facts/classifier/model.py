"""The table of weights, and the scores that it gives a text.

Scores are sums of integers, so that every machine comes to the same answer.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from tilth.data.facts.classifier.features import feature_hashes

TABLE: Final = Path(__file__).with_name("weights.npz")

ICF_STEPS: Final = 16
"""Steps of a stored inverse frequency in 1."""
STEPS_PER_OCTAVE: Final = 8
"""Steps of a stored weight between a number and its double."""
TOP_OCTAVE: Final = 4
"""The heaviest weight that can be stored is 2 to this."""

_WEIGHT_ONE = 1 << 16
_TF_STEPS = 64
_TF_COUNTS = 256


@dataclass(frozen=True, slots=True)
class Weights:
    """What training finds: for each feature the languages that it speaks for or against."""

    languages: list[str]
    hashes: npt.NDArray[np.uint32]
    """[features] Ascending."""
    icf: npt.NDArray[np.uint8]
    """[features] 1 + ln(languages / languages that have it), in steps."""
    counts: npt.NDArray[np.uint16]
    """[features] How many weights each has."""
    owners: npt.NDArray[np.int16]
    """[weights] Number of the language."""
    codes: npt.NDArray[np.int8]
    """[weights] Sign, and 1 + steps below the top."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the words of a text say of its language."""

    language: str
    score: float
    """About 1 for a text like those learnt from, about 0 where nothing speaks for the language."""
    margin: float
    """By how much the score is above the next."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """The weights, laid out for look-ups."""

    weights: Weights
    slots: npt.NDArray[np.int32]
    """Number of a feature by its hash, open addressing; -1 is free."""
    starts: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    """Weight of a code, by code + 128."""
    frequencies: npt.NDArray[np.int64]
    """1 + ln count, by count."""
    seen: npt.NDArray[np.int32]
    number: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, weights: Weights) -> "Classifier":
        """Lay out weights for look-ups."""
        bits = max(int(len(weights.hashes) * 3 // 2).bit_length(), 4)
        slots = np.full(1 << bits, -1, np.int32)
        _fill(weights.hashes, slots)
        codes = np.arange(-128, 128)
        size = np.round(_WEIGHT_ONE * 2.0 ** (TOP_OCTAVE - (np.abs(codes) - 0.5) / STEPS_PER_OCTAVE))
        steps = np.where(codes == 0, 0, np.sign(codes) * size).astype(np.int64)
        counts = np.arange(_TF_COUNTS).clip(1)
        return cls(
            weights=weights,
            slots=slots,
            starts=np.concatenate([[0], np.cumsum(weights.counts, dtype=np.int64)]),
            steps=steps,
            frequencies=np.round(_TF_STEPS * (1 + np.log(counts))).astype(np.int64),
            seen=np.zeros(len(weights.hashes), np.int32),
            number={language: i for i, language in enumerate(weights.languages)},
        )

    def scores(self, text: bytes) -> npt.NDArray[np.float64]:
        """[languages] How much the head of a text in UTF-8 speaks for each language."""
        sums = np.zeros(len(self.weights.languages), np.int64)
        weights = self.weights
        length = _add_up(
            feature_hashes(text),
            weights.hashes,
            self.slots,
            weights.icf,
            self.starts,
            weights.owners,
            weights.codes,
            self.steps,
            self.frequencies,
            self.seen,
            sums,
        )
        found: npt.NDArray[np.float64] = sums * (ICF_STEPS / (_WEIGHT_ONE * max(float(length), 1.0) ** 0.5))
        return found

    def guess(self, text: bytes, among: Sequence[str] | None = None) -> Guess | None:
        """The language that a text speaks for most, of those given or of all; None where nothing is known of it."""
        found = self.scores(text)
        names = self.weights.languages
        if among is not None:
            known = [name for name in among if name in self.number]
            found = found[[self.number[name] for name in known]] if known else found[:0]
            names = known
        if not len(found) or not found.any():
            return None
        best = int(np.argmax(found))
        others = np.delete(found, best)
        # A language without a text to learn from stands at 0.
        floor = 0.0 if among is not None and len(names) < len(among) else -1.0
        second = max(float(others.max()) if len(others) else floor, floor)
        return Guess(names[best], float(found[best]), float(found[best]) - second)


@numba.njit(cache=True)
def _fill(hashes: Any, slots: Any) -> None:
    mask = len(slots) - 1
    for feature in range(len(hashes)):
        at = hashes[feature] & mask
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = feature


@numba.njit(cache=True)
def _add_up(
    found: Any,
    hashes: Any,
    slots: Any,
    icf: Any,
    starts: Any,
    owners: Any,
    codes: Any,
    steps: Any,
    frequencies: Any,
    seen: Any,
    sums: Any,
) -> Any:
    """Adds the weights of a text's features to sums; returns the square of the text's length."""
    mask = len(slots) - 1
    touched = np.empty(len(found), np.int32)
    n = 0
    for i in range(len(found)):
        at = found[i] & mask
        while slots[at] >= 0 and hashes[slots[at]] != found[i]:
            at = (at + 1) & mask
        feature = slots[at]
        if feature >= 0:
            if seen[feature] == 0:
                touched[n] = feature
                n += 1
            seen[feature] += 1
    length = 0
    for i in range(n):
        feature = touched[i]
        frequency = frequencies[min(seen[feature], len(frequencies) - 1)]
        seen[feature] = 0
        length += (frequency * icf[feature]) ** 2
        for at in range(starts[feature], starts[feature + 1]):
            sums[owners[at]] += frequency * steps[codes[at] + 128]
    return length


def save(weights: Weights, path: Path, source: dict[str, str]) -> None:
    """Write weights and a word on where they are from."""
    np.savez_compressed(
        path,
        about=np.frombuffer(json.dumps({**source, "languages": weights.languages}).encode(), np.uint8),
        hashes=np.diff(weights.hashes, prepend=np.uint32(0)),
        icf=weights.icf,
        counts=weights.counts,
        owners=weights.owners,
        codes=weights.codes,
    )


def load(path: Path) -> Weights:
    """Read weights back."""
    with np.load(path) as stored:
        about = json.loads(stored["about"].tobytes())
        return Weights(
            languages=about["languages"],
            hashes=np.cumsum(stored["hashes"], dtype=np.uint32),
            icf=stored["icf"],
            counts=stored["counts"],
            owners=stored["owners"],
            codes=stored["codes"],
        )


@cache
def classifier() -> Classifier:
    """The classifier that ships with the package, read at the first call."""
    return Classifier.of(load(TABLE))
