"""The score of a value that has no form of its own: how often such values are secrets."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.trees import Trees


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt (by `train.py` beside this file)."""

    fluency: NDArray[np.float32]
    """[27, 27] How usual a letter is after another in source code; 26 stands for what is no letter."""
    trees: Trees


@cache
def model() -> Model:
    """The one that comes with the package."""
    with resources.files(__package__).joinpath("model.npz").open("rb") as file, np.load(file) as held:
        if tuple(held["names"]) != NAMES:
            raise ValueError("model.npz was learnt from other features")
        trees = Trees(held["features"], held["limits"], held["leaves"], float(held["base"]))
        return Model(held["fluency"], trees)


def save(path: str, fluency: NDArray[np.float32], trees: Trees) -> None:
    """Writes a model."""
    np.savez_compressed(
        path,
        names=np.array(NAMES),
        fluency=fluency,
        features=trees.features,
        limits=trees.limits,
        leaves=trees.leaves,
        base=trees.base,
    )
