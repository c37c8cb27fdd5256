"""Candidates by way of the disk are those of memory, however the work is cut."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from tilth.data.dedup.near.bands import Packed, Signatures, Sizes, num_bands, ordered, unpacked
from tilth.data.dedup.near.candidates import candidates, least_matches
from tilth.data.dedup.near.shuffle import SIGNATURES, SIZES, Shuffle
from tilth.data.facts.minhash import SLOTS
from tilth.engine.local import LocalPool
from tilth.engine.task import Task
from tilth.store.atomic import whole_file


def families(seed: int, count: int) -> tuple[Signatures, Sizes]:
    random = np.random.default_rng(seed)
    family = random.integers(0, 256, (count // 4 + 1, SLOTS), np.uint8)[
        random.integers(0, count // 4 + 1, count)
    ]
    own = random.integers(0, 256, (count, SLOTS), np.uint8)
    is_own = random.random((count, SLOTS)) < random.uniform(0, 0.4, (count, 1))
    sizes = random.choice([0, 90, 100, 200], count).astype(np.int32)
    return np.where(is_own, own, family), sizes


def laid_out(folder: Path, signatures: Signatures, sizes: Sizes) -> Path:
    np.save(folder / SIGNATURES, signatures)
    np.save(folder / SIZES, sizes)
    return folder


def shuffled(shuffle: Shuffle) -> Packed:
    for step, turns in shuffle.steps():
        for turn in reversed(range(turns)):
            shuffle.take(step, turn)
        shuffle.forget_before(step)
    return np.sort(np.concatenate([np.empty(0, np.uint64), *shuffle.candidates()]))


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_memory_against_every_pair(threshold: float) -> None:
    signatures, sizes = families(1, 300)
    rows = SLOTS // num_bands(threshold)
    expected = []
    for second in range(300):
        for first in range(second):
            same = signatures[first] == signatures[second]
            small, large = sorted([sizes[first], sizes[second]])
            if small and small >= threshold * large and same.sum() >= least_matches(threshold):
                bands = same[: num_bands(threshold) * rows].reshape(-1, rows)
                expected += [(first, second)] if bands.all(axis=1).any() else []
    assert expected
    assert [tuple(pair) for pair in unpacked(candidates(signatures, sizes, threshold))] == sorted(expected)


@pytest.mark.parametrize(
    "cut",
    [
        {},
        {"block_bits": 8, "part_files": 1 << 10},
        {"block_bits": 9, "part_files": 1 << 8},
        {"block_bits": 4, "part_files": 1 << 30, "pairs_at_once": 600},
    ],
)
def test_cuts_do_not_show(tmp_path: Path, cut: dict[str, int]) -> None:
    signatures, sizes = families(2, 2000)
    expected = candidates(signatures, sizes, 0.7)
    assert len(expected) > 500
    found = shuffled(Shuffle(laid_out(tmp_path, signatures, sizes), 0.7, **cut))
    assert found.tobytes() == expected.tobytes()


def test_adversarial_collisions(tmp_path: Path) -> None:
    # Strangers that agree in the first band and nowhere else: many looks, no candidate, bounded memory.
    signatures, sizes = families(3, 3000)
    signatures = np.random.default_rng(3).integers(0, 256, signatures.shape, np.uint8)
    signatures[:, :5] = 7
    sizes[:] = 100
    assert len(candidates(signatures, sizes, 0.7)) == 0
    cut = {"block_bits": 9, "part_files": 1 << 12, "pairs_at_once": 1 << 12}
    shuffle = Shuffle(laid_out(tmp_path, signatures, sizes), 0.7, **cut)
    assert len(shuffled(shuffle)) == 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few(tmp_path: Path, count: int) -> None:
    signatures, sizes = np.zeros((count, SLOTS), np.uint8), np.full(count, 9, np.int32)
    found = shuffled(Shuffle(laid_out(tmp_path, signatures, sizes), 0.7))
    assert unpacked(found).tolist() == ([[0, 1]] if count == 2 else [])


def test_a_turn_taken_again_leaves_the_same(tmp_path: Path) -> None:
    signatures, sizes = families(4, 1000)
    shuffle = Shuffle(laid_out(tmp_path, signatures, sizes), 0.7, block_bits=8, part_files=1 << 12)
    shuffle.take("spread", 0)
    (written,) = tmp_path.glob("spread-*")
    before = written.read_bytes()
    # What a worker leaves that dies as it writes has another name, and is not read.
    (tmp_path / f"{written.name}.1.partial").write_bytes(b"half")
    shuffle.take("spread", 0)
    assert written.read_bytes() == before
    assert shuffled(shuffle).tobytes() == candidates(signatures, sizes, 0.7).tobytes()


def dies_once(mark: str, folder: str, threshold: float, step: str, turn: int) -> dict[str, int]:
    """A turn whose worker is killed as it writes, the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        with whole_file(Path(folder, "met-00000-00000")) as half:
            half.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    Shuffle(Path(folder), threshold).take(step, turn)
    return {}


def test_a_worker_dies_in_the_shuffle(tmp_path: Path) -> None:
    signatures, sizes = families(5, 1000)
    shuffle = Shuffle(laid_out(tmp_path, signatures, sizes), 0.7)
    pool = LocalPool(2)
    try:
        for step, turns in shuffle.steps():
            mark = tmp_path / "died" if step == "meet" else tmp_path
            asked = {"mark": str(mark), "folder": str(tmp_path), "threshold": 0.7, "step": step}
            list(pool.run([Task(f"{__name__}:dies_once", {**asked, "turn": turn}) for turn in range(turns)]))
            shuffle.forget_before(step)
    finally:
        pool.close()
    assert (tmp_path / "died").exists()
    assert np.concatenate([*shuffle.candidates()]).tobytes() == candidates(signatures, sizes, 0.7).tobytes()


@pytest.mark.parametrize(("low", "high"), [(0, 64), (32, 64), (3, 17), (5, 5)])
def test_order(low: int, high: int) -> None:
    values = np.random.default_rng(0).integers(0, 2**64, 5000, np.uint64)
    bits = (values >> np.uint64(low)) & np.uint64(2 ** (high - low) - 1)
    expected = values[np.argsort(bits, kind="stable")]
    assert (ordered(values.copy(), (low, high)) == expected).all()
