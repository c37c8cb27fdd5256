"""Losses of direct preference optimisation: pure functions of the log-probabilities of pairs."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from tilth.train.losses.output import LossOutput


@dataclass(frozen=True, slots=True)
class Pairs:
    """Summed log-probabilities [B] of each chosen and each rejected answer."""

    chosen: Tensor
    rejected: Tensor


def sigmoid(
    policy: Pairs, reference: Pairs, *, beta: float = 0.1, label_smoothing: float = 0.0
) -> LossOutput:
    """Direct preference optimisation, arXiv:2305.18290, equation 7; with smoothing the conservative form.

    Args:
        policy: By the model.
        reference: By the reference.
        beta: How strongly the reference holds.
        label_smoothing: Share of pairs assumed to be labelled the wrong way round.
    """
    chosen = policy.chosen - reference.chosen
    rejected = policy.rejected - reference.rejected
    logits = beta * (chosen - rejected)
    losses = -(1 - label_smoothing) * logsigmoid(logits) - label_smoothing * logsigmoid(-logits)
    with torch.no_grad():
        metrics = {
            "rewards/chosen": beta * chosen,
            "rewards/rejected": beta * rejected,
            "rewards/accuracies": (logits > 0).float(),
            "rewards/margins": logits,
            "logps/chosen": policy.chosen,
            "logps/rejected": policy.rejected,
        }
    return LossOutput(losses.sum(), len(losses), metrics)
