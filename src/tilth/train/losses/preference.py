"""Losses on pairs with a reference: scores of both answers in, a loss for each pair out.

In all of them s is a score: f'(p / p_reference) of an answer, which for the reverse KL is log p - log p_reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import log, log1p

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from tilth.train.losses.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Measured:
    """What the losses on pairs read."""

    scores: Pairs
    """s of each answer, under the divergence."""
    ratios: Pairs
    """Summed log-ratios, whatever the divergence."""
    policy: Pairs
    """Summed log-probabilities by the model."""
    reference: Pairs
    lengths: Pairs
    """Trained tokens of each answer."""
    beta: float = 0.1
    label_smoothing: float = 0.0
    discopop_tau: float = 0.05
    shift: float = 0.0
    """Mean reward so far (`bco_pair`)."""


def sigmoid(seen: Measured) -> Tensor:
    """Direct preference optimisation, arXiv:2305.18290, equation 7; with smoothing its conservative form (cDPO)."""
    return _logistic(seen.beta * seen.scores.margin, seen.label_smoothing)


def sigmoid_norm(seen: Measured) -> Tensor:
    """`sigmoid` on means over tokens."""
    return _logistic(seen.beta * seen.scores.per(seen.lengths).margin, seen.label_smoothing)


def hinge(seen: Measured) -> Tensor:
    """Sequence likelihood calibration with a reference: arXiv:2309.06657, arXiv:2305.10425."""
    return relu(1 - seen.beta * seen.scores.margin)


def ipo(seen: Measured) -> Tensor:
    """Identity preference optimisation, arXiv:2310.12036, equation 17, on means over tokens."""
    target: Tensor = seen.scores.per(seen.lengths).margin - 1 / (2 * seen.beta)
    return target**2


def exo_pair(seen: Measured) -> Tensor:
    """Efficient exact optimisation, arXiv:2402.00856, equation 16: reverse KL to the smoothed label, smoothing > 0."""
    logits = seen.beta * seen.scores.margin
    wrong = seen.label_smoothing
    return torch.sigmoid(logits) * (logsigmoid(logits) - log1p(-wrong)) + torch.sigmoid(-logits) * (
        logsigmoid(-logits) - log(wrong)
    )


def nca_pair(seen: Measured) -> Tensor:
    """Noise contrastive alignment, arXiv:2402.05369, for two answers."""
    rewards = seen.ratios.map(lambda ratio: seen.beta * ratio)
    held = logsigmoid(-rewards.chosen) + logsigmoid(-rewards.rejected)
    return -logsigmoid(rewards.chosen) - 0.5 * held


def robust(seen: Measured) -> Tensor:
    """Unbiased where a share of the labels (the smoothing, below 0.5) is flipped: arXiv:2403.00409."""
    logits = seen.beta * seen.scores.margin
    wrong = seen.label_smoothing
    return (-(1 - wrong) * logsigmoid(logits) + wrong * logsigmoid(-logits)) / (1 - 2 * wrong)


def bco_pair(seen: Measured) -> Tensor:
    """Binary classifier optimisation, arXiv:2404.04656, both answers of a pair at once."""
    rewards = seen.ratios.map(lambda ratio: seen.beta * ratio - seen.shift)
    return -logsigmoid(rewards.chosen) - logsigmoid(-rewards.rejected)


def sppo_hard(seen: Measured) -> Tensor:
    """Self-play preference optimisation, arXiv:2405.00675, equation 4.7, where the chosen answer wins for certain."""
    target = 1 / (2 * seen.beta)
    loss: Tensor = (seen.ratios.chosen - target) ** 2 + (seen.ratios.rejected + target) ** 2
    return loss


def aot(seen: Measured) -> Tensor:
    """Alignment by optimal transport, arXiv:2406.05882, paired: margins of model and reference matched by rank.

    The ranks are those of the pairs that are given together, so it depends on which pairs share a batch.
    """
    margins = seen.policy.margin.sort().values - seen.reference.margin.sort().values
    return _logistic(seen.beta * margins, seen.label_smoothing)


def aot_unpaired(seen: Measured) -> Tensor:
    """Alignment by optimal transport, arXiv:2406.05882, unpaired: chosen and rejected matched by rank; see `aot`."""
    margins = seen.ratios.chosen.sort().values - seen.ratios.rejected.sort().values
    return _logistic(seen.beta * margins, seen.label_smoothing)


def apo_zero(seen: Measured) -> Tensor:
    """Anchored preference optimisation, arXiv:2408.06266, equation 7: chosen up, rejected down."""
    return torch.sigmoid(-seen.beta * seen.ratios.chosen) + torch.sigmoid(seen.beta * seen.ratios.rejected)


def apo_down(seen: Measured) -> Tensor:
    """Anchored preference optimisation, arXiv:2408.06266, equation 8: both down, rejected more."""
    return torch.sigmoid(seen.beta * seen.ratios.chosen) + torch.sigmoid(-seen.beta * seen.ratios.margin)


def discopop(seen: Measured) -> Tensor:
    """Log-ratio modulated loss, arXiv:2406.08414, equation 5: logistic and exponential, mixed by the margin itself."""
    logits = seen.beta * seen.scores.margin
    share = torch.sigmoid(logits / seen.discopop_tau)
    return -(1 - share) * logsigmoid(logits) + share * torch.exp(-logits)


PAIR_LOSSES: Mapping[str, Callable[[Measured], Tensor]] = {
    "sigmoid": sigmoid,
    "hinge": hinge,
    "ipo": ipo,
    "exo_pair": exo_pair,
    "nca_pair": nca_pair,
    "robust": robust,
    "bco_pair": bco_pair,
    "sppo_hard": sppo_hard,
    "aot": aot,
    "aot_unpaired": aot_unpaired,
    "apo_zero": apo_zero,
    "apo_down": apo_down,
    "discopop": discopop,
    "sigmoid_norm": sigmoid_norm,
}
"""Name -> loss of each pair, [B]. `sft` is the fifteenth: it is a mean over tokens, not over pairs (see `dpo`)."""


def _logistic(logits: Tensor, wrong: float) -> Tensor:
    return -(1 - wrong) * logsigmoid(logits) - wrong * logsigmoid(-logits)
