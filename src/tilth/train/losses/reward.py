"""Losses of reward models: of whole answers, and of steps."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax, logsigmoid

from tilth.train.losses.output import LossOutput
from tilth.train.losses.pairs import Pairs


def bradley_terry(rewards: Pairs, margin: Tensor | None = None, *, center: float | None = None) -> LossOutput:
    """The likelihood that the chosen answer wins, with a margin (Llama 2, arXiv:2307.09288, equation 2).

    Args:
        rewards: Of chosen and rejected, [B].
        margin: How much better the chosen one is, [B].
        center: Weight of (r_chosen + r_rejected)^2, which keeps the mean reward at 0 (arXiv:2312.09244).
    """
    won = rewards.margin if margin is None else rewards.margin - margin
    losses = -logsigmoid(won)
    if center:
        losses = losses + center * (rewards.chosen + rewards.rejected) ** 2
    with torch.no_grad():
        both = torch.cat([rewards.chosen, rewards.rejected])
        metrics = {
            "mean_reward": both.clone(),
            "accuracy": (rewards.margin > 0).float(),
            "margin": rewards.margin.clone(),
        }
    return LossOutput(losses.sum(), len(losses), metrics)


def process_reward(values: Tensor, labels: Tensor) -> LossOutput:
    """Cross-entropy of steps (arXiv:2305.20050), against hard or soft labels (arXiv:2312.08935).

    Args:
        values: What the model says of each step: its logits of bad and good, [S, 2], or one logit of good, [S, 1].
        labels: How good each step is, from 0 to 1, [S].
    """
    labels = labels.to(values.dtype)
    if values.shape[1] == 1:
        losses = binary_cross_entropy_with_logits(values[:, 0], labels, reduction="none")
        says = values[:, 0] > 0
    else:
        logps = log_softmax(values.float(), 1)
        losses = -(1 - labels) * logps[:, 0] - labels * logps[:, 1]
        says = values[:, 1] > values[:, 0]
    with torch.no_grad():
        metrics = {"accuracy": (says == (labels > 0.5)).float()}
    return LossOutput(losses.sum(), len(losses), metrics)
