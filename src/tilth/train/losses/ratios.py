"""Ratios of probabilities between the model, what it was when it answered, and what sampled the answers."""

import torch
from torch import Tensor

from tilth.errors import UserError

LEVELS = ("token", "sequence")
CORRECTIONS = ("token_truncate", "token_mask", "sequence_truncate", "sequence_mask")
KL_ESTIMATORS = ("k1", "k2", "k3")


def answer_sums(per_token: Tensor, owners: Tensor, num_answers: int) -> Tensor:
    """Sums over the tokens of each answer, [N] -> [A]."""
    return per_token.new_zeros(num_answers).index_add(0, owners, per_token)


def answer_means(per_token: Tensor, owners: Tensor, num_answers: int) -> Tensor:
    """Means over the tokens of each answer, [N] -> [A]; 0 of an answer without tokens."""
    lengths = torch.bincount(owners, minlength=num_answers).clamp_min(1)
    return answer_sums(per_token, owners, num_answers) / lengths


def log_ratios(logps: Tensor, old: Tensor, owners: Tensor, num_answers: int, level: str) -> Tensor:
    """Logarithm of the importance ratio of each token, [N].

    Args:
        logps: By the model, [N].
        old: By the model that the answers came from, [N].
        owners: Answer of each token, [N].
        num_answers: A.
        level: `token`, or `sequence`: the mean over the answer (GSPO, arXiv:2507.18071, equation 7).
    """
    ratios = logps - old
    return ratios if level == "token" else answer_means(ratios, owners, num_answers)[owners]


def correction(
    trainer: Tensor,
    sampler: Tensor,
    owners: Tensor,
    num_answers: int,
    *,
    mode: str = "sequence_mask",
    most: float | None = 3.0,
    least: float | None = None,
) -> Tensor:
    """Weights for tokens that were sampled with other probabilities than the trainer computes, [N], held fixed.

    Truncated and masked importance sampling; exactly 1 where both agree. A log-probability that is not a number gives
    no correction.

    Args:
        trainer: Log-probabilities by the trainer, of the weights that sampled, [N].
        sampler: As the engine said them, [N].
        owners: Answer of each token, [N].
        num_answers: A.
        mode: `token` or `sequence`, `truncate` (into the bounds) or `mask` (0 outside of them).
        most: Upper bound of the ratio.
        least: Lower bound of the ratio.
    """
    gap = (trainer.detach() - sampler).nan_to_num(0.0)
    if mode.startswith("sequence"):
        gap = answer_sums(gap, owners, num_answers)[owners]
    ratios = gap.exp()
    low, high = 0.0 if least is None else least, torch.inf if most is None else most
    if mode.endswith("truncate"):
        return ratios.clamp(low, high)
    return torch.where((ratios >= low) & (ratios <= high), ratios, 0.0)


def divergence(logps: Tensor, reference: Tensor, estimator: str) -> Tensor:
    """How far the model is from the reference at each token, [N] (joschu.net/blog/kl-approx.html).

    k2 has the gradient of the reverse KL where tokens come from the model itself; k3 has it only where it is weighted
    by the importance ratio (arXiv:2512.21852); k1 has none, and belongs into the reward.
    """
    away = reference - logps
    if estimator == "k3":
        return away.exp() - away - 1
    return away**2 / 2 if estimator == "k2" else -away


def check_estimator(name: str) -> None:
    """Raises UserError where there is no such estimator."""
    if name not in KL_ESTIMATORS:
        raise UserError(f"`kl_estimator` is `{name}`", hint=f"one of {', '.join(KL_ESTIMATORS)}")
