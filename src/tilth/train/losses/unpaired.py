"""Losses on single answers that are known to be good or bad."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from tilth.train.losses.output import LossOutput


def kto(
    policy: Tensor,
    reference: Tensor,
    is_good: Tensor,
    kl: Tensor,
    *,
    beta: float = 0.1,
    desirable_weight: float = 1.0,
    undesirable_weight: float = 1.0,
) -> LossOutput:
    """Kahneman-Tversky optimisation, arXiv:2402.01306, as the loss lambda - value.

    Args:
        policy: Summed log-probabilities [B] by the model.
        reference: By the reference.
        is_good: Labels, [B].
        kl: How far the model is from the reference: mean log-ratio of answers to other prompts; see `kl_estimate`.
        beta: How strongly the reference holds.
        desirable_weight: Lambda of good answers.
        undesirable_weight: Lambda of bad answers.
    """
    ratios = policy - reference
    away = torch.where(is_good, ratios - kl.detach(), kl.detach() - ratios)
    weights = torch.where(is_good, desirable_weight, undesirable_weight)
    losses = weights * torch.sigmoid(-beta * away)
    metrics = answer_metrics(policy, beta * ratios, is_good) | {"kl": kl.detach().reshape(1)}
    return LossOutput(losses.sum(), len(losses), metrics)


def kl_estimate(policy: Tensor, reference: Tensor) -> Tensor:
    """The reference point z0 of KTO, arXiv:2402.01306: the mean, not below 0, held fixed.

    Args:
        policy: Summed log-probabilities [B] by the model of answers that belong to other prompts.
        reference: By the reference.
    """
    return (policy - reference).detach().mean().clamp(min=0)


def apo_zero_unpaired(policy: Tensor, reference: Tensor, is_good: Tensor, *, beta: float = 0.1) -> LossOutput:
    """Anchored preference optimisation, arXiv:2408.06266, equation 7, for answers that stand alone."""
    ratios = policy - reference
    losses = torch.sigmoid(torch.where(is_good, -beta * ratios, beta * ratios))
    return LossOutput(losses.sum(), len(losses), answer_metrics(policy, beta * ratios, is_good))


def bco(
    policy: Tensor,
    reference: Tensor,
    is_good: Tensor,
    shift: Tensor | float,
    *,
    beta: float = 0.1,
    weights: Tensor | None = None,
) -> LossOutput:
    """Binary classifier optimisation, arXiv:2404.04656.

    Args:
        policy: Summed log-probabilities [B] by the model.
        reference: By the reference.
        is_good: Labels, [B].
        shift: Mean of the rewards of good and of bad answers so far (delta).
        beta: How strongly the reference holds.
        weights: Of the answers, [B]: how likely the prompts of bad ones are among those of good ones.
    """
    rewards = beta * (policy - reference)
    losses = -logsigmoid(torch.where(is_good, rewards - shift, shift - rewards))
    if weights is not None:
        losses = losses * weights.detach()
    return LossOutput(losses.sum(), len(losses), answer_metrics(policy, rewards, is_good))


def answer_metrics(policy: Tensor, rewards: Tensor, is_good: Tensor) -> dict[str, Tensor]:
    """Rewards and log-probabilities of good and of bad answers, as many as there are of each."""
    rewards, policy = rewards.detach(), policy.detach()
    return {
        "rewards/chosen": rewards[is_good],
        "rewards/rejected": rewards[~is_good],
        "logps/chosen": policy[is_good],
        "logps/rejected": policy[~is_good],
    }
