"""Losses of the GRPO family against numbers worked out by hand, and the gradients that they must have."""

import math

import pytest
import torch

from tilth.errors import UserError
from tilth.train.losses import policy as losses
from tilth.train.losses.policy import LOSS_TYPES, Surrogate, Tokens
from tilth.train.losses.ratios import answer_means, correction, divergence

OWNERS = torch.tensor([0, 0, 1])
LOG = [math.log(v) for v in (0.5, 0.4, 0.25)]


def tokens(
    ratios: tuple[float, ...] = (1.5, 0.5, 2.0),
    advantages: tuple[float, ...] = (1.0, 1.0, -1.0),
    **more: object,
) -> Tokens:
    logps = torch.tensor(LOG, requires_grad=True)
    old = logps.detach() - torch.tensor(ratios).log()
    return Tokens(logps, old, torch.tensor(advantages), OWNERS, 2, **more)  # type: ignore[arg-type]


def total(seen: Tokens, **how: object) -> float:
    return losses.policy(seen, Surrogate(**how)).total.item()  # type: ignore[arg-type]


# Clipped at .8 and 1.2: min(1.5, 1.2) = 1.2, min(.5, .8) = .5, min(-2, -1.2) = -2, each times -1.
def test_clipped_and_their_normalisers_by_hand() -> None:
    assert total(tokens(), loss_type="dapo") == pytest.approx(-1.2 - 0.5 + 2)
    assert total(tokens(), loss_type="bnpo") == pytest.approx(0.3)
    assert total(tokens(), loss_type="grpo") == pytest.approx((-1.2 - 0.5) / 2 + 2)
    assert total(tokens(), loss_type="dr_grpo", max_tokens=10) == pytest.approx(0.03)
    assert losses.policy(tokens(), Surrogate(loss_type="dapo")).count == 3
    assert losses.policy(tokens(), Surrogate(loss_type="grpo")).count == 2
    assert losses.policy(tokens(), Surrogate(loss_type="dr_grpo")).count == 2


def test_clip_higher_and_the_ceiling_below() -> None:
    assert total(tokens(), loss_type="dapo", epsilon_high=0.4) == pytest.approx(-1.4 - 0.5 + 2)
    assert total(tokens(), loss_type="dapo", delta=1.7) == pytest.approx(-1.2 - 0.5 + 1.7)


def test_sequence_ratios_by_hand() -> None:
    # Geometric means: sqrt(1.5 * .5) = .866 and 2: every token of an answer has its answer's.
    mean = 0.75**0.5
    assert total(tokens(), loss_type="dapo", level="sequence") == pytest.approx(-2 * mean + 2)
    assert total(tokens(), loss_type="luspo", level="sequence") == pytest.approx(-2 * mean + 2)


def test_cispo_sapo_and_vespo_by_hand() -> None:
    ceiling = -1.3 * LOG[0] - 0.5 * LOG[1] + 1.3 * LOG[2]
    assert total(tokens(), loss_type="cispo", epsilon_high=1.3) == pytest.approx(ceiling)

    def gate(ratio: float, t: float) -> float:
        return 4 / t / (1 + math.exp(-t * (ratio - 1)))

    assert total(tokens(), loss_type="sapo") == pytest.approx(
        -(gate(1.5, 1.0) + gate(0.5, 1.0)) / 2 + gate(2.0, 1.05), rel=1e-6
    )

    def gamma(weight: float, k: float, lam: float) -> float:
        return weight**k * math.exp(lam * (1 - weight))

    first, second = gamma(0.75, 2, 3), gamma(2, 3, 2)
    assert total(tokens(), loss_type="vespo") == pytest.approx(
        -first * (LOG[0] + LOG[1]) + second * LOG[2], rel=1e-5
    )


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_pitfall_27_and_46_on_policy_every_loss_is_plain_policy_gradient(loss_type: str) -> None:
    """Ratio 1, nothing clipped, and the gradient of advantage times log-probability."""
    seen = tokens((1.0, 1.0, 1.0), (0.5, 0.5, -2.0))
    high = 5.0 if loss_type == "cispo" else 0.2
    level = "sequence" if loss_type == "luspo" else "token"
    how = Surrogate(loss_type=loss_type, epsilon_high=high, level=level, max_tokens=1)
    found = losses.policy(seen, how)
    clips = [values for name, values in found.metrics.items() if "clip" in name]
    assert clips and all(not values.any() for values in clips)
    assert (found.metrics["ratio"] == 1).all()
    (gradient,) = torch.autograd.grad(found.total, seen.logps)
    lengths = torch.tensor([2.0, 2.0, 1.0]) if loss_type in ("grpo", "sapo") else 1.0
    torch.testing.assert_close(gradient, -seen.advantages / lengths)


def test_rloo_clips_whole_answers() -> None:
    found = losses.sequence_clipped(tokens(), Surrogate())
    # .75 is below .8 with a positive advantage: the smaller one holds; 2 with a negative one is free.
    assert found.total.item() == pytest.approx(-0.75 + 2)
    assert found.count == 2


def test_value_loss_by_hand() -> None:
    found = losses.values(
        torch.tensor([1.0, 1.0]), torch.tensor([0.5, 0.9]), torch.tensor([2.0, 0.0]), clip=0.2
    )
    # First: free (1 - 2)^2 = 1, clipped (.7 - 2)^2 = 1.69. Second: both 1.
    assert found.total.item() == pytest.approx(0.5 * (1.69 + 1.0))
    assert found.metrics["value/clip_ratio"].tolist() == [1.0, 0.0]


# Corrections between sampler and trainer


def test_pitfall_33_no_mismatch_weighs_exactly_one() -> None:
    logps = torch.tensor(LOG)
    for mode in ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask"):
        assert (correction(logps, logps.clone(), OWNERS, 2, mode=mode) == 1.0).all()


def test_corrections_by_hand() -> None:
    sampler = torch.tensor(LOG)
    trainer = sampler + torch.tensor([2.0, 3.0, 0.5]).log()

    def found(mode: str, **bounds: float) -> list[float]:
        return correction(trainer, sampler, OWNERS, 2, mode=mode, **bounds).tolist()  # type: ignore[arg-type]

    assert found("token_truncate", most=2.5) == pytest.approx([2.0, 2.5, 0.5])
    assert found("token_mask", most=2.5) == pytest.approx([2.0, 0.0, 0.5])
    assert found("token_mask", most=2.5, least=0.6) == pytest.approx([2.0, 0.0, 0.0])
    assert found("sequence_truncate", most=3.0) == pytest.approx([3.0, 3.0, 0.5])
    assert found("sequence_mask", most=3.0) == pytest.approx([0.0, 0.0, 0.5])


def test_a_log_probability_that_is_no_number_corrects_nothing() -> None:
    logps = torch.tensor(LOG)
    sampler = logps.clone()
    sampler[1] = float("nan")
    assert correction(logps, sampler, OWNERS, 2).tolist() == [1.0, 1.0, 1.0]


def test_far_off_answers_that_did_badly_are_left_out() -> None:
    seen = tokens((1.0, 1.0, 1.0), (-1.0, -1.0, -1.0))
    sampler = seen.logps.detach() + torch.tensor([0.3, 0.5, 0.1])
    assert losses.far_off(seen, sampler, 0.3).tolist() == [0.0, 0.0, 1.0]
    assert losses.far_off(tokens(), sampler, 0.3).tolist() == [1.0, 1.0, 1.0]


# The divergence from the reference


def test_pitfall_36_estimators_on_a_bandit() -> None:
    """Three actions, the expectation taken exactly: which estimators have the gradient of the reverse KL.

    k2, and k3 weighted by the ratio, have it; k1 in the loss has none at all; k3 alone has another one.
    """
    logits = torch.tensor([0.3, -0.5, 0.9], requires_grad=True)
    reference = torch.tensor([0.5, 0.2, 0.3]).log()
    logps = torch.log_softmax(logits, 0)
    (exact,) = torch.autograd.grad((logps.exp() * (logps - reference)).sum(), logits, retain_graph=True)
    chances = logps.detach().exp()

    def gradient(per_action: torch.Tensor) -> torch.Tensor:
        (found,) = torch.autograd.grad((chances * per_action).sum(), logits, retain_graph=True)
        return found

    on_policy = (logps - logps.detach()).exp()
    torch.testing.assert_close(gradient(divergence(logps, reference, "k2")), exact)
    torch.testing.assert_close(gradient(on_policy * divergence(logps, reference, "k3")), exact)
    assert gradient(divergence(logps, reference, "k1")).abs().max() < 1e-6
    assert (gradient(divergence(logps, reference, "k3")) - exact).abs().max() > 5e-3
    # k1 in the reward: minus the reward times the gradient of the log-probability.
    in_reward = gradient((logps - reference).detach() * logps)
    torch.testing.assert_close(in_reward, exact)


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_pitfall_37_beta_changes_every_gradient(loss_type: str) -> None:
    level = "sequence" if loss_type == "luspo" else "token"
    found = []
    for beta in (0.0, 0.1):
        seen = tokens(reference=torch.tensor(LOG) + torch.tensor([0.2, -0.1, 0.3]))
        how = Surrogate(loss_type=loss_type, epsilon_high=5.0, beta=beta, level=level)
        (gradient,) = torch.autograd.grad(losses.policy(seen, how).total, seen.logps)
        found.append(gradient)
    assert (found[0] != found[1]).all()


def test_pitfall_56_the_divergence_is_not_weighted_by_the_correction() -> None:
    reference = torch.tensor(LOG) + 0.2
    zero = tokens(reference=reference, correction=torch.zeros(3))
    expected = 0.1 * (math.exp(0.2) - 1.2) * 3
    assert total(zero, loss_type="dapo", beta=0.1, bias_correction=False) == pytest.approx(expected, rel=1e-4)


# What is refused


def test_pitfall_46_a_ceiling_below_one_is_refused() -> None:
    with pytest.raises(UserError, match="epsilon_high"):
        losses.check(Surrogate(loss_type="cispo", epsilon_high=0.2))


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"loss_type": "luspo"}, "whole answers"),
        ({"loss_type": "grp"}, "loss_type"),
        ({"level": "answer"}, "importance_sampling_level"),
        ({"delta": 1.1}, "delta"),
    ],
)
def test_what_cannot_learn_is_refused(how: dict[str, object], word: str) -> None:
    with pytest.raises(UserError, match=word):
        losses.check(Surrogate(**how))  # type: ignore[arg-type]


@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_pitfall_38_and_57_any_split_of_the_batch_gives_one_loss(loss_type: str) -> None:
    """Sums over parts, by the count of the whole: bs1 x accumulation 2 is bs2 x accumulation 1."""
    level = "sequence" if loss_type == "luspo" else "token"
    how = Surrogate(loss_type=loss_type, epsilon_high=5.0, level=level)
    whole = losses.policy(tokens(), how)
    seen = tokens()
    parts = []
    for start, end in ((0, 2), (2, 3)):
        part = Tokens(
            seen.logps[start:end], seen.old[start:end], seen.advantages[start:end],
            torch.zeros(end - start, dtype=torch.long), 1,
        )  # fmt: skip
        parts.append(losses.policy(part, how))
    assert sum(part.total.item() for part in parts) == pytest.approx(whole.total.item(), rel=1e-5)
    assert sum(int(part.count) for part in parts) == whole.count


def test_an_empty_answer_counts_and_adds_nothing() -> None:
    means = answer_means(torch.tensor([1.0, 3.0]), torch.tensor([1, 1]), 3)
    assert means.tolist() == [0.0, 2.0, 0.0]
