"""Direct preference optimisation: one or several losses on pairs, weighted, under a divergence."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tilth.errors import UserError
from tilth.train.losses.divergences import DIVERGENCES
from tilth.train.losses.output import LossOutput
from tilth.train.losses.pairs import Pairs, pair_metrics
from tilth.train.losses.preference import PAIR_LOSSES, Measured

LOSS_TYPES = (*PAIR_LOSSES, "sft")
_BY_RANK = {"aot", "aot_unpaired"}
_WITH_SCORES = {"sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "robust", "discopop", "sft"}
"""Losses on scores, which a divergence changes; the others are defined on log-ratios."""


def dpo(
    policy: Pairs,
    reference: Pairs,
    lengths: Pairs,
    *,
    loss_type: Sequence[str] = ("sigmoid",),
    loss_weights: Sequence[float] | None = None,
    beta: float = 0.1,
    label_smoothing: float = 0.0,
    f_divergence_type: str = "reverse_kl",
    f_alpha_divergence_coef: float = 0.5,
    discopop_tau: float = 0.05,
    shift: float = 0.0,
    pair_weights: Tensor | None = None,
) -> list[LossOutput]:
    """The sums of a mixture of losses: one over pairs, and one over tokens where `sft` is in it.

    Args:
        policy: Summed log-probabilities [B] by the model.
        reference: By the reference.
        lengths: Trained tokens of each answer, [B].
        loss_type: Names of `LOSS_TYPES`.
        loss_weights: One for each; all 1 by default.
        beta: How strongly the reference holds.
        label_smoothing: Share of pairs assumed to be labelled the wrong way round.
        f_divergence_type: A name of `DIVERGENCES`.
        f_alpha_divergence_coef: Alpha of `alpha_divergence`.
        discopop_tau: Width of the blend in `discopop`.
        shift: Mean reward so far, for `bco_pair`.
        pair_weights: Of each pair, [B], held fixed (WPO).

    Returns:
        Sums in this order: pairs (where a loss of pairs is named), tokens of chosen answers (where `sft` is).
    """
    weights = dict.fromkeys(loss_type, 0.0)
    for name, weight in zip(loss_type, loss_weights or [1.0] * len(loss_type), strict=True):
        weights[name] += weight
    ratios = policy.minus(reference)
    divergence = DIVERGENCES[f_divergence_type]
    scores = ratios.map(lambda ratio: divergence(ratio, f_alpha_divergence_coef))
    seen = Measured(scores, ratios, policy, reference, lengths, beta, label_smoothing, discopop_tau, shift)
    fixed = 1.0 if pair_weights is None else pair_weights.detach()
    found = []
    if any(name != "sft" for name in weights):
        losses = [weight * PAIR_LOSSES[name](seen) for name, weight in weights.items() if name != "sft"]
        total = (torch.stack(losses).sum(0) * fixed).sum()
        found.append(LossOutput(total, len(policy.chosen), pair_metrics(policy, ratios, beta)))
    if "sft" in weights:
        total = -weights["sft"] * (policy.chosen * fixed).sum()
        metrics = {} if found else pair_metrics(policy, ratios, beta)
        found.append(LossOutput(total, lengths.chosen.sum(), metrics))
    return found


def check(
    loss_type: Sequence[str],
    loss_weights: Sequence[float] | None,
    *,
    label_smoothing: float = 0.0,
    f_divergence_type: str = "reverse_kl",
    use_weighting: bool = False,
) -> None:
    """Whether these settings go together, before a model is loaded.

    Raises:
        UserError: They do not; it says which.
    """
    names = set(loss_type)
    if not names or (wrong := sorted(names - set(LOSS_TYPES))):
        what = f"there is no loss `{wrong[0]}`" if names else "`loss_type` is empty"
        raise UserError(what, hint=f"one or more of {', '.join(LOSS_TYPES)}")
    if loss_weights is not None and len(loss_weights) != len(loss_type):
        raise UserError(f"there are {len(loss_type)} losses and {len(loss_weights)} `loss_weights`")
    if f_divergence_type not in DIVERGENCES:
        raise UserError(
            f"there is no divergence `{f_divergence_type}`", hint=f"one of {', '.join(DIVERGENCES)}"
        )
    if f_divergence_type != "reverse_kl" and (others := sorted(names - _WITH_SCORES)):
        raise UserError(
            f"the loss `{others[0]}` is defined for the reverse KL alone, not `{f_divergence_type}`"
        )
    if use_weighting and (ranked := sorted(names & _BY_RANK)):
        raise UserError(
            f"the loss `{ranked[0]}` sorts pairs, so weights (`use_weighting`) would fall on others"
        )
    if "exo_pair" in names and not 0 < label_smoothing < 1:
        raise UserError("the loss `exo_pair` needs a `label_smoothing` between 0 and 1", hint="such as 0.001")
    if "robust" in names and not 0 <= label_smoothing < 0.5:
        raise UserError("the loss `robust` needs a `label_smoothing` below 0.5")


def desensitised(logps: Tensor, lengths: Pairs, alpha: float) -> Pairs:
    """LD-DPO, arXiv:2409.06411: sums in which tokens beyond the shorter answer of a pair count `alpha`.

    Args:
        logps: Of the trained tokens [N], chosen and rejected of the first pair, then of the second, and so on.
        lengths: Trained tokens of each answer, [B].
        alpha: From 0 (such tokens do not count) to 1 (as in DPO).
    """
    sizes = torch.stack([lengths.chosen, lengths.rejected], 1)
    shared = sizes.amin(1, keepdim=True).expand_as(sizes).reshape(-1)
    flat = sizes.reshape(-1)
    answers = torch.repeat_interleave(torch.arange(len(flat), device=logps.device), flat)
    places = torch.arange(len(logps), device=logps.device) - (flat.cumsum(0) - flat)[answers]
    weighted = torch.where(places < shared[answers], logps, alpha * logps)
    sums = logps.new_zeros(len(flat)).index_add(0, answers, weighted).view(-1, 2)
    return Pairs(sums[:, 0], sums[:, 1])


def wpo_weights(policy: Pairs, collisions: Pairs, lengths: Pairs) -> Tensor:
    """Weights of pairs by how likely the model itself writes them, arXiv:2406.11827, equation 2, aligned form.

    Args:
        policy: Summed log-probabilities [B].
        collisions: Summed logarithms of the sum of squared probabilities at each token, [B].
        lengths: Trained tokens of each answer, [B].

    Returns:
        exp of the mean aligned log-probability of chosen times that of rejected, [B], held fixed.
    """
    means = policy.minus(collisions).per(lengths)
    return torch.exp(means.chosen + means.rejected).detach()
