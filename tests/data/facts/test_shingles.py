import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts import minhash
from tilth.data.facts.batch import Batch
from tilth.data.facts.shingles import WORDS, laid, sketches, word_characters

WORD_CHARACTERS = st.sampled_from(list("aAbBzZ_09éÉßİΣσςǅ中文가１²ﬁ"))
OTHERS = st.sampled_from(list(" \n\t.,(){}=-\u0307\u200b\u00a0，。😀"))
WIDE = word_characters()
TEXTS = st.text(st.one_of(WORD_CHARACTERS, OTHERS), max_size=80)


def shingles(text: str) -> set[tuple[str, ...]]:
    """The definition, in Python."""
    words = re.split(r"\W", text.lower())
    return {tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}


def sketched(*texts: str) -> tuple[list[int], list[int], np.ndarray]:
    sizes, ids, signatures = sketches(*laid([text.encode() for text in texts]), WIDE)
    return sizes.tolist(), ids.tolist(), signatures


@given(TEXTS)
def test_number_of_distinct_shingles(text: str) -> None:
    assert sketched(text)[0] == [len(shingles(text))]


@given(TEXTS, TEXTS)
def test_sets_are_the_same_where_their_ids_are(one: str, other: str) -> None:
    _, ids, signatures = sketched(one, other)
    same = shingles(one) == shingles(other)
    assert (ids[0] == ids[1]) == same
    assert not same or (signatures[0] == signatures[1]).all()


@given(TEXTS, TEXTS)
def test_case_and_the_order_of_shingles_do_not_matter(one: str, other: str) -> None:
    gap = " " * WORDS
    assert sketched(one.upper().lower())[1] == sketched(one.upper())[1]
    assert sketched(f"{gap}{one}{gap}{other}{gap}")[1] == sketched(f"{gap}{other}{gap}{one}{gap}")[1]


@pytest.mark.parametrize("text", ["", "a", "one two three four", "中文没有空格的文本"])
def test_text_of_fewer_than_five_words_has_no_shingle(text: str) -> None:
    sizes, ids, signatures = sketched(text)
    assert (sizes, ids) == ([0], [0])
    assert not signatures.any()


def test_one_word_a_million_times_is_one_shingle() -> None:
    sizes, _, signatures = sketched("word " * 1_000_000 + "word")
    assert sizes == [1]
    assert len(set(signatures[0].tolist())) > 100


@pytest.mark.parametrize("alike", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("size", [20, 3000])
def test_signatures_agree_as_often_as_sets_are_alike(alike: float, size: int) -> None:
    # Words of their own make shingles of their own: two texts share those of the lines that they share.
    def lines(numbers: range) -> str:
        return "\n".join(f"a{number} b{number} c{number} d{number} e{number}" for number in numbers)

    agreed = []
    for turn in range(30):
        first = 1_000_000 * turn
        shared = round(size * 2 * alike / (1 + alike))
        one = lines(range(first, first + size))
        other = lines(range(first + size - shared, first + 2 * size - shared))
        exact = len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))
        _, _, signatures = sketched(one, other)
        agreed.append((signatures[0] == signatures[1]).mean() - (exact + (1 - exact) / 256))
    # The error of a mean of 30 estimates, each from 256 slots, is below 0.0057.
    assert abs(np.mean(agreed)) < 4 * 0.0057


def test_facts_of_a_batch() -> None:
    contents = [b"one two three four five six", b"", b"\0\1\2\3", "İ Σ a b c d".encode()]
    batch = Batch.of([str(number) for number in range(4)], ["x.py"] * 4, contents)
    columns = minhash.compute(batch)
    assert columns["num_shingles"].tolist() == [2, 0, 0, len(shingles("İ Σ a b c d"))]
    assert [len(value) for value in columns["minhash"].to_pylist()] == [minhash.SLOTS] * 4
