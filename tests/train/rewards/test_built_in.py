"""What is built in, against answers judged by hand."""

import pytest

from tilth.errors import UserError
from tilth.train.rewards.equality import accuracy_reward, exact_reward, reasoning_accuracy_reward
from tilth.train.rewards.form import json_schema_reward, pattern_reward, think_format_reward
from tilth.train.rewards.length import get_cosine_scaled_reward, get_soft_overlong_punishment
from tilth.train.rewards.mathematics import equal, last_value, same_value
from tilth.train.rewards.named import BUILT_IN, functions_of, named
from tilth.train.rewards.repetition import get_repetition_penalty_reward


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1/2", "0.5"), (r"\frac{1}{2}", "0.5"), (r"\dfrac12", ".5"), ("1,000", "1000"), ("50%", "50"), ("x=5", "5"),
        (r"\sqrt{8}", r"2\sqrt2"), (r"\sqrt[3]{27}", "3"), ("2^{10}", "1024"), ("-(-3)", "3"),
        (r"\left(1, 2\right)", "(1,2)"),
        (r"\{1, 2\}", r"\{2,1\}"), ("(x+1)^2", "x^2+2x+1"), (r"\frac{\pi}{4}", r"\arctan(1)"), ("5!", "120"),
        (r"45^\circ", "45"), (r"\text{east}", "east"), ("3\\cdot 4", "12"), (r"\$5.00", "5"),
        (r"\sin^2 x+\cos^2 x", "1"),
        ("2e", "2e"), ("|-3|", "3"), ("[0, 1)", "[0,1)"), ("2-3-4", "-5"), ("-2^2", "-4"), ("a/b/c", "a/(bc)"),
    ],
)  # fmt: skip
def test_equal_mathematics(one: str, other: str) -> None:
    assert equal(one, other) and equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1/2", "0.51"), ("(1,2)", "(2,1)"), ("x+1", "x-1"), ("[0,1)", "(0,1)"), ("east", "west"), ("{1,1}", "{1,2}"),
        ("1/0", "2"), ("9^9^9^9", "1"), ("__import__('os')", "0"), ("((((", "1"),
        ("", "0"), ("(" * 9000, "1"), ("1" * 5000, "2"),
    ],
)  # fmt: skip
def test_unequal_or_hostile_mathematics(one: str, other: str) -> None:
    assert not equal(one, other)


def test_which_value_counts() -> None:
    assert last_value(r"first \boxed{3}, then \boxed{\frac{1}{2}}.") == r"\frac{1}{2}"
    assert last_value("so $x = 7$ it is") == "7"
    assert last_value("between 3 and 12,000 apples") == "12,000"
    assert last_value("none") is None
    assert same_value("12", "") is None
    assert accuracy_reward(["it is 4", "no"], solution=["4.0", "$4$"]) == [1.0, 0.0]
    assert exact_reward([" no ", "No"], answer=["no", None]) == [1.0, None]


def test_only_what_stands_behind_the_reasoning_counts() -> None:
    said = ["<think>5</think> 6", "6", "<think>6</think> 5"]
    assert reasoning_accuracy_reward(said, solution=["6"] * 3) == [1.0, 0.0, 0.0]


def test_forms() -> None:
    said = ["<think>a</think>b", "b", "<think>a</think>", "x<think>a</think>b", "<think><think></think>b"]
    assert think_format_reward(said) == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert pattern_reward(r"^\d+$")(prompts=[], completions=["12", "1a", "\ud800"]) == [1.0, 0.0, 0.0]
    schema = {"type": "object", "required": ["a"]}
    said = ['{"a": 1}', '```json\n{"a": 1}\n```', "{}", "{", "[" * 100_000]
    assert json_schema_reward(said, schema=[schema] * 5) == [1.0, 1.0, 0.5, 0.0, 0.0]
    with pytest.raises(UserError, match="no pattern"):
        pattern_reward("(")


def test_lengths_and_repetition() -> None:
    ids = [[0] * number for number in (10, 15, 20, 99)]
    calls = {"prompts": [""] * 4, "completion_ids": ids}
    assert get_soft_overlong_punishment(20, 10)(completions=[""] * 4, **calls) == [0, -0.5, -1, -1]
    cosine = get_cosine_scaled_reward(max_len=20)
    found = cosine(completions=["4", "4", "5", "5"], solution=["4"] * 4, **calls)
    assert found == pytest.approx([0.75, 0.5732, -0.5, -0.5], abs=1e-3)
    repeated = get_repetition_penalty_reward(2)
    assert repeated(prompts=[], completions=["a b c", "a b a b", "", "a"]) == pytest.approx([0, -1 / 3, 0, 0])


SETTINGS = {
    "get_soft_overlong_punishment": "(20, 10)",
    "pattern_reward": "('a')",
    "get_judge_reward": "('http://localhost:1', 'name')",
}
"""Of built-in rewards that need some."""


def test_functions_by_name() -> None:
    for name in BUILT_IN:
        settings = SETTINGS.get(name, "")
        assert callable(named(name + settings))
    assert functions_of(["tests.train.online.many_e"])[0].__name__ == "many_e"  # type: ignore[attr-defined]
    for wrong in ("nothing", "tests.train.online.nothing"):
        with pytest.raises(UserError, match="no reward"):
            functions_of(wrong)
    with pytest.raises(UserError, match="missing"):
        functions_of(None)
    with pytest.raises(UserError, match="no function"):
        functions_of([3])
