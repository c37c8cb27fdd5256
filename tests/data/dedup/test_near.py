"""Near-duplicates against the definition itself: every pair compared, in Python."""

import itertools
import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.data.dedup.near.clusters import settle_complete
from tilth.data.dedup.near.find import Found, find
from tilth.data.dedup.near.similarity import components, parts, similarities
from tilth.data.facts.minhash import SLOTS
from tilth.data.facts.shingles import WORDS, laid, sketches, word_characters

LINES = [" ".join(f"{word}{number}" for word in "abcdef") for number in range(40)]


def found(texts: list[str], *, threads: int = 1, threshold: float = 0.7) -> Found:
    facts = sketches(*laid([text.encode() for text in texts]), word_characters())
    return find(
        *facts, lambda files: [texts[file].encode() for file in files], threshold=threshold, threads=threads
    )


def jaccard(one: str, other: str) -> float:
    def shingles(text: str) -> set[tuple[str, ...]]:
        words = re.split(r"\W", text.lower())
        return {tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}

    union = shingles(one) | shingles(other)
    return len(shingles(one) & shingles(other)) / len(union) if union else 0.0


def some_texts(seed: int, count: int) -> list[str]:
    """Families of texts: copies of a few, each with some lines changed."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        family = draw.randrange(4) * 10
        lines = LINES[family : family + 10]
        for _ in range(draw.randrange(4)):
            lines[draw.randrange(10)] = f"own {draw.random()} line of this one only {draw.random()}"
        texts.append("\n".join(lines))
    return texts


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.7, 0.9]))
def test_every_pair_and_no_other(seed: int, threshold: float) -> None:
    texts = some_texts(seed, 24)
    result = found(texts, threshold=threshold)
    first = {text: at for at, text in reversed(list(enumerate(texts)))}
    unique = sorted(first.values())
    expected = {
        (one, other): jaccard(texts[one], texts[other])
        for one, other in itertools.combinations(unique, 2)
        if jaccard(texts[one], texts[other]) >= threshold
    }
    got = dict(zip(map(tuple, result.pairs.tolist()), result.pair_similarity.tolist(), strict=True))
    assert got == pytest.approx(expected)


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_whoever_leaves_is_like_the_one_that_stays(seed: int) -> None:
    texts = some_texts(seed, 30)
    result = found(texts)
    stays = result.representative == np.arange(len(texts))
    for file, (stands, alike) in enumerate(zip(result.representative, result.similarity, strict=True)):
        assert stays[stands]
        assert alike == pytest.approx(jaccard(texts[file], texts[stands]))
        assert stands <= file
    for one, other in itertools.combinations(np.flatnonzero(stays).tolist(), 2):
        assert jaccard(texts[one], texts[other]) < 0.7


def test_a_chain_joins_no_strangers() -> None:
    # Each is like the next; the first and the last have nothing in common.
    texts = ["\n".join(LINES[at : at + 20]) for at in range(0, 20, 2)]
    result = found(texts)
    assert {jaccard(texts[a], texts[a + 1]) > 0.7 for a in range(9)} == {True}
    assert (result.similarity >= 0.7).all()
    assert len(set(result.representative.tolist())) > 2


def complete(pairs: dict[tuple[int, int], float], count: int) -> list[int]:
    order = sorted(pairs, key=lambda pair: (pair[1], pair[0]))
    stands, alike = np.arange(count), np.ones(count)
    given = np.array(order, np.int64).reshape(-1, 2)
    settle_complete(given, np.array([pairs[pair] for pair in order], np.float64), stands, alike)
    assert all(alike[file] == pairs.get((stand, file), 1) for file, stand in enumerate(stands))
    return stands.tolist()


def test_complete_linkage_by_hand() -> None:
    # 1 and 2 are like 0 and not like each other; 3 is like all of them, and most like 2.
    star = {(0, 1): 0.8, (0, 2): 0.9, (0, 3): 0.7, (1, 3): 0.7, (2, 3): 0.95}
    assert complete(star, 4) == [0, 0, 2, 2]
    assert complete({}, 2) == [0, 1]


@given(st.integers(2, 12), st.data())
def test_complete_linkage_is_complete_and_greedy(count: int, data: st.DataObject) -> None:
    every = list(itertools.combinations(range(count), 2))
    drawn = data.draw(
        st.lists(st.sampled_from([0.0, 0.7, 0.8, 0.9]), min_size=len(every), max_size=len(every))
    )
    pairs = {pair: value for pair, value in zip(every, drawn, strict=True) if value}
    stands = complete(pairs, count)
    for file in range(count):
        before = [other for other in range(file) if stands[other] == stands[file]]
        assert all((other, file) in pairs for other in before)
        if stands[file] == file:
            # It stays because no cluster before it could take it.
            for kept in (other for other in range(file) if stands[other] == other):
                assert not all((other, file) in pairs for other in range(file) if stands[other] == kept)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_do_not_show(threads: int) -> None:
    texts = some_texts(7, 300)
    one, many = found(texts), found(texts, threads=threads)
    for name in ("representative", "similarity"):
        assert (getattr(one, name) == getattr(many, name)).all()


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", "", "a", "a"],
        ["x"] * 1000,
        ["one two three four"] * 5,
        [f"{number} 中 {number} 文 {number}" for number in range(20)],
    ],
)
def test_what_has_no_near_duplicate_stays(texts: list[str]) -> None:
    result = found(texts)
    assert result.representative.tolist() == list(range(len(texts)))
    assert len(result.pairs) == 0


def test_all_equal() -> None:
    result = found(["the same text again and again"] * 3000)
    assert set(result.representative.tolist()) == {0}
    assert set(result.similarity.tolist()) == {1.0}


def test_a_million_files_of_one_byte() -> None:
    count = 1_000_000
    signatures = np.zeros((count, SLOTS), np.uint8)
    sizes, ids, _ = sketches(*laid([b"x"] * count), word_characters())
    result = find(sizes, ids, signatures, lambda files: [b"x" for _ in files])
    assert (result.representative == np.arange(count)).all()


def test_minified_code() -> None:
    names = [f"n{number}" for number in range(3000)]
    one = ";".join(f"{name}=f({name})" for name in names)
    other = one.replace("n1500=f(", "n1500=g(")
    result = found([one, other, one[::-1]])
    assert result.representative.tolist() == [0, 0, 2]
    assert result.similarity[1] == pytest.approx(jaccard(one, other))


def test_more_alike_than_a_bucket_pairs() -> None:
    head = "\n".join(LINES)
    texts = [f"{head}\nnumber {number} of many" for number in range(2000)]
    result = found(texts)
    assert set(result.representative.tolist()) == {0}


def test_a_worker_holds_no_more_than_it_may() -> None:
    texts = some_texts(3, 60)
    sizes, *_ = sketches(*laid([text.encode() for text in texts]), word_characters())
    pairs = np.array([*itertools.combinations(range(60), 2)])
    held = 5 * int(sizes.max())
    cut = list(parts(pairs, components([pairs], 60), sizes, held))
    assert sorted(np.concatenate(cut).tolist()) == list(range(len(pairs)))
    assert all(sizes[np.unique(pairs[part])].sum() <= held for part in cut)

    def at_hand(files: np.ndarray) -> list[bytes]:
        return [texts[file].encode() for file in files]

    small = similarities(pairs, sizes, at_hand, 0.5, held=held)
    assert small.tolist() == similarities(pairs, sizes, at_hand, 0.5).tolist()


def test_components() -> None:
    pairs = np.array([[0, 4], [4, 2], [1, 5], [6, 5]])
    assert components([pairs], 8).tolist() == [0, 1, 0, 3, 0, 1, 1, 7]
    assert components(np.split(pairs, 4), 8).tolist() == [0, 1, 0, 3, 0, 1, 1, 7]
