"""The score of a value that has no form of its own: how often such values are secrets."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.findings import SENSITIVITIES
from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.trees import Trees


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt (by `benchmarks/facts_secrets_train.py`)."""

    fluency: NDArray[np.float32]
    """[27, 27] How usual a letter is after another in source code; 26 stands for what is no letter."""
    trees: Trees
    marks: NDArray[np.float64]
    """[3] Which scores are as sure as the sensitivities ask: strict, balanced and lenient."""

    def confidences(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """How sure each row of features is to be a secret's, on the scale of `SENSITIVITIES`."""
        sure = [0, *SENSITIVITIES.values(), 1]
        return np.interp(self.trees.probabilities(rows), [0, *self.marks, 1], sure)


@cache
def model() -> Model:
    """The one that comes with the package."""
    with resources.files(__package__).joinpath("model.npz").open("rb") as file, np.load(file) as held:
        if tuple(held["names"]) != NAMES:
            raise ValueError("model.npz was learnt from other features")
        trees = Trees(held["features"], held["limits"], held["leaves"], float(held["base"]))
        return Model(held["fluency"], trees, held["marks"])


def save(path: str, made: Model) -> None:
    """Writes a model."""
    trees = made.trees
    np.savez_compressed(
        path,
        names=np.array(NAMES),
        fluency=made.fluency,
        marks=made.marks,
        features=trees.features,
        limits=trees.limits,
        leaves=trees.leaves,
        base=trees.base,
    )
