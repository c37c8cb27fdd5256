"""What is found of benchmarks in texts, against plain Python that does the same slowly."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.config.contamination import Thresholds
from tilth.data.contamination.benchmarks import Item
from tilth.data.contamination.index import NEAR_RUNS_MIN, Index, Match
from tilth.data.contamination.scan import WINDOW_SIGNS

SOLUTION = """def widest_gap(readings, limit):
    ordered = sorted(readings)
    gaps = [later - earlier for earlier, later in zip(ordered, ordered[1:])]
    if not gaps:
        return 0
    widest = max(gaps)
    return min(widest, limit)
"""


def item(text: str, number: int = 0) -> Item:
    return Item("made", str(number), "text", text)


def found(text: str | bytes, *looked_for: str, **asked: object) -> list[Match]:
    index = Index([item(one, number) for number, one in enumerate(looked_for)], Thresholds(**asked))
    return index.find([text if isinstance(text, bytes) else text.encode()])


def methods(text: str, *looked_for: str, **asked: object) -> list[str]:
    return [match.method for match in found(text, *looked_for or (SOLUTION,), **asked)]


@pytest.mark.parametrize(
    "text",
    [
        SOLUTION,
        f"import os\n\n{SOLUTION}\nprint(1)",
        SOLUTION.replace("    ", "\t").replace("\n", "\r\n"),
        SOLUTION.upper(),
        SOLUTION.replace(" ", ""),
        json.dumps({"code": SOLUTION}),
        json.dumps(json.dumps([SOLUTION])),
    ],
)
def test_layout_and_case_do_not_hide_an_item(text: str) -> None:
    assert methods(text) == ["exact"]


def test_a_notebook_has_it_line_by_line() -> None:
    cell = {"cells": [{"source": SOLUTION.splitlines(keepends=True)}]}
    assert methods(json.dumps(cell, indent=1)) == ["ngrams"]


def test_parts_and_changed_copies_are_found_by_their_share() -> None:
    half = "".join(SOLUTION.splitlines(keepends=True)[:4])
    assert methods(half) == ["ngrams"]
    assert methods(half, ngram_share=0.9) == []
    changed = SOLUTION.replace("widest_gap", "largest").replace("return 0", "return None")
    (match,) = found(changed, SOLUTION, exact=False, ngram_share=None)
    assert match.method == "near" and 0.7 <= match.share < 1


def test_the_same_words_far_apart_are_no_copy() -> None:
    words = SOLUTION.split()
    scattered = " other words ".join(
        " ".join(words[at : at + 12]) + " filler" * 200 for at in range(0, 24, 2)
    )
    assert methods(scattered) == []


def test_one_run_is_enough_where_no_share_is_asked_for() -> None:
    line = "gaps = [later - earlier for earlier, later in zip(ordered, ordered[1:])]"
    assert methods(line, ngram_share=0.0) == ["ngrams"] and methods(line) == []


def test_other_code_is_left_alone() -> None:
    assert methods("def total(values):\n    return sum(values)\n" * 50) == []


@pytest.mark.parametrize("text", ["", "x", "é", "\\", "\\n" * 100, "\0", "word " * 40, SOLUTION[:-2]])
def test_texts_without_it(text: str) -> None:
    assert methods(text, SOLUTION, ngram_share=None, near=None) == []


def test_items_that_are_too_short_are_told() -> None:
    index = Index(
        [item("return x"), item("a" * WINDOW_SIGNS, 1), item("a b c d e f g h i j", 2)], Thresholds()
    )
    assert [one.text for one in index.too_short] == ["return x"]
    assert index.find([b"return x"]) == []


def test_nothing_to_look_for_finds_nothing() -> None:
    assert found(SOLUTION) == []
    assert Index([item(SOLUTION)], Thresholds()).find([]) == []
    assert Index([item(SOLUTION)], Thresholds()).find([b"", b""]) == []


def test_places_are_those_of_the_item() -> None:
    text = "# été\n\n" + SOLUTION + "rest = 1\n"
    (match,) = found(text, SOLUTION)
    raw = text.encode()
    assert raw[match.begin :].startswith(b"def widest_gap") and raw[match.end : match.end + 2] == b")\n"
    (match,) = found(text, SOLUTION, exact=False)
    assert raw[match.begin :].startswith(b"def widest_gap") and raw[match.end :].startswith(b"limit)")


def test_an_index_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    index = Index([item(SOLUTION), item("été \0 x", 1)], Thresholds(near=None, ngram_words=13))
    again = Index.load(index.save(tmp_path))
    assert (again.items, again.asked) == (index.items, index.asked)
    assert again.find([SOLUTION.encode()]) == index.find([SOLUTION.encode()])
    assert index.save(tmp_path) != Index(index.items, Thresholds(near=None)).save(tmp_path)


def test_items_that_share_their_middle_are_told_apart() -> None:
    middle = "m" * 60
    assert [match.item for match in found(f"aa{middle}bb", f"a{middle}b", f"c{middle}d")] == [0]
    assert [match.item for match in found(f"aa{middle}bb", f"a{middle}b", f"A {middle} b")] == [0, 1]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", re.sub(r"\\+[nrt]?", " ", text).lower())


def _signs(text: str) -> str:
    return re.sub(r"\\+[nrt]?|[ \t\n\v\f\r]", "", text).lower()


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


TEXTS = st.text("ab \n_\\nt(", max_size=120)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4))
def test_whole_items_are_those_that_stand_in_the_text(text: str, items: list[str]) -> None:
    wanted = [
        number
        for number, one in enumerate(items)
        if len(_signs(one)) >= WINDOW_SIGNS and _signs(one) in _signs(text)
    ]
    assert [match.item for match in found(text, *items, ngram_share=None, near=None)] == wanted


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from("abcd"), max_size=60), st.lists(st.sampled_from("abcd"), min_size=3, max_size=12)
)
def test_runs_are_counted_where_they_lie_close_together(text: list[str], words: list[str]) -> None:
    own = _runs(words, 3)
    ends = [at for at in range(2, len(text)) if tuple(text[at - 2 : at + 1]) in own]
    best = max(
        (
            len({tuple(text[at - 2 : at + 1]) for at in ends if 0 <= at - first <= 2 * len(words)})
            for first in ends
        ),
        default=0,
    )
    asked = {"exact": False, "near": None, "ngram_words": 3, "ngram_share": 0.6}
    matches = found(" ".join(text), "-".join(words), **asked)
    assert [round(match.share * len(own)) for match in matches] == [best] * (
        best >= 0.6 * len(own) and best > 0
    )


def test_what_is_looked_for_by_runs_of_five_words_has_enough_of_them() -> None:
    words = [f"w{number}" for number in range(NEAR_RUNS_MIN + 4)]
    asked = {"exact": False, "ngram_share": None}
    assert len(found(" ".join(words), " ".join(words), **asked)) == 1
    assert found(" ".join(words), " ".join(words[:-1]), **asked) == []


def test_words_hold_the_letters_of_every_script() -> None:
    text = " ".join(f"größe{one}Ж{two}" for one, two in pairwise(range(30)))
    assert methods(text.upper().replace("SS", "ß"), text, exact=False) == ["ngrams"]
