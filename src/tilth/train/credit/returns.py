"""Generalised advantage estimation: what each token was worth, from rewards and values along an answer."""

import torch
from torch import Tensor


def gae(
    rewards: Tensor,
    values: Tensor,
    owners: Tensor,
    last_values: Tensor,
    *,
    gamma: float = 1.0,
    lam: float = 0.95,
) -> tuple[Tensor, Tensor]:
    """Advantages and returns, arXiv:1506.02438, equation 16.

    Args:
        rewards: Of each trained token, answers one behind the other, [N].
        values: What the value model expected before each of them, [N].
        owners: Answer of each token, not decreasing, [N].
        last_values: Value behind the last token of each answer, [A]: 0 where it ended by itself, what the value model
            expects where it was cut.
        gamma: What a reward one token later is worth.
        lam: 0 trusts the values, 1 the rewards.

    Returns:
        Advantages, and advantages plus values, [N] each.
    """
    found = torch.zeros_like(values)
    ahead = values.new_zeros(())
    for at in range(len(rewards) - 1, -1, -1):
        is_last = at + 1 == len(rewards) or bool(owners[at + 1] != owners[at])
        if is_last:
            ahead, after = values.new_zeros(()), last_values[owners[at]]
        else:
            after = values[at + 1]
        ahead = rewards[at] + gamma * after - values[at] + gamma * lam * ahead
        found[at] = ahead
    return found, found + values


def at_ends(scores: Tensor, owners: Tensor, per_token: Tensor) -> Tensor:
    """Rewards of tokens: what each has of its own, and the score of the whole answer at its last.

    Args:
        scores: Of answers, [A]; NaN counts as 0.
        owners: Answer of each token, not decreasing, [N].
        per_token: Such as a penalty for leaving the reference, [N].
    """
    found = per_token.clone()
    if len(owners):
        is_last = torch.cat([owners[1:] != owners[:-1], owners.new_ones(1, dtype=torch.bool)])
        found[is_last] += scores.nan_to_num(0.0)[owners[is_last]]
    return found


def whitened(values: Tensor, *, shift_mean: bool = True) -> Tensor:
    """Values with a spread of 1 and, unless they keep it, a mean of 0."""
    if len(values) < 2:
        return values
    mean = values.mean()
    scaled = (values - mean) * torch.rsqrt(values.var() + 1e-8)
    return scaled if shift_mean else scaled + mean
