"""Trains a small scorer of Python files on labels that nobody had to give: `python train.py FOLDER… --into FILE`.

The weak label is whether those who wrote a file documented it: at least half of its public functions and classes have a
docstring (1), or none of at least two has one (0); what is between is left out. A fifth of the packages (the folders
directly below those given), chosen by the hash of their names, is kept aside, and the figures for it are stored with
the weights. It is an example of a scorer, small enough to read, and no measure of how good a file is.
"""

import argparse
import ast
import hashlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tilth.data.facts.linear_scorer import BITS, LinearScorer, features

LEAST_NAMES = 2
PASSES, RATE, DECAY, SEED = 20, 2.0, 1e-4, 7
FILES_OF_PACKAGE = 300

Matrix = npt.NDArray[np.float32]


def label_of(text: str) -> int | None:
    """1 where most public functions and classes have a docstring, 0 where none has, None where neither can be said."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    said = [
        ast.get_docstring(node, clean=False) is not None for node in nodes if not node.name.startswith("_")
    ]
    if len(said) < LEAST_NAMES or 0 < sum(said) < len(said) / 2:
        return None
    return int(sum(said) > 0)


def files_of(folders: Sequence[Path]) -> Iterator[tuple[bool, str, int]]:
    """Whether a file is kept aside, its text and its label."""
    for folder in folders:
        for package in sorted(path for path in folder.iterdir() if path.is_dir()):
            aside = hashlib.sha256(package.name.encode()).digest()[0] % 5 == 0
            for path in sorted(package.rglob("*.py"))[:FILES_OF_PACKAGE]:
                text = path.read_text("utf-8", "replace")
                label = label_of(text)
                if label is not None:
                    yield aside, text, label


def fitted(rows: Matrix, labels: Matrix) -> LinearScorer:
    """Logistic regression by stochastic gradient descent; both labels weigh the same."""
    random = np.random.default_rng(SEED)
    weights, bias = np.zeros(1 << BITS, np.float32), 0.0
    share = float(labels.mean())
    for turn in range(PASSES):
        for at in random.permutation(len(rows)):
            row, label = rows[at], labels[at]
            chance = 1 / (1 + np.exp(-np.clip(row @ weights + bias, -50, 50)))
            step = RATE / (1 + turn) * (label - chance) / (2 * (share if label else 1 - share))
            weights += np.float32(step) * row - np.float32(RATE * DECAY) * weights
            bias += 0.1 * float(step)
    return LinearScorer(weights, bias)


def ranked(scores: npt.NDArray[np.float64], labels: Matrix) -> float:
    """Chance that a file with label 1 scores higher than one with 0 (the area under the ROC curve)."""
    order = np.argsort(np.argsort(scores)) + 1
    ones = labels > 0
    count = int(ones.sum())
    return float((order[ones].sum() - count * (count + 1) / 2) / (count * (len(labels) - count)))


def main() -> None:
    """Reads the folders, trains, and writes the weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--into", type=Path, default=Path(__file__).with_name("weights.npz"))
    given = parser.parse_args()
    found = list(files_of(given.folders))
    rows = np.stack(list(features([text for _, text, _ in found])))
    aside = np.array([is_aside for is_aside, _, _ in found])
    labels = np.array([label for _, _, label in found], np.float32)
    scorer = fitted(rows[~aside], labels[~aside])
    chances = rows[aside] @ scorer.weights.astype(np.float16).astype(np.float32) + scorer.bias
    figures = {
        "files": int((~aside).sum()),
        "files_aside": int(aside.sum()),
        "share_of_ones_aside": round(float(labels[aside].mean()), 3),
        "auc_aside": round(ranked(chances, labels[aside]), 4),
    }
    scorer.save(given.into, **figures)
    print(figures)


if __name__ == "__main__":
    main()
