import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.store.cuts import CEILING_FRACTION, FLOOR_FRACTION, Cutter, fractions_of

AIM = 1000


def fractions(count: int, seed: str = "") -> np.ndarray:
    return fractions_of([hashlib.sha1(f"{seed}{number}".encode()).hexdigest() for number in range(count)])


def begins_of(sizes: list[int], given: np.ndarray) -> list[int]:
    return Cutter(AIM).feed(given, np.array(sizes, dtype=np.int64))


def test_nothing_has_no_file() -> None:
    assert begins_of([], fractions(0)) == []


@pytest.mark.parametrize("sizes", [[0], [0, 0, 0], [10**12], [0, 10**12, 0]])
def test_odd_sizes(sizes: list[int]) -> None:
    assert begins_of(sizes, fractions(len(sizes)))[0] == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 3 * AIM), max_size=200), st.data())
def test_cuts_do_not_depend_on_the_pieces(sizes: list[int], data: st.DataObject) -> None:
    given_fractions = fractions(len(sizes))
    whole = begins_of(sizes, given_fractions)
    cutter, found, at = Cutter(AIM), [], 0
    while at < len(sizes):
        end = at + data.draw(st.integers(1, 40))
        found += [
            at + begin
            for begin in cutter.feed(given_fractions[at:end], np.array(sizes[at:end], dtype=np.int64))
        ]
        at = end
    assert found == whole


@settings(deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=400), st.text(max_size=3))
def test_files_have_a_floor_and_a_ceiling(sizes: list[int], seed: str) -> None:
    begins = begins_of(sizes, fractions(len(sizes), seed))
    totals = [sum(sizes[begin:end]) for begin, end in pairwise([*begins, len(sizes)])]
    assert sum(totals) == sum(sizes)
    assert all(total >= FLOOR_FRACTION * AIM for total in totals[:-1])
    assert all(total <= CEILING_FRACTION * AIM + max(sizes) for total in totals)


def test_size_is_near_the_aim() -> None:
    sizes = [37] * 40_000
    begins = begins_of(sizes, fractions(len(sizes)))
    assert 0.7 * AIM < sum(sizes) / len(begins) < 1.5 * AIM


@settings(deadline=None)
@given(st.integers(0, 999))
def test_one_row_more_changes_few_files(at: int) -> None:
    rows = [(fraction, 37) for fraction in fractions(1000)]
    more = [*rows[:at], (float(fractions(1, "new")[0]), 50), *rows[at:]]
    files = []
    for listed in (rows, more):
        begins = begins_of([size for _, size in listed], np.array([fraction for fraction, _ in listed]))
        files.append({tuple(listed[begin:end]) for begin, end in pairwise([*begins, len(listed)])})
    assert len(files[0] - files[1]) <= 6


def test_fractions_are_of_one() -> None:
    found = fractions_of(["0" * 40, "f" * 40, "8" + "0" * 39])
    assert found[0] == 0 and found[1] < 1 and found[2] == 0.5
