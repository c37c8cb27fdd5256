"""Reward functions that misbehave: each costs one answer, or stops the run with a reason; none stops it silently."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from tilth.errors import UserError
from tilth.train.rewards.pool import Pool
from tilth.train.rewards.signature import Sample, of_sample

CALLS = {
    "prompts": ["a", "b", "c", "d"],
    "completions": ["1", "22", "bad", "4444"],
    "completion_ids": [[1], [2, 2], [3], [4]],
    "answer": ["x", "y", "z", "w"],
}


def judged(function: Callable[..., Any], **more: Any) -> Any:
    pool = Pool([function], workers=2, timeout_seconds=more.pop("timeout_seconds", 0.5))
    try:
        return pool.judge(CALLS | more)[0]
    finally:
        pool.close()


def length(completions: list[str], **kwargs: Any) -> list[float]:
    return [float(len(one)) for one in completions]


def test_columns_and_keywords_reach_the_function() -> None:
    def columns(prompts: Any, completion_ids: Any, answer: Any, trainer_state: Any, **_: Any) -> list[float]:
        assert (prompts, completion_ids[1], answer, trainer_state) == (
            CALLS["prompts"], [2, 2], CALLS["answer"], "state",
        )  # fmt: skip
        return [1, 2, 3, 4]

    assert judged(columns, trainer_state="state").rewards == [1.0, 2.0, 3.0, 4.0]


def test_async_typed_and_with_none() -> None:
    async def later(completions: list[str], **_: Any) -> list[float | None]:
        return [None if one == "bad" else 1.0 for one in completions]

    assert judged(later).rewards == [1.0, 1.0, None, 1.0]

    @of_sample
    def typed(sample: Sample) -> float | None:
        return float(len(sample.text) + len(sample.columns["answer"]) + len(sample.token_ids))

    assert judged(typed).rewards == [3.0, 5.0, 5.0, 6.0]


@pytest.mark.parametrize("kind", ["raises", "hangs", "dies"])
def test_pitfall_43_one_bad_answer_costs_one_answer(kind: str) -> None:
    def function(completions: list[str], **_: Any) -> list[float]:
        if "bad" in completions:
            if kind == "hangs":
                time.sleep(60)
            if kind == "dies":
                os._exit(7)
            raise ValueError("no such thing")
        return [float(len(one)) for one in completions]

    began = time.monotonic()
    found = judged(function)
    assert found.rewards == [1.0, 2.0, None, 4.0]
    word = {"raises": "no such thing", "hangs": "longer than 0.5", "dies": "ended with 7"}[kind]
    assert len(found.failures) == 1 and word in found.failures[0]
    assert time.monotonic() - began < 30


def test_one_that_always_hangs_beside_one_that_works() -> None:
    def hangs(**_: Any) -> list[float]:
        time.sleep(60)
        return []

    pool = Pool([hangs, length], workers=3, timeout_seconds=0.2)
    for _ in range(2):
        first, second = pool.judge(CALLS)
        assert first.rewards == [None] * 4 and len(first.failures) == 4
        assert second.rewards == [1.0, 2.0, 3.0, 4.0]
    pool.close()


def test_children_of_a_reward_end_with_it(tmp_path: Any) -> None:
    mark = tmp_path / "mark"

    def starts_another(**_: Any) -> list[float]:
        if os.fork() == 0:
            time.sleep(1.5)
            mark.write_text("alive")
            os._exit(0)
        time.sleep(60)
        return []

    judged(starts_another, timeout_seconds=0.1)
    time.sleep(1.7)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("returned", "word"),
    [
        ([1.0], "1 rewards for 4 answers"),
        ("good", "gave str"),
        (["1", 2, 3, 4], "gave '1'"),
        (None, "gave NoneType"),
        (3.0, "gave float"),
    ],
)
@pytest.mark.parametrize("workers", [0, 1])
def test_what_is_no_reward_stops_the_run(returned: Any, word: str, workers: int) -> None:
    def function(**_: Any) -> Any:
        return returned

    pool = Pool([function], workers=workers)
    with pytest.raises(UserError, match=word):
        pool.judge(CALLS)
    pool.close()


def test_nan_and_infinity_are_not_rewards() -> None:
    def function(**_: Any) -> list[float]:
        return [float("nan"), float("inf"), 1, True]

    assert judged(function).rewards == [None, None, 1.0, 1.0]


def test_metrics_and_extra_columns_come_back() -> None:
    def function(completions: list[str], log_metric: Any, log_extra: Any, **_: Any) -> list[float]:
        log_metric("longest", max(map(len, completions)))
        log_extra("upper", [one.upper() for one in completions])
        return [0.0] * len(completions)

    found = judged(function)
    assert found.metrics == {"longest": [4.0]}
    assert found.extras == {"upper": ["1", "22", "BAD", "4444"]}


def test_surrogates_and_zero_bytes_go_through() -> None:
    calls = CALLS | {"completions": ["\ud800", "\x00", "é", ""]}
    pool = Pool([length], workers=1)
    assert pool.judge(calls)[0].rewards == [1.0, 1.0, 1.0, 0.0]
    pool.close()
