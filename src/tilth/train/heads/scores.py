"""The one way from ids to log-probabilities: a model that is `attach`ed answers `model(packed=batch)` with scores."""

from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from tilth.errors import UserError
from tilth.train.batches import attention
from tilth.train.batches.packed import Packed, pack
from tilth.train.heads.logps import Scale, token_logps

Scores = dict[str, Tensor]
"""Of the trained tokens, what `heads.logps.token_logps` gives; or `values` [places, labels] of a model that scores. A
plain dict: the wrappers of DDP, FSDP and autocast look into those."""

_CHUNK_TOKENS = 512


def causal_lm(model: nn.Module) -> nn.Module:
    """The model itself, without an adapter's wrapper around it."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return inner


def attach(model: nn.Module) -> None:
    """Teach a model of transformers to score packed batches; everything else that it does stays as it was.

    Raises:
        UserError: The model mixes tokens in another way than by attention, so that rows cannot be packed exactly.
    """
    inner: Any = causal_lm(model)
    if getattr(inner, "_is_tilth_attached", False):
        return
    _refuse_recurrent(inner)
    attention.register()
    inner.set_attn_implementation(attention.NAME)
    original: Callable[..., Any] = inner.forward

    def forward(self: Any, *args: Any, packed: Packed | None = None, **kwargs: Any) -> Any:
        return original(*args, **kwargs) if packed is None else score(self, packed, **kwargs)

    inner.forward = MethodType(forward, inner)
    inner._is_tilth_attached = True


def score(
    model: Any,
    packed: Packed,
    *,
    temperature: float = 1.0,
    with_entropy: bool = False,
    with_mean: bool = False,
    trains_entropy: bool = False,
    with_values: bool = False,
    value_places: Tensor | None = None,
    **_: Any,
) -> Scores:
    """Scores of a packed batch by an attached model without wrappers; others call `model(packed=batch)`.

    Args:
        model: A model of transformers with a language-modelling head, or one that scores tokens or sequences.
        packed: The batch.
        temperature: Logits are divided by it.
        with_entropy: Also the entropy of each distribution, and its collisions.
        with_mean: Also its mean log-probability.
        trains_entropy: The entropy has a gradient.
        with_values: Also `values`, what the value model expects before each trained token.
        value_places: Score these tokens by the model's own scoring head instead, [places].
    """
    hidden = hidden_states(model, packed)
    if value_places is not None:
        return {"values": _values(model, packed, hidden, value_places)}
    found = _head_logps(
        model,
        hidden[packed.sources],
        packed.targets,
        temperature,
        {"with_entropy": with_entropy, "with_mean": with_mean, "trains_entropy": trains_entropy},
    )
    return found | ({"values": _values(model, packed, hidden, packed.sources)[:, 0]} if with_values else {})


def _values(model: Any, packed: Packed, hidden: Tensor, places: Tensor) -> Tensor:
    """By the model's own scoring head, or by a value model that stands beside it, [places, labels]."""
    beside = getattr(model, "value_model", None)
    if beside is not None:
        model, hidden = beside, hidden_states(beside, packed)
    return _scoring_head(model)(hidden[places])


def hidden_states(model: Any, packed: Packed) -> Tensor:
    """What the model's last layer gives, [T, H]."""
    backbone = getattr(model, model.base_model_prefix)
    out = backbone(
        input_ids=packed.ids,
        position_ids=packed.positions,
        # Four dimensions: transformers then builds no mask of its own, [T, T] large.
        attention_mask=packed.ids.new_zeros(1, 1, 1, 1),
        use_cache=False,
        packed=packed,
    )
    return out.last_hidden_state[0]


def head_scale(config: Any, temperature: float = 1.0) -> Scale:
    """What the architecture does to its logits, by the names that transformers' configs give it."""
    factor = float(getattr(config, "logit_scale", None) or 1.0) / float(
        getattr(config, "logits_scaling", None) or 1.0
    )
    return Scale(factor, getattr(config, "final_logit_softcapping", None), temperature)


def _head_logps(
    model: Any, hidden: Tensor, targets: Tensor, temperature: float, asked: dict[str, bool]
) -> Scores:
    head = model.get_output_embeddings()
    scale = head_scale(model.config, temperature)
    if type(head) is nn.Linear and not hasattr(head.weight, "ds_id"):
        return token_logps(hidden, head.weight, targets, head.bias, scale=scale, **asked)
    return module_logps(head, hidden, targets, scale, **asked)


def module_logps(
    head: nn.Module,
    hidden: Tensor,
    targets: Tensor,
    scale: Scale,
    *,
    with_entropy: bool = False,
    with_mean: bool = False,
    trains_entropy: bool = False,
) -> Scores:
    """The same through any module (an adapter's or a quantised head): a chunk of tokens at a time, computed twice."""

    def one(states: Tensor, tokens: Tensor) -> Scores:
        logits = head(states).float() * scale.factor
        if scale.softcap is not None:
            logits = scale.softcap * torch.tanh(logits / scale.softcap)
        logps = torch.log_softmax(logits / scale.temperature, -1)
        chosen = logps.gather(1, tokens[:, None])[:, 0]
        found = {"logps": chosen, "is_top": chosen >= logps.amax(-1)}
        if with_entropy:
            fixed = logps if trains_entropy else logps.detach()
            found |= {
                "entropy": -(fixed.exp() * fixed).sum(-1),
                "collisions": (2 * fixed.detach()).logsumexp(-1),
            }
        return found | ({"mean_logps": logps.mean(-1)} if with_mean else {})

    chunks = zip(hidden.split(_CHUNK_TOKENS), targets.split(_CHUNK_TOKENS), strict=True)
    found = [checkpoint(one, states, tokens, use_reentrant=False) for states, tokens in chunks]
    return {name: torch.cat([part[name] for part in found]) for name in found[0]}


def _scoring_head(model: Any) -> nn.Module:
    for name in ("score", "classifier"):
        if isinstance(head := getattr(model, name, None), nn.Module):
            return head
    raise UserError(
        f"{type(model).__name__} has no scoring head",
        hint="load it with AutoModelForSequenceClassification, or AutoModelForTokenClassification for steps",
    )


def _refuse_recurrent(model: Any) -> None:
    config = model.config.get_text_config()
    kinds = {kind for kind in getattr(config, "layer_types", None) or () if not kind.endswith("attention")}
    kinds |= {kind for kind in getattr(config, "layer_types", None) or () if kind.startswith("linear")}
    if kinds:
        raise UserError(
            f"{type(model).__name__} has layers of the kind {', '.join(sorted(kinds))}, whose state would run from one"
            " packed row into the next",
            hint="train a model with attention layers only",
        )


@torch.no_grad()
def check_packing(model: nn.Module, tolerance: float = 1e-3) -> None:
    """Prove on this very model that packed rows score as they do alone, through the model's own logits.

    Raises:
        UserError: They do not: the architecture hides something that packing does not know.
    """
    inner: Any = causal_lm(model)
    vocabulary = inner.get_input_embeddings().num_embeddings
    ids = [(7 * index + 3) % vocabulary for index in range(12)]
    rows = [
        {"prompt_ids": ids[:3], "answers": [ids[3:6], ids[6:8]], "trained": [[True] * 3, [True] * 2]},
        {"prompt_ids": [], "answers": [ids[8:]], "trained": [[True] * 4]},
    ]
    was_training = inner.training
    inner.eval()
    try:
        device = inner.get_input_embeddings().weight.device
        found = score(inner, pack(rows).to(device))["logps"]
        alone = [ids[:6], ids[:3] + ids[6:8], ids[8:]]
        expected = torch.cat(
            [_plain(inner, one, skip, device) for one, skip in zip(alone, (3, 3, 1), strict=True)]
        )
    finally:
        inner.train(was_training)
    difference = (found - expected).abs().max().item()
    limit = tolerance if expected.dtype == torch.float32 and found.dtype == inner.dtype else 0.15
    if not difference <= limit:
        raise UserError(
            f"packed rows of {type(inner).__name__} score otherwise than alone (by {difference:.2g} nats)",
            hint="this architecture cannot be packed; report it with the model's name",
        )


def _plain(model: Any, ids: list[int], skip: int, device: torch.device) -> Tensor:
    tokens = torch.tensor([ids], device=device)
    logits = model(input_ids=tokens, use_cache=False).logits[0].float()
    return torch.log_softmax(logits, -1)[range(skip - 1, len(ids) - 1), tokens[0, skip:]]
