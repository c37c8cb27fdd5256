"""Returns along answers, and one reward of several."""

import pytest
import torch

from tilth.train.credit import returns, rewards


def test_gae_by_hand() -> None:
    # Two answers of 2 and 1 tokens; gamma .5, lambda .5.
    # Answer 0: d1 = 1 + .5 * 0 - 3 = -2, d0 = 0 + .5 * 3 - 2 = -.5, a0 = -.5 + .25 * -2 = -1.
    # Answer 1 was cut, and 4 is expected behind it: d = 2 + .5 * 4 - 1 = 3.
    found, whole = returns.gae(
        torch.tensor([0.0, 1.0, 2.0]),
        torch.tensor([2.0, 3.0, 1.0]),
        torch.tensor([0, 0, 1]),
        torch.tensor([0.0, 4.0]),
        gamma=0.5,
        lam=0.5,
    )
    assert found.tolist() == [-1.0, -2.0, 3.0]
    assert whole.tolist() == [1.0, 1.0, 4.0]


def test_pitfall_39_what_is_cut_goes_on_and_what_ended_does_not() -> None:
    """The same tokens and values: an answer that was cut is worth more by what is expected behind it."""
    given = (torch.zeros(2), torch.tensor([1.0, 1.0]), torch.tensor([0, 0]))
    ended, _ = returns.gae(*given, torch.tensor([0.0]), lam=1.0)
    cut, _ = returns.gae(*given, torch.tensor([1.0]), lam=1.0)
    assert ended.tolist() == [-1.0, -1.0]
    assert cut.tolist() == [0.0, 0.0]


def test_rewards_of_tokens() -> None:
    found = returns.at_ends(
        torch.tensor([5.0, float("nan")]), torch.tensor([0, 0, 1]), torch.tensor([0.1, 0.2, 0.3])
    )
    assert found.tolist() == pytest.approx([0.1, 5.2, 0.3])
    assert returns.whitened(torch.tensor([1.0, 3.0])).tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])


def test_weights_and_what_was_not_judged() -> None:
    nan = float("nan")
    found = rewards.weighted(torch.tensor([[1.0, 2.0], [nan, 2.0], [nan, nan]]), torch.tensor([1.0, 0.5]))
    assert found[:2].tolist() == [2.0, 1.0]
    assert found[2].isnan()


def test_divergence_in_the_reward() -> None:
    found = rewards.less_divergence(
        torch.tensor([1.0, 1.0]),
        torch.tensor([-1.0, -1.0, -2.0]),
        torch.tensor([-2.0, -1.5, -1.0]),
        torch.tensor([0, 0, 1]),
        0.1,
    )
    assert found.tolist() == pytest.approx([0.85, 1.1])
