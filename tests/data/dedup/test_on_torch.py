"""torch's answers are the kernels', on a GPU where there is one, else on the processor."""

import numpy as np
import pytest

from tests.data.dedup.test_shuffle import families
from tilth.data.dedup.near import candidates as kernels
from tilth.data.dedup.near import on_torch
from tilth.data.dedup.near.similarity import sets_of
from tilth.data.facts.shingles import signatures_of_sets

torch = pytest.importorskip("torch")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def test_signatures() -> None:
    random = np.random.default_rng(0)
    texts = [
        " ".join(f"word{number}" for number in random.integers(0, 5000, count)).encode()
        for count in (0, 3, 5, 6, 20, 200, 1000, 4000)
    ]
    sets, begins = sets_of([*texts, "中 文 é ß Σ İ x".encode()])
    expected = signatures_of_sets(sets, begins)
    assert on_torch.signatures_of_sets(sets, begins, DEVICE).tobytes() == expected.tobytes()


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("at_once", [1 << 18, 251])
def test_candidates(threshold: float, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_torch, "FILES_AT_ONCE", at_once)
    signatures, sizes = families(6, 600)
    signatures[100:370] = signatures[100]
    expected = kernels.candidates(signatures, sizes, threshold)
    assert len(expected) > 300
    assert on_torch.candidates(signatures, sizes, threshold, DEVICE).tobytes() == expected.tobytes()


def test_nothing() -> None:
    signatures, sizes = families(7, 3)
    assert len(on_torch.candidates(signatures[:0], sizes[:0], 0.7, DEVICE)) == 0
    assert len(on_torch.candidates(signatures, np.zeros(3, np.int32), 0.7, DEVICE)) == 0
