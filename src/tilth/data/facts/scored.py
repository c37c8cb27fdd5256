"""A number for each text by a scorer that a recipe names: any model, or any function, that gives one.

A scorer is a callable that takes texts and gives one finite number for each. It is named as `MODULE:NAME` (a function,
an object that can be called, or a class, which is made without arguments), or by the path of a linear model's weights.
Its `VERSION`, or a hash of the weights, stands in the version of the facts; a new answer needs a new version.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.errors import UserError, WorkFailed
from tilth.store.hashes import sha256_of

NAME: Final = "scored"
Scorer = Callable[[Sequence[str]], Sequence[float]]
SCHEMA = pa.schema([pa.field("score", pa.float64())])
"""Null for a file without text."""
WEIGHTS: Final = ".npz"


class Group:
    """The facts of one scorer."""

    NAME = NAME
    SCHEMA = SCHEMA

    def __init__(self, named: str) -> None:
        self._named = named
        self._scorer, own = _load(named)
        self.VERSION = f"1-{_plain(own)}-encoding{encoding.VERSION}"

    def compute(self, batch: Batch) -> dict[str, Any]:
        """One value per document.

        Raises:
            WorkFailed: The scorer gives something else than a finite number for each text.
        """
        rows = [row for row, codec in enumerate(batch.encodings) if codec is not None]
        scores: list[float | None] = [None] * len(batch)
        if rows:
            given = self._scorer([batch.utf8[row].decode() for row in rows])
            for row, score in zip(rows, self._checked(given, len(rows)), strict=True):
                scores[row] = score
        return {"score": scores}

    def _checked(self, given: Sequence[float], count: int) -> list[float]:
        try:
            scores = [float(one) for one in given]
        except (TypeError, ValueError) as error:
            raise WorkFailed(f"the scorer `{self._named}` gives no numbers: {error}") from error
        if len(scores) != count or not all(map(math.isfinite, scores)):
            raise WorkFailed(
                f"the scorer `{self._named}` gives {len(scores)} numbers for {count} texts, or one that is not finite",
                hint="it takes a list of texts, and gives one finite number for each",
            )
        return scores


@cache
def group(named: str) -> Group:
    """The group for a scorer.

    Raises:
        UserError: There is no such scorer.
    """
    return Group(named)


def _load(named: str) -> tuple[Scorer, str]:
    """The scorer, and its name and version."""
    if named.endswith(WEIGHTS):
        from tilth.data.facts.linear_scorer import LinearScorer

        path = Path(named).expanduser()
        try:
            digest = sha256_of(path)[:16]
        except OSError as error:
            raise UserError(f"the weights `{named}` cannot be read: {error.strerror}") from error
        return LinearScorer.load(path), f"{path.stem}-{digest}"
    module, _, name = named.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UserError(
            f"there is no scorer `{named}`: {error}",
            hint="name MODULE:NAME of a module that Python finds (PYTHONPATH), or weights",
        ) from error
    scorer = found() if isinstance(found, type) else found
    if not callable(scorer):
        raise UserError(f"the scorer `{named}` cannot be called")
    said = getattr(scorer, "VERSION", getattr(importlib.import_module(module), "VERSION", None))
    if said is None:
        raise UserError(
            f"the scorer `{named}` has no VERSION",
            hint="give it, or its module, one: it says when scores have to be computed anew",
        )
    return scorer, f"{named}-{said}"


def _plain(text: str) -> str:
    """The text as part of a folder's name."""
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in text)
