"""Losses on pairs with a reference, against numbers worked out here from their formulas.

The pair has log-ratios a = 0.5 (chosen: -10 against -10.5) and b = -1 (rejected: -12 against -11), so a - b = 1.5; with
beta = 2 the logit is 3. Its answers have 5 and 4 tokens.
"""

from math import exp, log

import pytest
import torch
from torch import Tensor

from tilth.errors import UserError
from tilth.train.losses.divergences import DIVERGENCES
from tilth.train.losses.dpo import LOSS_TYPES, check, desensitised, dpo, wpo_weights
from tilth.train.losses.pairs import Pairs

POLICY = Pairs(torch.tensor([-10.0]), torch.tensor([-12.0]))
REFERENCE = Pairs(torch.tensor([-10.5]), torch.tensor([-11.0]))
LENGTHS = Pairs(torch.tensor([5]), torch.tensor([4]))
BETA = 2.0


def sigma(x: float) -> float:
    return 1 / (1 + exp(-x))


A, B, LOGIT = 0.5, -1.0, 3.0
EXPECTED = {
    # 0.9 of the loss, 0.1 of that of the pair turned round.
    "sigmoid": -0.9 * log(sigma(LOGIT)) - 0.1 * log(sigma(-LOGIT)),
    "hinge": 0.0,
    # 0.5 / 5 + 1 / 4 - 1 / 4 = 0.1
    "ipo": 0.1**2,
    "exo_pair": sigma(3) * (log(sigma(3)) - log(0.9)) + sigma(-3) * (log(sigma(-3)) - log(0.1)),
    "nca_pair": -log(sigma(1)) - 0.5 * log(sigma(-1)) - 0.5 * log(sigma(2)),
    "robust": (-0.9 * log(sigma(LOGIT)) + 0.1 * log(sigma(-LOGIT))) / 0.8,
    "bco_pair": -log(sigma(1)) - log(sigma(2)),
    # (0.5 - 0.25)^2 + (-1 + 0.25)^2
    "sppo_hard": 0.0625 + 0.5625,
    "aot": -0.9 * log(sigma(LOGIT)) - 0.1 * log(sigma(-LOGIT)),
    "aot_unpaired": -0.9 * log(sigma(LOGIT)) - 0.1 * log(sigma(-LOGIT)),
    "apo_zero": (1 - sigma(1)) + sigma(-2),
    "apo_down": sigma(1) + (1 - sigma(3)),
    "discopop": -(1 - sigma(60)) * log(sigma(3)) + sigma(60) * exp(-3),
    "sft": 10.0,
    # 2 * (0.1 + 0.25) = 0.7
    "sigmoid_norm": -0.9 * log(sigma(0.7)) - 0.1 * log(sigma(-0.7)),
}


@pytest.mark.parametrize("name", LOSS_TYPES)
def test_by_hand(name: str) -> None:
    [found] = dpo(POLICY, REFERENCE, LENGTHS, loss_type=[name], beta=BETA, label_smoothing=0.1)
    assert found.total.item() == pytest.approx(EXPECTED[name], rel=1e-5, abs=1e-7)
    assert found.count == (5 if name == "sft" else 1)


def test_there_are_fifteen() -> None:
    assert len(LOSS_TYPES) == 15 and set(LOSS_TYPES) == set(EXPECTED)


def test_without_smoothing_it_is_equation_7() -> None:
    # Logits 0, 1 and 2: -log sigmoid = 0.693147, 0.313262, 0.126928.
    policy = Pairs(torch.tensor([0.0, 1.0, 2.0]), torch.zeros(3))
    zero = Pairs(torch.zeros(3), torch.zeros(3))
    [found] = dpo(policy, zero, zero, beta=1.0)
    assert found.total.item() == pytest.approx(0.693147 + 0.313262 + 0.126928, abs=1e-5)
    assert found.metrics["rewards/accuracies"].tolist() == [0, 1, 1]


def test_hinge_where_the_margin_is_too_small() -> None:
    [found] = dpo(POLICY, REFERENCE, LENGTHS, loss_type=["hinge"], beta=0.1)
    assert found.total.item() == pytest.approx(1 - 0.15)


def test_a_mixture_is_the_weighted_sum() -> None:
    names, weights = ["sigmoid", "bco_pair", "sft"], [0.8, 0.2, 1.0]
    pairs, tokens = dpo(
        POLICY, REFERENCE, LENGTHS, loss_type=names, loss_weights=weights, beta=BETA, label_smoothing=0.1
    )
    assert pairs.total.item() == pytest.approx(
        0.8 * EXPECTED["sigmoid"] + 0.2 * EXPECTED["bco_pair"], rel=1e-5
    )
    assert (tokens.total.item(), int(tokens.count)) == (pytest.approx(10.0), 5)


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("reverse_kl", lambda r: r),
        ("forward_kl", lambda r: 1 - exp(-r)),
        ("js_divergence", lambda r: log(2 * exp(r) / (1 + exp(r)))),
        # (t^-0.5 - 1) / -0.5
        ("alpha_divergence", lambda r: (exp(-0.5 * r) - 1) / -0.5),
    ],
)
def test_divergences(name: str, score) -> None:  # type: ignore[no-untyped-def]
    [found] = dpo(POLICY, REFERENCE, LENGTHS, beta=BETA, f_divergence_type=name)
    assert found.total.item() == pytest.approx(-log(sigma(BETA * (score(A) - score(B)))), rel=1e-5)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_divergences_stay_finite_far_away(name: str) -> None:
    ratios = torch.tensor([-500.0, 0.0, 500.0], requires_grad=True)
    scores = DIVERGENCES[name](ratios, 0.5)
    scores.sum().backward()
    assert scores.isfinite().all() and ratios.grad.isfinite().all()
    assert scores[1] == 0


def test_alpha_of_one_is_the_reverse_kl() -> None:
    ratios = torch.tensor([0.3, -2.0])
    assert torch.equal(DIVERGENCES["alpha_divergence"](ratios, 1.0), ratios)


def test_ld_dpo() -> None:
    # Chosen -1, -2, -3 and rejected -4, -5: the third token of the chosen one stands alone.
    logps = torch.tensor([-1.0, -2.0, -3.0, -4.0, -5.0, -1.0, -1.0, -1.0])
    lengths = Pairs(torch.tensor([3, 1]), torch.tensor([2, 2]))
    found = desensitised(logps, lengths, 0.5)
    assert found.chosen.tolist() == [-4.5, -1.0] and found.rejected.tolist() == [-9.0, -1.5]
    whole = desensitised(logps, lengths, 1.0)
    assert whole.chosen.tolist() == [-6.0, -1.0] and whole.rejected.tolist() == [-9.0, -2.0]


def test_wpo() -> None:
    # Means: (-10 + 5) / 5 = -1 and (-12 + 10) / 4 = -0.5.
    policy = Pairs(POLICY.chosen.clone().requires_grad_(), POLICY.rejected)
    weights = wpo_weights(policy, Pairs(torch.tensor([-5.0]), torch.tensor([-10.0])), LENGTHS)
    assert weights.item() == pytest.approx(exp(-1.5)) and not weights.requires_grad
    [found] = dpo(POLICY, REFERENCE, LENGTHS, beta=BETA, pair_weights=weights)
    assert found.total.item() == pytest.approx(-log(sigma(3)) * exp(-1.5), rel=1e-5)


@pytest.mark.parametrize("name", sorted(set(LOSS_TYPES) - {"aot", "aot_unpaired"}))
def test_a_batch_is_the_sum_of_its_parts(name: str) -> None:
    torch.manual_seed(0)
    policy, reference = (Pairs(-5 * torch.rand(6), -5 * torch.rand(6)) for _ in range(2))
    lengths = Pairs(torch.arange(1, 7), torch.arange(6, 0, -1))

    def total(part: slice) -> Tensor:
        cut = [Pairs(one.chosen[part], one.rejected[part]) for one in (policy, reference, lengths)]
        [found] = dpo(*cut, loss_type=[name], label_smoothing=0.1)
        return found.total

    torch.testing.assert_close(total(slice(0, 6)), total(slice(0, 1)) + total(slice(1, 6)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"loss_type": ["sigmod"]}, "there is no loss `sigmod`"),
        ({"loss_type": []}, "`loss_type` is empty"),
        ({"loss_type": ["sigmoid"], "loss_weights": [1, 2]}, "1 losses and 2"),
        ({"loss_type": ["exo_pair"]}, "exo_pair"),
        ({"loss_type": ["robust"], "label_smoothing": 0.5}, "robust"),
        ({"loss_type": ["aot"], "use_weighting": True}, "sorts pairs"),
        ({"loss_type": ["sppo_hard"], "f_divergence_type": "forward_kl"}, "reverse KL alone"),
        ({"loss_type": ["sigmoid"], "f_divergence_type": "kl"}, "there is no divergence"),
    ],
)
def test_settings_that_do_not_go_together(options: dict, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UserError, match=words):
        check(**({"loss_weights": None} | options))
