"""From rewards of answers to advantages: what an answer was worth beside the others to the same prompt.

A reward that is NaN was not judged: it enters no mean, and its advantage is 0. Groups are told by number, so that their
sizes may differ and their members may lie anywhere; advantages never are NaN.
"""

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from tilth.errors import UserError

_EPSILON = 1e-4
# Added to a spread before dividing by it, as TRL does.

_EQUAL = 1e-7
# Rewards that differ by less than this share of their size differ by rounding.


def group_relative(rewards: Tensor, groups: Tensor, *, scale: str = "group") -> Tensor:
    """GRPO, arXiv:2402.03300, section 4.1.2: the reward less the mean of its group.

    Args:
        rewards: Of all answers, [A].
        groups: Number of each answer's prompt, [A].
        scale: Divide by the spread of the `group`, of the whole `batch`, or by nothing (`none`: Dr.GRPO,
            arXiv:2503.20783).

    Returns:
        Advantages, [A]; 0 in groups of one, or whose rewards are all equal.
    """
    values, seen, index = _judged(rewards, groups)
    count, mean = _means(values, seen, index)
    centred = torch.where(seen, values - mean[index], 0.0)
    if scale == "none":
        return _zero_where_equal(centred, values, index, seen).to(rewards.dtype)
    if scale == "batch":
        spread = _spread(values[seen]).expand_as(values)
    elif scale == "group":
        spread = _group_spread(centred, count, index)
    else:
        raise UserError(f"`scale_rewards` is `{scale}`", hint="group, batch or none")
    return (_zero_where_equal(centred, values, index, seen) / (spread + _EPSILON)).to(rewards.dtype)


def leave_one_out(rewards: Tensor, groups: Tensor) -> Tensor:
    """RLOO, arXiv:2402.14740, equation 8: the reward less the mean of the others in its group.

    Args:
        rewards: Of all answers, [A].
        groups: Number of each answer's prompt, [A].

    Returns:
        Advantages, [A]; 0 for an answer without others.
    """
    values, seen, index = _judged(rewards, groups)
    count, mean = _means(values, seen, index)
    # r - (sum - r) / (n - 1) = (r - mean) * n / (n - 1)
    factor = count / (count - 1).clamp_min(1)
    found = torch.where(seen & (count > 1)[index], (values - mean[index]) * factor[index], 0.0)
    return _zero_where_equal(found, values, index, seen).to(rewards.dtype)


def batch_relative(rewards: Tensor, groups: Tensor, *, with_baseline: bool = False) -> Tensor:
    """REINFORCE++, arXiv:2501.03262, section 3: standardised over the whole batch.

    Args:
        rewards: Of all answers, [A].
        groups: Number of each answer's prompt, [A].
        with_baseline: First take the mean of its group from each reward.
    """
    values, seen, index = _judged(rewards, groups)
    if with_baseline:
        _, mean = _means(values, seen, index)
        values = _zero_where_equal(torch.where(seen, values - mean[index], 0.0), values, index, seen)
    return _standard(values, seen).to(rewards.dtype)


def maximum_likelihood(rewards: Tensor, groups: Tensor) -> Tensor:
    """MaxRL, arXiv:2602.02710: the reward less the mean of its group, by that mean.

    With rewards of 0 and 1 its expectation is the gradient of a truncated series of log p, the likelihood of success:
    hard prompts weigh more than under GRPO. Groups without success give 0.

    Args:
        rewards: Of all answers, not below 0, [A].
        groups: Number of each answer's prompt, [A].
    """
    values, seen, index = _judged(rewards, groups)
    _, mean = _means(values, seen, index)
    has_any = (mean > 0)[index] & seen
    found = torch.where(has_any, (values - mean[index]) / mean[index].clamp_min(1e-12), 0.0)
    return _zero_where_equal(found, values, index, seen).to(rewards.dtype)


def normalise_then_sum(parts: Tensor, weights: Tensor, groups: Tensor) -> Tensor:
    """GDPO, arXiv:2601.05242: each reward is standardised in its group, then they are summed, then the batch is.

    Args:
        parts: What each reward function said, [A, F].
        weights: Of the functions, [F].
        groups: Number of each answer's prompt, [A].
    """
    each = torch.stack([group_relative(part, groups) for part in parts.double().unbind(1)], 1)
    seen = ~parts.isnan().all(1)
    return _standard(torch.where(seen, (each * weights.double()).sum(1), 0.0), seen).to(parts.dtype)


def standardised(advantages: Tensor, seen: Tensor) -> Tensor:
    """Advantages less their mean, by their spread, over those that were judged; 0 for the others, [A]."""
    return _standard(advantages.double(), seen).to(advantages.dtype)


ESTIMATORS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "group": partial(group_relative, scale="group"),
    "batch": partial(group_relative, scale="batch"),
    "none": partial(group_relative, scale="none"),
    "leave_one_out": leave_one_out,
    "reinforce_plus_plus": batch_relative,
    "reinforce_plus_plus_baseline": partial(batch_relative, with_baseline=True),
    "max_rl": maximum_likelihood,
}
"""Name -> advantages [A] from rewards [A] and groups [A]. `group`, `batch` and `none` are TRL's `scale_rewards`."""


def without_spread(rewards: Tensor, groups: Tensor) -> Tensor:
    """Which answers' groups teach nothing, since all their rewards are equal or none was given, [A]."""
    values, seen, index = _judged(rewards, groups)
    return _is_flat(values, index, seen)[index]


def _judged(rewards: Tensor, groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rewards in double precision, which of them are there, and groups counted from 0, [A] each."""
    seen = ~rewards.isnan()
    _, index = groups.unique(return_inverse=True)
    return torch.where(seen, rewards, 0.0).double(), seen, index


def _means(values: Tensor, seen: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
    """How many were judged in each group, and the mean of those, [G] each."""
    zeros = values.new_zeros(int(index.max()) + 1 if len(index) else 0)
    count = zeros.index_add(0, index, seen.double())
    total = zeros.index_add(0, index, torch.where(seen, values, 0.0))
    return count, total / count.clamp_min(1)


def _group_spread(centred: Tensor, count: Tensor, index: Tensor) -> Tensor:
    squares = torch.zeros_like(count).index_add(0, index, centred**2)
    return (squares / (count - 1).clamp_min(1)).sqrt()[index]


def _spread(values: Tensor) -> Tensor:
    """Standard deviation, unbiased; 0 of one value."""
    return values.std() if len(values) > 1 else values.new_zeros(())


def _standard(values: Tensor, seen: Tensor) -> Tensor:
    judged = values[seen]
    if not len(judged):
        return torch.zeros_like(values)
    spread = _spread(judged)
    if spread <= _EQUAL * judged.abs().max():
        return torch.zeros_like(values)
    return torch.where(seen, (values - judged.mean()) / (spread + _EPSILON), 0.0)


def _is_flat(values: Tensor, index: Tensor, seen: Tensor) -> Tensor:
    """Whether all that was judged in a group is equal, [G]."""
    size = int(index.max()) + 1 if len(index) else 0
    low = values.new_full((size,), torch.inf).scatter_reduce(
        0, index, torch.where(seen, values, torch.inf), "amin"
    )
    high = values.new_full((size,), -torch.inf).scatter_reduce(
        0, index, torch.where(seen, values, -torch.inf), "amax"
    )
    return ~(high - low > _EQUAL * torch.maximum(low.abs(), high.abs()))


def _zero_where_equal(found: Tensor, values: Tensor, index: Tensor, seen: Tensor) -> Tensor:
    """Advantages, without what rounding left of a difference of equal rewards."""
    return torch.where(_is_flat(values, index, seen)[index], 0.0, found)
