"""Learns the classifier's weights from labelled texts: ridge regression in its dual form, then what matters is kept.

Every text is a vector of its features, `(1 + ln count) * (1 + ln(languages / languages that have the feature))`,
scaled to length 1. With K the products of all texts, Y one column a language and n the number of texts of each text's
language, `A = (K + r diag(n))^-1 Y` weighs every language alike however many texts it has, and a feature's weights
are the sum of its texts' rows of A. The heaviest are kept, as bytes on a logarithmic scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from tilth.data.facts.classifier.features import feature_hashes
from tilth.data.facts.classifier.model import ICF_STEPS, STEPS_PER_OCTAVE, TOP_OCTAVE, Weights

RIDGE = 0.03
TEXTS_MIN = 2
"""A feature of fewer texts says too little of others for the room that it takes."""
KEPT = 1_500_000
"""Weights to keep."""


@dataclass(frozen=True, slots=True)
class _Corpus:
    """Features by text: those of text i stand from starts[i] to starts[i + 1]."""

    hashes: npt.NDArray[np.uint32]
    icf: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    features: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]


def train(texts: Sequence[tuple[str, bytes]], kept: int = KEPT) -> Weights:
    """Weights learnt from pairs of a language and a text in UTF-8."""
    languages = sorted({language for language, _ in texts})
    number = {language: i for i, language in enumerate(languages)}
    labels = np.array([number[language] for language, _ in texts])
    corpus = _corpus([text for _, text in texts], labels, len(languages))
    by_feature = np.argsort(corpus.features, kind="stable")
    owners = np.repeat(np.arange(len(texts), dtype=np.int32), np.diff(corpus.starts))[by_feature]
    values = corpus.values[by_feature]
    starts = np.searchsorted(corpus.features[by_feature], np.arange(len(corpus.hashes) + 1))
    products = np.zeros((len(texts), len(texts)))
    _add_products(starts, owners, values, products)
    wanted = np.zeros((len(texts), len(languages)))
    wanted[np.arange(len(texts)), labels] = 1
    counts = np.bincount(labels)[labels]
    duals = np.linalg.solve(products + RIDGE * np.diag(counts), wanted)
    return _kept(languages, corpus, starts, owners, values, duals.astype(np.float64), kept)


def _corpus(texts: Sequence[bytes], labels: npt.NDArray[np.int64], languages: int) -> _Corpus:
    counted = [np.unique(feature_hashes(text), return_counts=True) for text in texts]
    hashes, seen = np.unique(np.concatenate([found for found, _ in counted]), return_counts=True)
    hashes = hashes[seen >= TEXTS_MIN]
    starts, features, values = [0], [], []
    for found, counts in counted:
        at = np.minimum(np.searchsorted(hashes, found), len(hashes) - 1)
        known = hashes[at] == found
        features.append(at[known].astype(np.int32))
        values.append(1 + np.log(counts[known]))
        starts.append(starts[-1] + int(known.sum()))
    joined = np.concatenate(features)
    owner_labels = np.repeat(labels, np.diff(starts))
    pairs = np.unique(joined.astype(np.int64) * languages + owner_labels)
    icf = 1 + np.log(languages / np.bincount(pairs // languages, minlength=len(hashes)))
    # As it will be stored, so that training and use agree.
    icf = np.round(icf * ICF_STEPS) / ICF_STEPS
    weighted = np.concatenate(values) * icf[joined]
    for start, end in pairwise(starts):
        weighted[start:end] /= max(float(np.sqrt((weighted[start:end] ** 2).sum())), 1.0)
    return _Corpus(hashes, icf, np.array(starts), joined, weighted)


@numba.njit(cache=True)
def _add_products(starts: Any, owners: Any, values: Any, products: Any) -> None:
    for feature in range(len(starts) - 1):
        for a in range(starts[feature], starts[feature + 1]):
            row = products[owners[a]]
            for b in range(starts[feature], starts[feature + 1]):
                row[owners[b]] += values[a] * values[b]


@numba.njit(cache=True)
def _row(start: int, end: int, owners: Any, values: Any, duals: Any, icf: float, out: Any) -> None:
    out[:] = 0
    for at in range(start, end):
        factor = values[at] * icf
        row = duals[owners[at]]
        for language in range(len(out)):
            out[language] += factor * row[language]


@numba.njit(cache=True)
def _octaves(starts: Any, owners: Any, values: Any, duals: Any, icf: Any, histogram: Any) -> None:
    row = np.empty(duals.shape[1])
    for feature in range(len(starts) - 1):
        _row(starts[feature], starts[feature + 1], owners, values, duals, icf[feature], row)
        for language in range(len(row)):
            size = abs(row[language])
            if size > 1e-12:
                step = int((TOP_OCTAVE - np.log2(size)) * STEPS_PER_OCTAVE)
                histogram[min(max(step, 0), len(histogram) - 1)] += 1


@numba.njit(cache=True)
def _emit(
    starts: Any, owners: Any, values: Any, duals: Any, icf: Any, last: int, counts: Any, to: Any, codes: Any
) -> int:
    row = np.empty(duals.shape[1])
    n = 0
    for feature in range(len(starts) - 1):
        _row(starts[feature], starts[feature + 1], owners, values, duals, icf[feature], row)
        for language in range(len(row)):
            size = abs(row[language])
            if size <= 1e-12:
                continue
            step = max(int((TOP_OCTAVE - np.log2(size)) * STEPS_PER_OCTAVE), 0)
            if step <= last:
                to[n] = language
                codes[n] = step + 1 if row[language] > 0 else -(step + 1)
                counts[feature] += 1
                n += 1
    return n


def _kept(
    languages: list[str],
    corpus: _Corpus,
    starts: npt.NDArray[np.int64],
    owners: npt.NDArray[np.int32],
    values: npt.NDArray[np.float64],
    duals: npt.NDArray[np.float64],
    kept: int,
) -> Weights:
    histogram = np.zeros(127, np.int64)
    _octaves(starts, owners, values, duals, corpus.icf, histogram)
    last = max(int(np.searchsorted(np.cumsum(histogram), kept)) - 1, 0)
    total = int(histogram[: last + 1].sum())
    counts = np.zeros(len(corpus.hashes), np.int64)
    to, codes = np.empty(total, np.int16), np.empty(total, np.int8)
    n = _emit(starts, owners, values, duals, corpus.icf, last, counts, to, codes)
    used = counts > 0
    return Weights(
        languages=languages,
        hashes=corpus.hashes[used],
        icf=np.round(corpus.icf[used] * ICF_STEPS).astype(np.uint8),
        counts=counts[used].astype(np.uint16),
        owners=to[:n],
        codes=codes[:n],
    )
