"""Losses on pairs that need no reference: CPO, SimPO, AlphaPO, ORPO and TPO."""

from math import log

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from tilth.train.losses.output import LossOutput
from tilth.train.losses.pairs import Pairs, pair_metrics

CPO_LOSSES = ("sigmoid", "hinge", "ipo", "simpo")
TPO_LOSSES = ("sigmoid", "hinge", "ipo", "tpo-l")
_BY_TOKEN = {"ipo", "simpo", "tpo-l"}
"""Losses on means over tokens instead of sums."""


def cpo(
    policy: Pairs,
    lengths: Pairs,
    *,
    loss_type: str = "sigmoid",
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    gamma: float = 0.0,
    alpha: float = 0.0,
) -> LossOutput:
    """Contrastive preference optimisation and its kin, without the term that imitates chosen answers (`imitation`).

    sigmoid: arXiv:2401.08417, equation 3. simpo: arXiv:2405.14734, equation 6. hinge, ipo: as for DPO. tpo-l:
    arXiv:2405.16681. With `alpha`, the reward is that of AlphaPO, arXiv:2501.03884.

    Args:
        policy: Summed log-probabilities [B].
        lengths: Trained tokens of each answer, [B].
        loss_type: One of `CPO_LOSSES`, or `tpo-l`, which is `simpo` by another name.
        beta: Scale of the reward.
        label_smoothing: Share of pairs assumed to be labelled the wrong way round.
        gamma: Margin that `simpo` and `tpo-l` ask for.
        alpha: Of AlphaPO; 0 is the logarithm itself.
    """
    measured = policy.per(lengths) if loss_type in _BY_TOKEN else policy
    rewards = measured.map(lambda logps: alpha_reward(logps, alpha))
    margin = rewards.margin
    if loss_type in ("simpo", "tpo-l"):
        margin = margin - gamma / beta
    if loss_type == "hinge":
        losses = relu(1 - beta * margin)
    elif loss_type == "ipo":
        losses = (margin - 1 / (2 * beta)) ** 2
    else:
        logits = beta * margin
        losses = -(1 - label_smoothing) * logsigmoid(logits) - label_smoothing * logsigmoid(-logits)
    return LossOutput(losses.sum(), len(losses), pair_metrics(policy, rewards, beta))


def alpha_reward(logps: Tensor, alpha: float) -> Tensor:
    """AlphaPO, arXiv:2501.03884: (1 - p^-alpha) / alpha, which becomes log p where alpha is 0."""
    return logps if alpha == 0 else -torch.expm1(-alpha * logps) / alpha


def imitation(logps: Tensor, lengths: Tensor, *, weight: float = 1.0) -> LossOutput:
    """Negative log-likelihood of whole answers, by tokens: the second term of CPO, ORPO and TPO.

    Args:
        logps: Summed log-probabilities [B].
        lengths: Trained tokens, [B].
        weight: Of this term.
    """
    return LossOutput(
        -weight * logps.sum(), lengths.sum(), {"nll_loss": (-logps / lengths.clamp(min=1)).detach()}
    )


def odds_ratio(policy: Pairs, lengths: Pairs, *, beta: float = 0.1) -> LossOutput:
    """The odds-ratio term of ORPO, arXiv:2403.07691, equation 7, on mean log-probabilities; `imitation` is the other.

    Args:
        policy: Summed log-probabilities [B].
        lengths: Trained tokens of each answer, [B].
        beta: Weight of the term (lambda in the paper).
    """
    means = policy.per(lengths)
    log_odds = means.map(lambda logps: logps - log1mexp(logps)).margin
    losses = -beta * logsigmoid(log_odds)
    metrics = pair_metrics(policy, means, beta) | {"log_odds_chosen": log_odds.detach()}
    return LossOutput(losses.sum(), len(losses), metrics)


def log1mexp(logps: Tensor) -> Tensor:
    """log(1 - p) from log p, exact at both ends (a p of 1 is taken as the nearest below)."""
    below = logps.clamp(max=-torch.finfo(logps.dtype).eps)
    near_one = torch.log(-torch.expm1(below))
    near_none = torch.log1p(-torch.exp(below))
    return torch.where(below > -log(2), near_one, near_none)
