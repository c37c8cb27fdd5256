"""The other losses, against numbers worked out here from their formulas."""

from math import exp, log

import pytest
import torch

from tilth.train.losses.pairs import Pairs
from tilth.train.losses.reference_free import alpha_reward, cpo, imitation, log1mexp, odds_ratio
from tilth.train.losses.reward import bradley_terry, process_reward
from tilth.train.losses.sft import dft, nll, smoothed_nll
from tilth.train.losses.unpaired import apo_zero_unpaired, bco, kl_estimate, kto


def sigma(x: float) -> float:
    return 1 / (1 + exp(-x))


POLICY = Pairs(torch.tensor([-4.0]), torch.tensor([-6.0]))
LENGTHS = Pairs(torch.tensor([4]), torch.tensor([3]))


def test_sft() -> None:
    logps = torch.tensor([log(0.5), log(0.25)])
    assert nll(logps).total.item() == pytest.approx(log(2) + log(4))
    # Each weighted by its own probability: 0.5 * log 2 + 0.25 * log 4.
    assert dft(logps).total.item() == pytest.approx(0.5 * log(2) + 0.25 * log(4))
    # Two words, probabilities (0.5, 0.5) and (0.25, 0.75): means of the logarithms.
    means = torch.tensor([log(0.5), (log(0.25) + log(0.75)) / 2])
    found = smoothed_nll(logps, means, label_smoothing=0.1)
    assert found.total.item() == pytest.approx(-0.9 * (log(0.5) + log(0.25)) - 0.1 * means.sum().item())
    assert nll(logps).count == dft(logps).count == found.count == 2


def test_smoothing_is_that_of_torch() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(7, 11), torch.randint(11, (7,))
    logps = logits.log_softmax(-1)
    found = smoothed_nll(logps[range(7), targets], logps.mean(-1), label_smoothing=0.3)
    expected = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=0.3, reduction="sum")
    torch.testing.assert_close(found.total, expected)


def test_kto() -> None:
    # Log-ratios 1 (good) and 0.5 (bad), kl 0.2, beta 2: 1 - sigma(1.6), and 1.5 * (1 - sigma(-0.6)).
    policy, reference = torch.tensor([-3.0, -2.0]), torch.tensor([-4.0, -2.5])
    found = kto(
        policy, reference, torch.tensor([True, False]), torch.tensor(0.2), beta=2.0, undesirable_weight=1.5
    )
    assert found.total.item() == pytest.approx(sigma(-1.6) + 1.5 * sigma(0.6))
    assert found.metrics["rewards/chosen"].tolist() == [2.0] and found.metrics[
        "rewards/rejected"
    ].tolist() == [1.0]
    assert kl_estimate(policy, reference).item() == pytest.approx(0.75)
    assert kl_estimate(reference, policy).item() == 0


def test_pitfall_50_kto_does_not_depend_on_how_a_batch_is_cut() -> None:
    torch.manual_seed(0)
    policy, reference, good = -torch.rand(8), -torch.rand(8), torch.rand(8) > 0.5
    kl = torch.tensor(0.1)
    whole = kto(policy, reference, good, kl).total
    parts = [
        kto(*one, kl).total for one in zip(policy.split(3), reference.split(3), good.split(3), strict=True)
    ]
    torch.testing.assert_close(whole, torch.stack(parts).sum())


def test_apo_and_bco() -> None:
    policy, reference = torch.tensor([-3.0, -2.0]), torch.tensor([-4.0, -2.5])
    good = torch.tensor([True, False])
    found = apo_zero_unpaired(policy, reference, good, beta=2.0)
    assert found.total.item() == pytest.approx((1 - sigma(2)) + sigma(1))
    # Rewards 2 and 1, shift 0.5: -log sigma(1.5) - log sigma(-0.5); the second one counts half.
    found = bco(policy, reference, good, 0.5, beta=2.0, weights=torch.tensor([1.0, 0.5]))
    assert found.total.item() == pytest.approx(-log(sigma(1.5)) - 0.5 * log(sigma(-0.5)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"loss_type": "sigmoid", "beta": 0.5}, -log(sigma(1))),
        (
            {"loss_type": "sigmoid", "beta": 0.5, "label_smoothing": 0.2},
            -0.8 * log(sigma(1)) - 0.2 * log(sigma(-1)),
        ),
        ({"loss_type": "hinge", "beta": 0.25}, 0.5),
        # Means -1 and -2: margin 1.
        ({"loss_type": "ipo", "beta": 1.0}, 0.25),
        ({"loss_type": "simpo", "beta": 2.0, "gamma": 0.5}, -log(sigma(1.5))),
        ({"loss_type": "tpo-l", "beta": 2.0, "gamma": 0.5}, -log(sigma(1.5))),
        # (1 - e^0.5) / 0.5 and (1 - e^1) / 0.5.
        ({"loss_type": "simpo", "beta": 1.0, "alpha": 0.5}, -log(sigma((exp(1) - exp(0.5)) / 0.5))),
    ],
)
def test_cpo_and_its_kin(options: dict, expected: float) -> None:  # type: ignore[type-arg]
    assert cpo(POLICY, LENGTHS, **options).total.item() == pytest.approx(expected, rel=1e-5)


def test_alpha_reward_goes_to_the_logarithm() -> None:
    logps = torch.tensor([-0.5, -3.0], dtype=torch.float64)
    torch.testing.assert_close(alpha_reward(logps, 1e-9), alpha_reward(logps, 0.0))


def test_orpo() -> None:
    # Means -1 and -2: odds p / (1 - p).
    odds = [exp(-1) / (1 - exp(-1)), exp(-2) / (1 - exp(-2))]
    found = odds_ratio(POLICY, LENGTHS, beta=0.1)
    assert found.total.item() == pytest.approx(-0.1 * log(sigma(log(odds[0] / odds[1]))), rel=1e-5)
    found = imitation(POLICY.chosen, LENGTHS.chosen, weight=2.0)
    assert (found.total.item(), int(found.count)) == (8.0, 4)


def test_log1mexp_at_both_ends() -> None:
    logps = torch.tensor([0.0, -1e-6, -0.5, -40.0], requires_grad=True)
    found = log1mexp(logps)
    found.sum().backward()
    assert found.isfinite().all() and logps.grad.isfinite().all()
    assert found[2].item() == pytest.approx(log(1 - exp(-0.5)))


def test_bradley_terry() -> None:
    rewards = Pairs(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0]))
    assert bradley_terry(rewards).total.item() == pytest.approx(-log(sigma(1)) - log(sigma(-2)))
    # Pitfall 24: margin and centring are sums, as the rest is.
    found = bradley_terry(rewards, torch.tensor([0.5, 1.0]), center=0.01)
    assert found.total.item() == pytest.approx(-log(sigma(0.5)) - log(sigma(-3)) + 0.01 * (1 + 4))
    assert found.metrics["accuracy"].tolist() == [1, 0]


@pytest.mark.parametrize("labels", [[1.0, 0.0], [0.75, 0.1]])
def test_process_reward(labels: list[float]) -> None:
    logits = torch.tensor([0.3, -1.2])
    expected = -sum(
        y * log(sigma(x)) + (1 - y) * log(sigma(-x)) for x, y in zip(logits.tolist(), labels, strict=True)
    )
    for values in (logits[:, None], torch.stack([torch.zeros(2), logits], 1)):
        found = process_reward(values, torch.tensor(labels))
        assert found.total.item() == pytest.approx(expected, rel=1e-5)
        assert found.metrics["accuracy"].tolist() == [1, 1]
