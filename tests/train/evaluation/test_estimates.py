"""Estimates against numbers worked out by hand."""

from itertools import combinations
from math import exp, log

import pytest

from tilth.train.evaluation.estimates import difference, pass_at_k, perplexity, share


def test_pass_at_k_is_the_share_of_all_choices_with_one_that_passes() -> None:
    # Of five answers two passed: of the ten pairs, three have none of them.
    assert pass_at_k(5, 2, 2) == pytest.approx(0.7)
    for n in range(1, 7):
        for c in range(n + 1):
            for k in range(1, n + 1):
                chosen = list(combinations([True] * c + [False] * (n - c), k))
                assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))
    assert pass_at_k(10, 3, 1) == pytest.approx(0.3)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 1, 4), (3, 4, 1), (0, 0, 1), (3, 1, 0), (3, -1, 1)])
def test_what_cannot_be(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@"):
        pass_at_k(n, c, k)


def test_shares() -> None:
    # Wilson, n = 10, all fail: 0 to z^2 / (n + z^2) = 3.8415 / 13.8415.
    told = share([0.0] * 10)
    assert (told.value, told.low) == (0, 0)
    assert told.high == pytest.approx(0.27753, abs=1e-5)
    told = share([1.0] * 10)
    assert (told.value, told.high, told.low) == (1, 1, pytest.approx(0.72247, abs=1e-5))
    # n = 4, mean 1/2: centre 1/2, half z / (1 + z^2 / 4) * sqrt(1/16 + z^2 / 64) = 0.34996.
    told = share([0.5] * 4)
    assert told.high - 0.5 == pytest.approx(0.34996, abs=1e-5)
    assert share([]) == (0, 0, 1)


def test_differences_are_of_the_same_tasks() -> None:
    # Gaps 1, 0, 0, 1: mean 1/2, variance 1/3, half 1.95996 * sqrt(1/12).
    told = difference([0, 0, 1, 0], [1, 0, 1, 1])
    assert told.value == 0.5 and told.high - told.value == pytest.approx(0.56579, abs=1e-5)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        difference([0.0], [0.0, 1.0])


def test_perplexity_of_tokens_that_are_all_as_likely() -> None:
    told = perplexity([3 * log(8), 5 * log(8)], [3, 5])
    assert told == pytest.approx((8, 8, 8))
    # Means 1 and 3 nats of 2 tokens each: mean 2, residuals -2 and 2, half 1.95996 * sqrt(8 * 2) / 4.
    told = perplexity([2.0, 6.0], [2, 2])
    assert told.value == pytest.approx(exp(2)) and told.high == pytest.approx(exp(2 + 1.959964))
