"""One score of a solution, from those of its steps."""

import pytest
import torch

from tilth.errors import UserError
from tilth.train.credit.steps import AGGREGATIONS, aggregate, soft_least

SCORES = torch.tensor([0.9, 0.5, 0.8, 0.25])
LENGTHS = torch.tensor([3, 1, 0])


@pytest.mark.parametrize(
    ("how", "first"),
    # 0.9 * 0.5 * 0.8 = 0.36; (0.9 + 0.5 + 0.8) / 3 = 0.7333
    [("min", 0.5), ("product", 0.36), ("mean", 2.2 / 3), ("last", 0.8)],
)
def test_by_hand(how: str, first: float) -> None:
    assert aggregate(SCORES, LENGTHS, how).tolist() == pytest.approx([first, 0.25, 0.0])


def test_soft_min_lies_between_the_least_and_the_mean() -> None:
    part = SCORES[:3]
    assert part.min() < soft_least(part, 0.1) < part.mean()
    assert soft_least(part, 1e-3) == pytest.approx(0.5)
    assert soft_least(part, 1e3) == pytest.approx(2.2 / 3, abs=1e-3)


def test_unknown() -> None:
    with pytest.raises(UserError, match="there is no way `max`"):
        aggregate(SCORES, LENGTHS, "max")
    assert set(AGGREGATIONS) == {"min", "product", "mean", "last", "soft_min"}
