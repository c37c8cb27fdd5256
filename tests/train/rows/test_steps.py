"""Solutions cut into steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import UserError
from tilth.train.rows.steps import PARSERS, math_shepherd, split_steps

NAMED = "Let me see.\nStep 1: six sevens\nare many.\nStep 2: They are 42.\n"
CASES = {
    "tagged": ("<step>one\nline</step> <step>two</step>\nSo 42.", ["one\nline", "two", "So 42."]),
    "named": (NAMED, ["Let me see.", "Step 1: six sevens\nare many.", "Step 2: They are 42."]),
    "numbered": ("1. one\n2) two\n(3) three", ["1. one", "2) two", "(3) three"]),
    "paragraphs": ("one\nline\n\n \n\ntwo", ["one\nline", "two"]),
    "lines": ("one\n\ntwo\n", ["one", "two"]),
}


@pytest.mark.parametrize("how", CASES)
def test_each_parser(how: str) -> None:
    text, steps = CASES[how]
    assert PARSERS[how](text) == steps
    assert split_steps(text) == steps


@pytest.mark.parametrize("head", ["Step 1:", "**Step 1:**", "### Step 1.", "step 1 -", "STEP 1"])
def test_ways_to_name_a_step(head: str) -> None:
    assert len(split_steps(f"{head} one\n{head.replace('1', '2')} two", "named")) == 2


@pytest.mark.parametrize("text", ["Step by step, 2 is more than 1.", "3.5 is a number\n4.5 is one too", "x"])
def test_no_steps(text: str) -> None:
    assert PARSERS["named"](text) == [text] and PARSERS["numbered"](text) == [text]


@given(st.text())
def test_nothing_but_blanks_is_lost(text: str) -> None:
    for how, parse in PARSERS.items():
        if how != "tagged":
            assert "".join("".join(parse(text)).split()) == "".join(text.split())
    assert all(step and step == step.strip() for step in split_steps(text))


def test_math_shepherd() -> None:
    text = "How many? Step 1: two ки\nStep 2: three ки"
    label = "How many? Step 1: two +\nStep 2: three -"
    assert math_shepherd(text, label) == ("How many? ", ["Step 1: two", "Step 2: three"], [True, False])
    # A sign in the text is no label.
    assert math_shepherd("a + b ки", "a + b -")[2] == [False]


@pytest.mark.parametrize(
    ("text", "label"), [("a", "a"), ("a ки", "b +"), ("a ки", "a ?"), ("a ки b", "a + c")]
)
def test_labels_of_another_text(text: str, label: str) -> None:
    with pytest.raises(UserError):
        math_shepherd(text, label)


def test_an_unknown_parser() -> None:
    with pytest.raises(UserError, match="`verses`"):
        split_steps("x", "verses")
