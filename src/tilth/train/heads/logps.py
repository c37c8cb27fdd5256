"""Log-probabilities of given tokens and the entropy at each, from hidden states, without the matrix of logits.

The vocabulary is walked in tiles, so that at any time only N x tile logits exist. The gradient of the head is written
tile by tile, once, and that of the hidden states is added up in float32. Where all tiles together fit into a budget,
their exponentials are kept, and the backward pass needs no second product (as in Cut Your Losses, arXiv:2411.09009,
which recomputes always).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

KEEP_BYTES = 256 << 20
"""Exponentials of up to this size are kept for the backward pass; above it they are computed again."""

_TILE_BYTES = 4 << 20
_TILE_BYTES_CUDA = 512 << 20
# A tile that stays in the processor's cache is read again for nothing; a GPU wants large products.

_LOWEST = -1e4
# In place of minus infinity, which times nothing is no number; its exponential is 0 as well.


@dataclass(frozen=True, slots=True)
class Scale:
    """What happens to a logit z on its way: z * factor, then cap * tanh(z / cap), then z / temperature."""

    factor: float = 1.0
    softcap: float | None = None
    temperature: float = 1.0


def token_logps(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    bias: Tensor | None = None,
    *,
    scale: Scale | None = None,
    with_entropy: bool = False,
    with_mean: bool = False,
    trains_entropy: bool = False,
    keep_bytes: int = KEEP_BYTES,
) -> dict[str, Tensor]:
    """Log-probability of each target, and what the distribution it comes from is like.

    Args:
        hidden: Hidden states that predict the targets, [N, H].
        weight: Of the head, [V, H].
        targets: Token ids, [N].
        bias: Of the head, [V].
        scale: How logits are changed before the softmax.
        with_entropy: Also `entropy`, in nats, and `collisions`.
        with_mean: Also `mean_logps`.
        trains_entropy: `entropy` has a gradient.
        keep_bytes: How much may be kept for the backward pass.

    Returns:
        Float32, [N] each. With a gradient: `logps`, of the targets, and `mean_logps`, the mean over the vocabulary.
        Without: `is_top`, whether nothing is likelier; `entropy`; `collisions`, the logarithm of the sum of squares.
    """
    how = _How(
        scale or Scale(),
        with_entropy,
        with_mean,
        with_entropy and trains_entropy,
        keep_bytes,
        _product_type(hidden),
    )
    logps, mean_logps, is_top, entropy, collisions = _TokenLogps.apply(hidden, weight, bias, targets, how)
    found = {"logps": logps, "is_top": is_top}
    if with_entropy:
        found |= {"entropy": entropy, "collisions": collisions}
    return found | ({"mean_logps": mean_logps} if with_mean else {})


@dataclass(frozen=True, slots=True)
class _How:
    scale: Scale
    with_entropy: bool
    with_mean: bool
    trains_entropy: bool
    keep_bytes: int
    dtype: torch.dtype
    """Of the matrix products."""


def _product_type(hidden: Tensor) -> torch.dtype:
    kind = hidden.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype


class _TokenLogps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, how: _How
    ) -> tuple[Tensor, ...]:
        with torch.autocast(hidden.device.type, enabled=False):
            tiles = _Tiles(hidden, weight, bias, how)
            kept: list[Tensor] | None = None
            if any(ctx.needs_input_grad[:3]) and len(hidden) * len(weight) * 4 <= how.keep_bytes:
                kept = []
            seen = _walk(tiles, targets, how, kept)
        log_sums = seen.sums.log()
        log_norm = seen.largest + log_sums
        # H = log Z - E[z], both measured from the largest logit, which keeps the digits.
        entropy = log_sums - seen.weighted / seen.sums
        collisions = seen.squares.log() - 2 * log_sums
        is_top = seen.chosen >= seen.largest
        ctx.save_for_backward(hidden, weight, bias, targets, log_norm, entropy)
        ctx.kept, ctx.how = kept, how
        ctx.mark_non_differentiable(is_top, collisions, *(() if how.trains_entropy else (entropy,)))
        mean_logps = seen.totals / len(weight) - log_norm
        return seen.chosen - log_norm, mean_logps, is_top, entropy, collisions

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor, mean_grad: Tensor, _: Tensor, entropy_grad: Tensor, __: Tensor
    ) -> tuple[Tensor | None, ...]:
        hidden, weight, bias, targets, log_norm, entropy = ctx.saved_tensors
        how: _How = ctx.how
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        with torch.autocast(hidden.device.type, enabled=False):
            tiles = _Tiles(hidden, weight, bias, how)
            grad, mean_grad, entropy_grad = (
                one.float() * (how.scale.factor / how.scale.temperature)
                for one in (grad, mean_grad, entropy_grad)
            )
            both = grad + mean_grad
            d_hidden = torch.zeros_like(hidden, dtype=torch.float32) if needs_hidden else None
            d_weight = torch.empty_like(weight) if needs_weight else None
            d_bias = torch.empty_like(bias) if needs_bias else None
            for number, (start, end) in enumerate(tiles.bounds):
                slope: Tensor | None = None
                if ctx.kept is not None:
                    probs, shift, slope = ctx.kept[number]
                    ctx.kept[number] = None
                    probs.mul_((shift - log_norm).exp_()[:, None])
                else:
                    logits, slope = tiles.logits(start, end)
                    probs = logits.sub_(log_norm[:, None]).exp_()
                # dH/dz = -p (log p + H)
                bent = _bent(probs, entropy, entropy_grad) if how.trains_entropy else None
                probs.mul_(-both[:, None])
                if bent is not None:
                    probs.sub_(bent)
                _add_at(probs, targets, start, end, grad)
                if how.with_mean:
                    probs.add_(mean_grad[:, None], alpha=1 / len(weight))
                if slope is not None:
                    probs.mul_(slope)
                low = probs.to(tiles.hidden.dtype)
                if d_hidden is not None:
                    _add_product(d_hidden, low, tiles.weight(start, end))
                if d_weight is not None:
                    _write_product(d_weight[start:end], low.t(), tiles.hidden)
                if d_bias is not None:
                    d_bias[start:end] = probs.sum(0)
        ctx.kept = None
        return None if d_hidden is None else d_hidden.to(hidden.dtype), d_weight, d_bias, None, None


def _bent(probs: Tensor, entropy: Tensor, grad: Tensor) -> Tensor:
    """Gradient of the entropy by the logits of a tile, with its sign turned, [N, tile]."""
    return (torch.special.xlogy(probs, probs) + probs * entropy[:, None]) * grad[:, None]


class _Tiles:
    """The logits, one tile of the vocabulary at a time."""

    def __init__(self, hidden: Tensor, weight: Tensor, bias: Tensor | None, how: _How) -> None:
        self.hidden, self._weight, self._bias, self._how = hidden.to(how.dtype), weight, bias, how
        budget = _TILE_BYTES_CUDA if hidden.is_cuda else _TILE_BYTES
        # Slices of whole cache lines; a narrow tile would make the products thin.
        width = max(budget // (4 * max(len(hidden), 1)) // 64 * 64, 1024)
        starts = range(0, len(weight), width)
        self.bounds = [(start, min(start + width, len(weight))) for start in starts]

    def weight(self, start: int, end: int) -> Tensor:
        return self._weight[start:end].to(self._how.dtype)

    def logits(self, start: int, end: int) -> tuple[Tensor, Tensor | None]:
        """Scaled logits in float32, [N, end - start], and the slope of the soft cap where there is one."""
        scale = self._how.scale
        logits = _product(self.hidden, self.weight(start, end).t())
        if self._bias is not None:
            logits += self._bias[start:end].float()
        if scale.factor != 1.0:
            logits *= scale.factor
        slope = None
        if scale.softcap is not None:
            logits.div_(scale.softcap).tanh_()
            slope = 1 - logits * logits
            logits *= scale.softcap
        if scale.temperature != 1.0:
            logits /= scale.temperature
        return logits, slope


@dataclass(slots=True)
class _Seen:
    """What a walk through the vocabulary adds up, [N] each; m is the largest logit so far."""

    chosen: Tensor
    """Logit of the target."""
    largest: Tensor
    """m."""
    sums: Tensor
    """Of exp(z - m)."""
    weighted: Tensor
    """Of (z - m) * exp(z - m)."""
    squares: Tensor
    """Of exp(z - m) ** 2."""
    totals: Tensor
    """Of z."""


def _walk(tiles: _Tiles, targets: Tensor, how: _How, kept: list[Any] | None) -> _Seen:
    nothing = torch.zeros(len(targets), dtype=torch.float32, device=targets.device)
    seen = _Seen(nothing, nothing - torch.inf, nothing, nothing, nothing, nothing)
    for start, end in tiles.bounds:
        logits, slope = tiles.logits(start, end)
        local = (targets - start).clamp(0, end - start - 1)
        inside = (targets >= start) & (targets < end)
        seen.chosen = torch.where(inside, logits.gather(1, local[:, None])[:, 0], seen.chosen)
        peak = torch.maximum(seen.largest, logits.amax(1))
        shift = (seen.largest - peak).clamp_min(_LOWEST)
        old = shift.exp()
        if how.with_mean:
            seen.totals = seen.totals + logits.sum(1)
        logits.sub_(peak[:, None])
        if how.with_entropy:
            exps = logits.exp()
            seen.weighted = (seen.weighted + seen.sums * shift) * old + torch.linalg.vecdot(logits, exps)
            seen.squares = seen.squares * old * old + torch.linalg.vecdot(exps, exps)
        else:
            exps = logits.exp_()
        seen.sums = seen.sums * old + exps.sum(1)
        seen.largest = peak
        if kept is not None:
            kept.append((exps, peak, slope))
    return seen


def _add_at(probs: Tensor, targets: Tensor, start: int, end: int, grad: Tensor) -> None:
    """Add the gradient at each target that lies in the tile."""
    inside = (targets >= start) & (targets < end)
    local = (targets - start).clamp_(0, end - start - 1)
    probs.scatter_add_(1, local[:, None], torch.where(inside, grad, 0.0)[:, None])


def _product(left: Tensor, right: Tensor) -> Tensor:
    """Product in float32; a GPU adds up in float32 and need not round in between."""
    if left.is_cuda and left.dtype != torch.float32:
        return torch.mm(left, right, out_dtype=torch.float32)
    return torch.mm(left, right).float()


def _add_product(into: Tensor, left: Tensor, right: Tensor) -> None:
    if left.dtype == torch.float32:
        into.addmm_(left, right)
    else:
        into.add_(_product(left, right))


def _write_product(into: Tensor, left: Tensor, right: Tensor) -> None:
    if into.dtype == left.dtype:
        torch.mm(left, right, out=into)
    else:
        into.copy_(_product(left, right))
