"""Attention over a packed batch: every answer sees its prompt and itself, nothing sees another row.

One function stands in the registry of transformers under `NAME`. It reads the layout of the batch from the keyword
`packed`, which models hand down to their attention, and calls the backend that the device has.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention as sdpa

from tilth.errors import UserError
from tilth.train.batches.packed import Group, Packed

NAME = "tilth_packed"

_MASK_WASTE = 2.0
# One call with a mask computes what the mask then hides; up to this factor it is quicker than a call per answer.


@dataclass(frozen=True, slots=True)
class Options:
    """What a layer asks of its attention."""

    scaling: float | None
    dropout: float
    window: int | None
    """A token sees this many positions back, itself included; None: all of them."""


Backend = Callable[[Tensor, Tensor, Tensor, Packed, Options], Tensor]
"""(queries [1, H, T, D], keys and values [1, K, T, D], batch, options) -> [1, H, T, D]."""


def segments(query: Tensor, key: Tensor, value: Tensor, packed: Packed, options: Options) -> Tensor:
    """One call for each row, or for each answer where several long ones share a prompt: runs everywhere."""
    repeats = query.shape[1] // key.shape[1]
    if repeats > 1:
        key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
    lengths = [group.end - group.start for group in packed.groups]
    rows = zip(
        packed.groups, query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2), strict=True
    )
    pieces = [_row(group, one, its_key, its_value, options) for group, one, its_key, its_value in rows]
    return torch.cat(pieces, 2)


def _row(group: Group, query: Tensor, key: Tensor, value: Tensor, options: Options) -> Tensor:
    total = group.end - group.start
    is_windowed = options.window is not None and total > options.window
    if len(group.answer_ends) <= 1 and not is_windowed:
        return sdpa(query, key, value, is_causal=True, dropout_p=options.dropout, scale=options.scaling)
    prompt = group.prompt_end - group.start
    answers = [end - start for start, end in group.answers]
    needed = prompt * prompt / 2 + sum(length * (prompt + length / 2) for length in answers)
    if is_windowed or total * total <= 2 * _MASK_WASTE * needed:
        mask = visible(group, options.window, query.device)
        return sdpa(query, key, value, attn_mask=mask, dropout_p=options.dropout, scale=options.scaling)
    return _by_answer([prompt, *answers], query, key, value, options)


def _by_answer(lengths: list[int], query: Tensor, key: Tensor, value: Tensor, options: Options) -> Tensor:
    queries, keys, values = query.split(lengths, 2), key.split(lengths, 2), value.split(lengths, 2)
    found = []
    for index, length in enumerate(lengths):
        if not length:
            continue
        if not index or not lengths[0]:
            pieces: dict[str, Any] = {"key": keys[index], "value": values[index], "is_causal": True}
        else:
            pieces = {
                "key": torch.cat([keys[0], keys[index]], 2),
                "value": torch.cat([values[0], values[index]], 2),
                "attn_mask": _after(length, lengths[0], query.device),
            }
        found.append(sdpa(queries[index], dropout_p=options.dropout, scale=options.scaling, **pieces))
    return torch.cat(found, 2)


def _after(length: int, before: int, device: torch.device) -> Tensor:
    """Who sees whom where an answer stands behind so many tokens, [length, before + length]."""
    return torch.ones(length, before + length, dtype=torch.bool, device=device).tril(before)


def visible(group: Group, window: int | None, device: torch.device) -> Tensor:
    """Who sees whom in one row, [tokens, tokens]."""
    prompt = group.prompt_end - group.start
    lengths = [end - start for start, end in group.answers]
    whose = torch.repeat_interleave(torch.tensor([prompt, *lengths])).to(device)
    mask = ((whose[:, None] == whose) | (whose == 0)).tril()
    if window is not None:
        starts = torch.tensor([0, *(prompt for _ in lengths)])
        place = torch.cat([torch.arange(n) + s for n, s in zip([prompt, *lengths], starts, strict=True)]).to(
            device
        )
        mask &= place[:, None] - place < window
    return mask


def varlen(query: Tensor, key: Tensor, value: Tensor, packed: Packed, options: Options) -> Tensor:
    """One call of torch's variable-length kernel (FlashAttention): CUDA, half precision.

    The keys of a prompt are repeated before each of its answers, which costs a copy and no arithmetic.
    """
    from torch.nn.attention.varlen import varlen_attn

    order, ends, key_ends = key_order(packed)
    keys, values = (one[0].transpose(0, 1)[order] for one in (key, value))
    found = varlen_attn(
        query[0].transpose(0, 1).contiguous(),
        keys.contiguous(),
        values.contiguous(),
        ends,
        key_ends,
        int(ends.diff().max()),
        int(key_ends.diff().max()),
        scale=options.scaling,
        # Both bounds count the tokens beside the one that looks.
        window_size=(-1 if options.window is None else options.window - 1, 0),
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return found.transpose(0, 1)[None]


def key_order(packed: Packed) -> tuple[Tensor, Tensor, Tensor]:
    """Keys for a variable-length kernel, whose causal mask is aligned at the end.

    Returns:
        Which key stands where, [K]; the bounds of the segments of queries, and of keys, [S + 1] each.
    """
    order: list[int] = []
    ends, key_ends = [0], [0]
    for group in packed.groups:
        bounds = [(group.start, group.prompt_end, 0)]
        bounds += [(start, end, group.prompt_end - group.start) for start, end in group.answers]
        for start, end, before in bounds:
            if end == start:
                continue
            order.extend(range(group.start, group.start + before))
            order.extend(range(start, end))
            ends.append(end)
            key_ends.append(len(order))
    device = packed.ids.device
    return (
        torch.tensor(order, device=device),
        torch.tensor(ends, dtype=torch.int32, device=device),
        torch.tensor(key_ends, dtype=torch.int32, device=device),
    )


def flex(query: Tensor, key: Tensor, value: Tensor, packed: Packed, options: Options) -> Tensor:
    """Compiled block-sparse attention (FlexAttention): CUDA, any precision."""
    from torch.nn.attention.flex_attention import create_block_mask

    rows, parts = row_and_part(packed)
    places = packed.positions[0]
    window = options.window

    def sees(batch: Tensor, head: Tensor, to: Tensor, at: Tensor) -> Tensor:
        is_own = (rows[to] == rows[at]) & ((parts[at] == 0) | (parts[to] == parts[at])) & (to >= at)
        return is_own if window is None else is_own & (places[to] - places[at] < window)

    size = packed.num_tokens
    mask = create_block_mask(sees, None, None, size, size, device=str(query.device))
    is_grouped = query.shape[1] != key.shape[1]
    found = _compiled_flex()(query, key, value, block_mask=mask, scale=options.scaling, enable_gqa=is_grouped)
    return found


def row_and_part(packed: Packed) -> tuple[Tensor, Tensor]:
    """Row of each token, and its part there: 0 is the prompt, then the answers, [T] each."""
    lengths = [
        [group.prompt_end - group.start, *(end - start for start, end in group.answers)]
        for group in packed.groups
    ]
    rows = [row for row, group in enumerate(lengths) for _ in range(sum(group))]
    parts = [part for group in lengths for part, length in enumerate(group) for _ in range(length)]
    return torch.tensor(rows, device=packed.ids.device), torch.tensor(parts, device=packed.ids.device)


@cache
def _compiled_flex() -> Callable[..., Any]:
    from torch.nn.attention.flex_attention import flex_attention

    # Dynamic: a new length must not compile anew.
    return torch.compile(flex_attention, dynamic=True)


BACKENDS: dict[str, Backend] = {"segments": segments, "varlen": varlen, "flex": flex}


def choose(device: torch.device, dtype: torch.dtype, dropout: float) -> Backend:
    """The quickest backend that can train there: the compiled ones know neither CPUs nor dropout."""
    if device.type != "cuda" or dropout:
        return segments
    return varlen if dtype in (torch.float16, torch.bfloat16) else flex


def attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    packed: Packed | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """The function that transformers' layers call; without a packed batch it is their own SDPA.

    Raises:
        UserError: The layer asks for what packed attention cannot do.
    """
    if packed is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        found, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **others
        )
        return found, None
    asked = [name for name in ("softcap", "s_aux", "position_bias") if others.get(name) is not None]
    if asked:
        raise UserError(
            f"the attention of {type(module).__name__} needs `{asked[0]}`, which packed attention does not do",
            hint="train a model without it",
        )
    backend = choose(query.device, query.dtype, dropout)
    options = Options(scaling, dropout, sliding_window)
    return backend(query, key, value, packed, options).transpose(1, 2).contiguous(), None


def register() -> None:
    """Make `attn_implementation="tilth_packed"` known to transformers."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
