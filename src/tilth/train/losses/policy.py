"""Losses of the GRPO family: pure functions of packed per-token log-probabilities.

Each is a surrogate for every token and a way to add them up; what the sum is divided by is counted over the whole
global batch, so that no loss depends on how the batch was split.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from tilth.errors import UserError
from tilth.train.losses.output import LossOutput
from tilth.train.losses.ratios import answer_means, answer_sums, divergence, log_ratios

_LARGEST_LOG = 20.0
_SMALLEST_LOG = -18.420680743952367  # log(1e-8)


@dataclass(frozen=True, slots=True)
class Surrogate:
    """What shapes the loss of a token.

    Attributes:
        loss_type: A name of `LOSS_TYPES`.
        level: `token`, or `sequence` (GSPO).
        epsilon: How far below 1 a ratio may go.
        epsilon_high: How far above 1 (clip-higher, DAPO); for `cispo` the ceiling of the ratio itself.
        delta: Ceiling of the ratio where the advantage is negative too (INTELLECT-2, arXiv:2505.07291).
        temperatures: Of `sapo`, for positive and for other advantages.
        shapes: Of `vespo`: k and lambda for advantages not below 0, and k and lambda for the others.
        max_tokens: Of an answer, the constant length that `dr_grpo` divides by.
        beta: How strongly the reference holds, in the loss.
        kl_estimator: `k2` or `k3`; see `ratios.divergence`.
        bias_correction: Weigh the divergence by the importance ratio.
    """

    loss_type: str = "dapo"
    level: str = "token"
    epsilon: float = 0.2
    epsilon_high: float = 0.2
    delta: float | None = None
    temperatures: tuple[float, float] = (1.0, 1.05)
    shapes: tuple[float, float, float, float] = (2.0, 3.0, 3.0, 2.0)
    max_tokens: int = 512
    beta: float = 0.0
    kl_estimator: str = "k3"
    bias_correction: bool = True


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a loss sees of the trained tokens; log-probabilities [N], of A answers."""

    logps: Tensor
    """By the model, with a gradient."""
    old: Tensor
    """By the model that the answers came from."""
    advantages: Tensor
    owners: Tensor
    """Answer of each token, not decreasing."""
    num_answers: int
    correction: Tensor | None = None
    """Weights for what the sampler saw otherwise; see `ratios.correction`."""
    keep: Tensor | None = None
    """Tokens whose policy term counts; None: all."""
    reference: Tensor | None = None
    """By the reference."""


def clipped(seen: Tokens, ratios: Tensor, how: Surrogate) -> Tensor:
    """PPO's pessimistic minimum, arXiv:1707.06347, equation 7, with bounds of their own below and above."""
    bounded = ratios.clamp(1 - how.epsilon, 1 + how.epsilon_high)
    free = ratios if how.delta is None else ratios.clamp(max=how.delta)
    return -torch.min(free * seen.advantages, bounded * seen.advantages)


def cispo(seen: Tokens, ratios: Tensor, how: Surrogate) -> Tensor:
    """MiniMax-M1, arXiv:2506.13585, equation 4: the ratio is a weight with a ceiling; every token has a gradient."""
    return -ratios.detach().clamp(max=how.epsilon_high) * seen.advantages * seen.logps


def sapo(seen: Tokens, ratios: Tensor, how: Surrogate) -> Tensor:
    """Soft adaptive policy optimisation, arXiv:2511.20347: a sigmoid gate around a ratio of 1 instead of a clip."""
    temperature = torch.where(seen.advantages > 0, *how.temperatures)
    return -torch.sigmoid(temperature * (ratios - 1)) * 4 / temperature * seen.advantages


def vespo(seen: Tokens, ratios: Tensor, how: Surrogate) -> Tensor:
    """VESPO, arXiv:2602.10693: a gamma weight of the whole answer's ratio, largest near 1.

    The weight is w^k * exp(lambda * (1 - w)); the sampler's correction enters w itself.
    """
    logs = answer_sums(
        (seen.logps - seen.old).detach().clamp(-_LARGEST_LOG, _LARGEST_LOG), seen.owners, seen.num_answers
    )
    if seen.correction is not None:
        extra = seen.correction.log().clamp(_SMALLEST_LOG, _LARGEST_LOG)
        logs = logs + answer_sums(extra, seen.owners, seen.num_answers)
    logs = logs.clamp(_SMALLEST_LOG, _LARGEST_LOG)[seen.owners]
    k_up, lambda_up, k_down, lambda_down = how.shapes
    is_up = seen.advantages >= 0
    k, lam = torch.where(is_up, k_up, k_down), torch.where(is_up, lambda_up, lambda_down)
    weight = (lam + k * logs - lam * logs.exp()).exp()
    return -weight * seen.advantages * seen.logps


_SURROGATES: Mapping[str, Callable[[Tokens, Tensor, Surrogate], Tensor]] = {
    "grpo": clipped,
    "bnpo": clipped,
    "dr_grpo": clipped,
    "dapo": clipped,
    "luspo": clipped,
    "cispo": cispo,
    "sapo": sapo,
    "vespo": vespo,
}

LOSS_TYPES = tuple(_SURROGATES)
"""grpo: mean over the tokens of an answer, then over answers. bnpo, dapo: mean over all tokens. dr_grpo: sum over the
tokens by a constant length. luspo: sum over the tokens of an answer, mean over answers. cispo, sapo, vespo: other ways
to bound the ratio."""

PER_TOKEN = frozenset({"bnpo", "dapo", "cispo", "vespo"})
"""Losses that are divided by the number of trained tokens; the others by the number of answers."""

_OF_MEANS = frozenset({"grpo", "sapo"})


def policy(seen: Tokens, how: Surrogate) -> LossOutput:
    """The sum of a loss of the family over a batch.

    The divergence from the reference is added behind the sampler's correction, as in TRL: it is not weighted by it.

    Returns:
        A sum over tokens for losses of `PER_TOKEN`, over answers for the others.
    """
    logs = log_ratios(seen.logps, seen.old, seen.owners, seen.num_answers, how.level)
    ratios = logs.exp()
    losses = _SURROGATES[how.loss_type](seen, ratios, how)
    if seen.keep is not None:
        losses = losses * seen.keep
    if seen.correction is not None and how.loss_type != "vespo":
        losses = losses * seen.correction
    metrics = clip_metrics(ratios.detach(), seen, how)
    if how.beta and seen.reference is not None:
        away = divergence(seen.logps, seen.reference, how.kl_estimator)
        weight = ratios if how.bias_correction and how.kl_estimator == "k3" else 1.0
        losses = losses + how.beta * away * weight
        metrics["kl"] = away.detach()
    return LossOutput(_total(losses, seen, how), _count(seen, how), metrics)


def sequence_clipped(seen: Tokens, how: Surrogate) -> LossOutput:
    """RLOO as TRL trains it: the ratio of whole answers, clipped as in PPO; a sum over answers.

    Advantages are those of the answers, repeated for each of their tokens.
    """
    logs = answer_sums(seen.logps - seen.old, seen.owners, seen.num_answers)
    ratios = logs.exp()
    firsts = answer_means(seen.advantages, seen.owners, seen.num_answers)
    bounded = ratios.clamp(1 - how.epsilon, 1 + how.epsilon_high)
    losses = -torch.min(ratios * firsts, bounded * firsts)
    if seen.correction is not None:
        losses = losses * answer_means(seen.correction, seen.owners, seen.num_answers)
    answers = Tokens(logs, logs, firsts, torch.arange(seen.num_answers), seen.num_answers)
    return LossOutput(losses.sum(), seen.num_answers, clip_metrics(ratios.detach(), answers, how))


def values(expected: Tensor, before: Tensor, returns: Tensor, *, clip: float = 0.2) -> LossOutput:
    """PPO's value loss, half the larger squared error of the value and of the value clipped, [N] each.

    Args:
        expected: By the value model, with a gradient.
        before: What it expected when the answers were sampled.
        returns: What came.
        clip: How far the value may move from what it was.
    """
    near = before + (expected - before).clamp(-clip, clip)
    errors, near_errors = (expected - returns) ** 2, (near - returns) ** 2
    metrics = {"value/clip_ratio": (near_errors > errors).float(), "value/error": errors.detach()}
    return LossOutput(0.5 * torch.max(errors, near_errors).sum(), len(expected), metrics)


def far_off(seen: Tokens, sampler: Tensor, threshold: float) -> Tensor:
    """Tokens to keep, [N]: those of answers that did well, or that the model would still give (DeepSeek-V3.2).

    Args:
        seen: The tokens.
        sampler: Log-probabilities when they were sampled, [N].
        threshold: Largest mean of log(sampler / model) of an answer with a negative advantage.
    """
    gap = (sampler - seen.logps.detach()).nan_to_num(0.0)
    means = answer_means(gap, seen.owners, seen.num_answers)[seen.owners]
    return ((seen.advantages >= 0) | (means <= threshold)).to(gap.dtype)


def clip_metrics(ratios: Tensor, seen: Tokens, how: Surrogate) -> dict[str, Tensor]:
    """Where a ratio [N] is out of bounds in the direction that a loss stops, as numbers of 0 and 1."""
    high = how.epsilon_high if how.loss_type == "cispo" else 1 + how.epsilon_high
    is_low = (ratios < 1 - how.epsilon) & (seen.advantages < 0)
    is_high = (ratios > high) & (seen.advantages > 0)
    if how.loss_type == "cispo":
        return {"cispo_clip_ratio": is_high.float(), "ratio": ratios}
    return {
        "clip_ratio/low_mean": is_low.float(),
        "clip_ratio/high_mean": is_high.float(),
        "clip_ratio/region_mean": (is_low | is_high).float(),
        "ratio": ratios,
    }


def _total(losses: Tensor, seen: Tokens, how: Surrogate) -> Tensor:
    if how.loss_type in _OF_MEANS:
        return answer_means(losses, seen.owners, seen.num_answers).sum()
    return losses.sum() / how.max_tokens if how.loss_type == "dr_grpo" else losses.sum()


def _count(seen: Tokens, how: Surrogate) -> int:
    return len(seen.logps) if how.loss_type in PER_TOKEN else seen.num_answers


def check(how: Surrogate) -> None:
    """Whether a surrogate is one that can learn.

    Raises:
        UserError: It is not; says why.
    """
    if how.loss_type not in LOSS_TYPES:
        raise UserError(f"`loss_type` is `{how.loss_type}`", hint=f"one of {', '.join(LOSS_TYPES)}")
    if how.level not in ("token", "sequence"):
        raise UserError(f"`importance_sampling_level` is `{how.level}`", hint="token or sequence")
    if how.loss_type == "cispo" and how.epsilon_high < 1:
        raise UserError(
            f"`epsilon_high` is {how.epsilon_high}, and for `cispo` that is the ceiling of the ratio itself: it would"
            " clamp even the ratio of 1 that answers of this very model have",
            hint="leave it out, or set it above 1, such as 5.0",
        )
    if how.loss_type == "luspo" and how.level != "sequence":
        raise UserError(
            "`luspo` is defined on the ratio of whole answers",
            hint="set `importance_sampling_level` to sequence",
        )
    if how.delta is not None and how.delta <= 1 + how.epsilon_high:
        raise UserError(f"`delta` is {how.delta}, not above 1 + `epsilon_high`", hint="such as 4.0")
