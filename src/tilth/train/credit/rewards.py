"""One reward of several, where some may not have been given."""

import torch
from torch import Tensor


def weighted(parts: Tensor, weights: Tensor) -> Tensor:
    """The weighted sum of what the functions said.

    Args:
        parts: One column for each function; NaN where it did not judge, [A, F].
        weights: Of the functions, [F].

    Returns:
        [A]: parts that were not given add nothing; NaN where none was.
    """
    total = (parts.nan_to_num(0.0) * weights).sum(1)
    return torch.where(parts.isnan().all(1), torch.nan, total)


def less_divergence(
    rewards: Tensor, policy: Tensor, reference: Tensor, owners: Tensor, beta: float
) -> Tensor:
    """Rewards less the summed log-ratio to the reference (k1): its gradient is that of the reverse KL.

    Args:
        rewards: Of answers, [A].
        policy: Log-probabilities of the trained tokens when they were sampled, [N].
        reference: By the reference, [N].
        owners: Answer of each token, [N].
        beta: How strongly the reference holds.
    """
    ratios = torch.zeros_like(rewards).index_add(0, owners, (policy - reference).to(rewards))
    return rewards - beta * ratios
