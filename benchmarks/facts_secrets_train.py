"""Learns the score of values that have no form of their own (`model.npz` of the facts of secrets).

    python benchmarks/facts_secrets_train.py WORK --creddata CLONE --repositories FOLDER --corpus FOLDER --out FILE

From the half of CredData's repositories that the benchmark does not judge, with their values as they are and with those
of CredData's own program, and from ordinary source code, whose values are taken to be none. A repository with many
secrets counts less, so that none of them is the model. Thresholds come from cross-validation over repositories.
"""

import argparse
from collections import Counter
from pathlib import Path
from zlib import crc32

import facts_secrets_creddata as creddata
import facts_secrets_made as generated
import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.secrets.assignments import assignments, measured
from tilth.data.facts.secrets.crowds import Allowance
from tilth.data.facts.secrets.model import Model, save
from tilth.data.facts.secrets.trees import grow

FOLDS = 3
UNLABELLED, ORDINARY = 0.3, 0.5
"""What a value counts that no label speaks of, and one of ordinary source code."""
STEADY = 60
"""Secrets of a repository from which on each counts less."""
PRECISIONS = (0.60, 0.966, 0.98)
"""What is asked of `strict`, `balanced` and `lenient`: more than is promised, as other repositories are other."""
Rows = tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64], list[str]]


def fluency(corpus: list[tuple[str, bytes]]) -> NDArray[np.float32]:
    """[27, 27] How usual a letter is after another in source code, in bits more than by chance."""
    letters = np.full(256, 26, np.int64)
    letters[97:123] = letters[65:91] = np.arange(26)
    pairs = np.ones((27, 27))
    for _, raw in corpus:
        seen = letters[np.frombuffer(raw, np.uint8)]
        pairs += np.bincount(seen[:-1] * 27 + seen[1:], minlength=729).reshape(27, 27)
    return np.log2(pairs / pairs.sum(axis=1, keepdims=True) * 27).astype(np.float32)


def rows_of(files: list[creddata.File], usual: NDArray[np.float32], unlabelled: float) -> Rows:
    """Features, labels, weights and repositories of the values in some files."""
    features, labels, weights, owners = [], [], [], []
    for file in files:
        batch = Batch.of([""], [file.path.split("/")[-1]], [file.raw])
        found = assignments(batch, Allowance.of(batch.starts))
        places = found.places[found.shared.looked_at].tolist()
        for row, place in zip(measured(batch, found, usual), places, strict=True):
            line = file.raw.count(b"\n", 0, place[2]) + 1
            if line in file.other:
                continue
            features.append(row)
            labels.append(float(line in file.secrets))
            weights.append(1.0 if line in file.secrets else unlabelled)
            owners.append(file.path.split("/")[1] if "/" in file.path else file.path)
    return np.array(features), np.array(labels), np.array(weights), owners


def balanced(
    labels: NDArray[np.float64], weights: NDArray[np.float64], owners: list[str]
) -> NDArray[np.float64]:
    """Weights with which no repository says more than about `STEADY` secrets do."""
    secrets = Counter(owner for owner, label in zip(owners, labels, strict=True) if label)
    return weights * [min(1.0, (STEADY / max(secrets[owner], 1)) ** 0.5) for owner in owners]


def marks(chance: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """[3] The least scores at which the precisions that the sensitivities ask for are reached."""
    order = np.argsort(-chance)
    precision = labels[order].cumsum() / np.arange(1, len(order) + 1)
    reached = [np.flatnonzero(precision >= asked) for asked in PRECISIONS]
    return np.array([chance[order[some[-1]]] if len(some) else 0.99 for some in reached])


def main() -> None:
    """Read, cross-validate, learn, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    for name in ("creddata", "repositories", "corpus", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    corpus = generated.ordinary(given.corpus, 10_000_000)
    usual = fluency(corpus)
    parts = [
        rows_of(
            creddata.files(given.work, given.creddata, given.repositories, held_out=False, plain=plain),
            usual,
            UNLABELLED,
        )
        for plain in (False, True)
    ]
    nothing = [creddata.File(path, raw, {}, frozenset()) for path, raw in corpus]
    parts.append(rows_of(nothing, usual, ORDINARY))
    features, labels, weights = (np.concatenate([part[at] for part in parts]) for at in range(3))
    owners = [owner for part in parts for owner in part[3]]
    weights = balanced(labels, weights, owners)
    folds = np.array([crc32(owner.encode()) % FOLDS for owner in owners])
    chance = np.zeros(len(labels))
    for fold in range(FOLDS):
        learnt = grow(features[folds != fold], labels[folds != fold], weights[folds != fold])
        chance[folds == fold] = learnt.probabilities(features[folds == fold])
    replaced = np.arange(len(labels)) < len(parts[0][1])
    limits = marks(chance[replaced], labels[replaced])
    for limit in limits:
        told = replaced & (chance >= limit)
        recall = labels[told].sum() / labels[replaced].sum()
        print(f"{limit:.3f}: precision {labels[told].mean():.3f}, recall {recall:.3f}")
    save(str(given.out), Model(usual, grow(features, labels, weights), limits))


if __name__ == "__main__":
    main()
