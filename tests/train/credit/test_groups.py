"""Advantages against numbers worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import UserError
from tilth.train.credit import groups as credit

NAN = float("nan")


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32)


def test_group_relative_by_hand() -> None:
    # Group 0: 1, 0, 0, 1: mean .5, spread sqrt(4 * .25 / 3). Group 1: 2, 5: mean 3.5, spread sqrt(4.5).
    found = credit.group_relative(t(1, 0, 0, 1, 2, 5), torch.tensor([0, 0, 0, 0, 1, 1]))
    one, two = 0.5 / (1 / 3**0.5 + 1e-4), 1.5 / (4.5**0.5 + 1e-4)
    assert found.tolist() == pytest.approx([one, -one, -one, one, -two, two], rel=1e-6)


def test_scaling_by_the_batch_and_by_nothing() -> None:
    rewards, groups = t(1, 0, 2, 5), torch.tensor([0, 0, 1, 1])
    assert credit.group_relative(rewards, groups, scale="none").tolist() == [0.5, -0.5, -1.5, 1.5]
    # All four: mean 2, squares 1 + 4 + 0 + 9 = 14, by 3.
    by_batch = credit.group_relative(rewards, groups, scale="batch")
    assert by_batch.tolist() == pytest.approx(
        [v / ((14 / 3) ** 0.5 + 1e-4) for v in (0.5, -0.5, -1.5, 1.5)], rel=1e-6
    )
    with pytest.raises(UserError, match="scale_rewards"):
        credit.group_relative(rewards, groups, scale="row")


def test_leave_one_out_by_hand() -> None:
    # 3 - (0 + 6) / 2, 0 - (3 + 6) / 2, 6 - (3 + 0) / 2; alone: 0.
    found = credit.leave_one_out(t(3, 0, 6, 7), torch.tensor([4, 4, 4, 9]))
    assert found.tolist() == pytest.approx([0.0, -4.5, 4.5, 0.0])


def test_what_was_not_judged_enters_no_mean() -> None:
    rewards, groups = t(3, NAN, 6, NAN, 1), torch.tensor([0, 0, 0, 1, 2])
    assert credit.leave_one_out(rewards, groups).tolist() == pytest.approx([-3, 0, 3, 0, 0])
    assert credit.group_relative(rewards, groups, scale="none").tolist() == pytest.approx(
        [-1.5, 0, 1.5, 0, 0]
    )


def test_reinforce_plus_plus_and_max_rl_by_hand() -> None:
    rewards, groups = t(0, 0, 1, 3), torch.tensor([0, 0, 1, 1])
    # Mean 1, squares 1 + 1 + 0 + 4 = 6, by 3.
    spread = 2**0.5 + 1e-4
    assert credit.batch_relative(rewards, groups).tolist() == pytest.approx(
        [-1 / spread, -1 / spread, 0, 2 / spread], rel=1e-6
    )
    # Less their groups' means: 0, 0, -1, 1, whose squares are 2, by 3.
    spread = (2 / 3) ** 0.5 + 1e-4
    assert credit.batch_relative(rewards, groups, with_baseline=True).tolist() == pytest.approx(
        [0, 0, -1 / spread, 1 / spread], rel=1e-6
    )
    assert credit.maximum_likelihood(rewards, groups).tolist() == pytest.approx([0, 0, -0.5, 0.5])


def test_gdpo_tells_apart_what_a_sum_makes_equal() -> None:
    # Sums are 1, 1, 0: the first two are equal for GRPO, though one did what is rarer.
    parts = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 1.0]])
    groups = torch.zeros(4, dtype=torch.long)
    found = credit.normalise_then_sum(parts, torch.ones(2), groups)
    # Column 1: mean 1/4, spread 1/2. Column 2: mean 1/2, spread sqrt(1/3).
    each = [
        [(v - m) / (s + 1e-4) for v in column]
        for column, m, s in (([1, 0, 0, 0], 0.25, 0.5), ([0, 1, 0, 1], 0.5, 3**-0.5))
    ]
    sums = [a + b for a, b in zip(*each, strict=True)]
    spread = (sum(v * v for v in sums) / 3) ** 0.5 + 1e-4
    assert found.tolist() == pytest.approx([v / spread for v in sums], rel=1e-5)
    assert found[0] > found[1] > found[2]


@pytest.mark.parametrize("name", [*credit.ESTIMATORS])
def test_pitfall_35_equal_rewards_and_groups_of_one_give_zero(name: str) -> None:
    estimate = credit.ESTIMATORS[name]
    groups = torch.tensor([0, 0, 0, 1])
    assert estimate(t(0.1, 0.1, 0.1, 0.1), groups).tolist() == [0, 0, 0, 0]
    assert estimate(t(NAN, NAN, NAN, NAN), groups).tolist() == [0, 0, 0, 0]
    assert estimate(t(NAN, 0.7, NAN, NAN), torch.zeros(4, dtype=torch.long)).tolist() == [0, 0, 0, 0]
    assert estimate(t(), torch.zeros(0, dtype=torch.long)).tolist() == []


def test_pitfall_35_no_group_is_normalised_twice() -> None:
    """Standardising what is standardised changes nothing but rounding: it would show as a spread other than 1."""
    found = credit.group_relative(t(0, 1, 2, 5), torch.zeros(4, dtype=torch.long))
    assert found.std().item() == pytest.approx(1.0, rel=1e-3)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(-5, 5)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_pitfall_34_members_may_lie_anywhere(members: list[tuple[int, float]], random: object) -> None:
    """The same members in another order (other ranks, other micro-batches) have the same advantages."""
    order = list(range(len(members)))
    random.shuffle(order)  # type: ignore[attr-defined]
    groups, rewards = (torch.tensor(values) for values in zip(*members, strict=True))
    for estimate in credit.ESTIMATORS.values():
        straight, shuffled = estimate(rewards, groups), estimate(rewards[order], groups[order])
        assert straight.isfinite().all()
        torch.testing.assert_close(straight[order], shuffled, atol=1e-5, rtol=1e-4)


def test_groups_that_teach_nothing() -> None:
    groups = torch.tensor([0, 0, 1, 1, 2, 2])
    assert credit.without_spread(t(1, 1, 0, 1, NAN, NAN), groups).tolist() == [
        True, True, False, False, True, True,
    ]  # fmt: skip
