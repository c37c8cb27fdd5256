"""Mixtures and curricula."""

from collections import Counter

import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import UserError
from tilth.train.rows.mixture import Part, Stage, mix, ordered, staged


def rows(name: str, number: int) -> Dataset:
    return Dataset.from_dict({"name": [name] * number, "number": list(range(number))})


def names(dataset: Dataset) -> list[str]:
    return dataset["name"][:]


def seen(dataset: Dataset) -> set[tuple[str, int]]:
    return set(zip(dataset["name"][:], dataset["number"][:], strict=True))


def test_all_rows_without_weights() -> None:
    found = mix([Part(rows("a", 10), "a"), Part(rows("b", 5), "b")])
    assert Counter(names(found)) == {"a": 10, "b": 5} and len(seen(found)) == 15


def test_weights_are_shares_and_no_row_is_taken_twice() -> None:
    found = mix([Part(rows("a", 10), "a", weight=3), Part(rows("b", 100), "b", weight=1)])
    assert Counter(names(found)) == {"a": 10, "b": 3} and len(seen(found)) == 13


def test_every_stretch_has_the_shares_of_the_whole() -> None:
    found = names(mix([Part(rows("a", 80), "a", weight=4), Part(rows("b", 20), "b", weight=1)]))
    assert all(found[start : start + 10].count("b") in (1, 2, 3) for start in range(0, 100, 10))


def test_fractions() -> None:
    found = mix([Part(rows("a", 10), "a", fraction=0.5), Part(rows("b", 4), "b", fraction=2.5)])
    assert Counter(names(found)) == {"a": 5, "b": 10}
    assert max(Counter(zip(names(found), found["number"][:], strict=True)).values()) == 3


def test_the_seed_decides() -> None:
    parts = [Part(rows("a", 30), "a", fraction=0.3)]
    assert mix(parts, seed=1)[:] == mix(parts, seed=1)[:] != mix(parts, seed=2)[:]


def test_stages() -> None:
    parts = [Part(rows("easy", 100), "easy"), Part(rows("hard", 50), "hard")]
    found = names(staged(parts, [Stage(0.5, {"easy": 1}), Stage(0.5, {"easy": 1, "hard": 3})]))
    # 0.5 + 0.125 of the steps are easy and 0.375 hard: 133 rows until the hard ones run out.
    half = len(found) // 2
    assert set(found[:half]) == {"easy"}
    assert Counter(found[half + 1 :])["hard"] == pytest.approx(0.75 * half, abs=2)
    assert found.count("hard") == 50


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.data())
def test_no_row_twice_whatever_the_stages(sizes: list[int], data: st.DataObject) -> None:
    parts = [Part(rows(str(at), size), str(at)) for at, size in enumerate(sizes)]
    weight = st.dictionaries(st.sampled_from([part.name for part in parts]), st.floats(0.1, 5), min_size=1)
    stages = data.draw(st.lists(st.builds(Stage, st.floats(0.1, 3), weight), min_size=1, max_size=3))
    found = staged(parts, stages)
    assert len(seen(found)) == len(found)


def test_ordered_by_a_column() -> None:
    dataset = Dataset.from_dict({"hard": [2, 1, 2, 0], "at": [0, 1, 2, 3]})
    assert ordered(dataset, "hard")["at"][:] == [3, 1, 0, 2]
    assert ordered(dataset, "hard", descending=True)["at"][:] == [0, 2, 1, 3]
    with pytest.raises(UserError, match="no column `x`"):
        ordered(dataset, "x")
    with pytest.raises(UserError, match="row 1"):
        ordered(Dataset.from_dict({"hard": [1, None]}), "hard")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mix([]), "no datasets"),
        (lambda: mix([Part(rows("a", 1), "a", weight=1), Part(rows("b", 1), "b")]), "weight of `b`"),
        (lambda: mix([Part(rows("a", 1), "a", fraction=-1)]), "weight of `a`"),
        (lambda: staged([Part(rows("a", 1), "a")], [Stage(1, {"b": 1})]), "names `b`"),
        (lambda: staged([Part(rows("a", 1), "a")], []), "no stages"),
        (
            lambda: mix([Part(rows("a", 1), "a"), Part(Dataset.from_dict({"x": [1]}), "b")]),
            "different columns",
        ),
    ],
)
def test_refused(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=words):
        make()
