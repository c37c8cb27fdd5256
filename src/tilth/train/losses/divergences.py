"""How far the model may go from the reference, measured by an f-divergence (arXiv:2309.16240).

With t = p / p_reference, the reward of an answer is beta * f'(t) instead of beta * log t.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

_EXPONENT_MAX = 80.0
"""Above it, exp leaves float32."""


def reverse_kl(log_ratios: Tensor, alpha: float = 0.5) -> Tensor:
    """f'(t) = log t (+ 1, which cancels in a pair)."""
    return log_ratios


def forward_kl(log_ratios: Tensor, alpha: float = 0.5) -> Tensor:
    """f'(t) = -1/t (+ 1, so that it is 0 where model and reference agree)."""
    return 1 - torch.exp((-log_ratios).clamp(max=_EXPONENT_MAX))


def js_divergence(log_ratios: Tensor, alpha: float = 0.5) -> Tensor:
    """f'(t) = log(2t / (1 + t))."""
    return math.log(2) + logsigmoid(log_ratios)


def alpha_divergence(log_ratios: Tensor, alpha: float = 0.5) -> Tensor:
    """f'(t) = (t^(alpha - 1) - 1) / (alpha - 1), which becomes log t where alpha is 1."""
    power = alpha - 1
    if abs(power) < 1e-6:
        return log_ratios
    return torch.expm1((power * log_ratios).clamp(max=_EXPONENT_MAX)) / power


DIVERGENCES: Mapping[str, Callable[[Tensor, float], Tensor]] = {
    "reverse_kl": reverse_kl,
    "forward_kl": forward_kl,
    "js_divergence": js_divergence,
    "alpha_divergence": alpha_divergence,
}
"""Name -> score of an answer from its log-ratio (and alpha, which only the last one reads)."""
