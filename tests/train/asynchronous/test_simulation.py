"""The orchestrator against a clock."""

import json

import pytest

from tests.train.asynchronous.world import Run
from tilth.errors import UserError
from tilth.train.asynchronous.settings import Bounds
from tilth.train.asynchronous.simulation import Setting, Simulation


@pytest.mark.parametrize("staleness", [0, 1, 4])
def test_ages_stay_within_the_bound_and_nothing_is_dropped(staleness: int) -> None:
    rows = Simulation(Setting(Bounds(4, 4, staleness), servers=3, slowest=0.3), 12).run()
    assert [row["trained"] for row in rows] == [16 * step for step in range(1, 13)]
    assert max(row["staleness_max"] for row in rows) <= staleness
    assert rows[-1]["dropped"] == 0


def test_a_bound_of_zero_waits_and_a_higher_one_is_faster() -> None:
    took = [
        Simulation(Setting(Bounds(4, 4, staleness), servers=1), 20).run()[-1]["at_seconds"]
        for staleness in (0, 2)
    ]
    assert took[1] < 0.8 * took[0]


def test_a_run_ends_with_nothing_in_flight() -> None:
    run = Run(Bounds(2, 2, 3), ["one"], steps=4)
    seen = []
    while run.it.step < 4:
        run.settle("probe", "push", "answer", "judge")
        seen += run.train() or []
    assert seen == list(range(8))
    assert run.it.account.in_flight == 0


def test_a_resumed_run_learns_from_the_same_prompts_in_the_same_order() -> None:
    run = Run(Bounds(2, 2, 2), ["one"])
    run.settle("probe", "push", "answer", "judge")
    first = run.train()
    saved = json.dumps(run.it.record())
    orders = []
    for _ in range(2):
        run.begin(json.loads(saved))
        order = []
        for _ in range(5):
            run.settle("probe", "push", "answer", "judge")
            order += run.train() or []
        orders.append(order)
    assert orders[0] == orders[1] == list(range(2, 12))
    assert first == [0, 1]


def test_wrong_bounds_are_refused() -> None:
    with pytest.raises(UserError, match="max_staleness"):
        Bounds(1, 1, -1)
    with pytest.raises(UserError, match="groups"):
        Bounds(0, 1)
