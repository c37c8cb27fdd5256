"""Log-probabilities without logits equal those with them, and numbers worked out by hand."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from tests.train.tiny import VOCABULARY, alone, row, tiny_model
from tilth.errors import UserError
from tilth.train.batches.packed import pack
from tilth.train.heads import logps as logps_module
from tilth.train.heads.logps import Scale, token_logps
from tilth.train.heads.scores import attach, check_packing, module_logps

SCALES = {
    "plain": Scale(),
    "temperature": Scale(temperature=0.7),
    "softcap": Scale(softcap=1.5),
    "all": Scale(factor=0.5, softcap=2.0, temperature=1.3),
}


def test_a_distribution_worked_out_by_hand() -> None:
    # Logits 0 and log 3: probabilities 1/4 and 3/4.
    hidden, weight = torch.tensor([[1.0], [1.0]]), torch.tensor([[0.0], [math.log(3)]])
    found = token_logps(hidden, weight, torch.tensor([0, 1]), with_entropy=True, with_mean=True)
    assert found["logps"].tolist() == pytest.approx([math.log(1 / 4), math.log(3 / 4)])
    assert found["is_top"].tolist() == [False, True]
    expected = -(math.log(1 / 4) / 4 + 3 * math.log(3 / 4) / 4)
    assert found["entropy"].tolist() == pytest.approx([expected, expected])
    # 1/16 + 9/16, and the mean of both logarithms.
    assert found["collisions"].exp().tolist() == pytest.approx([10 / 16] * 2)
    assert found["mean_logps"].tolist() == pytest.approx([(math.log(1 / 4) + math.log(3 / 4)) / 2] * 2)


@pytest.mark.parametrize("keep_bytes", [0, 1 << 30], ids=["computed again", "kept"])
@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("has_bias", [False, True])
def test_equal_to_logits(
    scale: Scale, has_bias: bool, keep_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logps_module, "_TILE_BYTES", 1)  # tiles of 1,024
    torch.manual_seed(1)
    hidden = torch.randn(7, 6, dtype=torch.float64).float().requires_grad_()
    weight = torch.randn(2500, 6).requires_grad_()
    bias = torch.randn(2500).requires_grad_() if has_bias else None
    targets = torch.tensor([0, 1023, 1024, 2047, 2048, 2499, 5])
    inputs = [one for one in (hidden, weight, bias) if one is not None]
    slope, mean_slope = torch.randn(2, 7)

    logits = hidden.double() @ weight.double().t() + (0 if bias is None else bias.double())
    logits = logits * scale.factor
    if scale.softcap:
        logits = scale.softcap * torch.tanh(logits / scale.softcap)
    full = torch.log_softmax(logits / scale.temperature, -1)
    expected = {
        "logps": full[range(7), targets],
        "is_top": logits.argmax(-1) == targets,
        "entropy": -(full.exp() * full).sum(-1),
        "collisions": (full.exp() ** 2).sum(-1).log(),
        "mean_logps": full.mean(-1),
    }
    total = (expected["logps"] * slope).sum() + (expected["mean_logps"] * mean_slope).sum()
    expected_gradients = torch.autograd.grad(total, inputs)

    found = token_logps(
        hidden, weight, targets, bias, scale=scale, with_entropy=True, with_mean=True, keep_bytes=keep_bytes
    )
    assert found.keys() == expected.keys()
    for name, one in found.items():
        torch.testing.assert_close(one, expected[name].to(one.dtype), atol=1e-5, rtol=1e-5)
    total = (found["logps"] * slope).sum() + (found["mean_logps"] * mean_slope).sum()
    for got, wanted in zip(torch.autograd.grad(total, inputs), expected_gradients, strict=True):
        torch.testing.assert_close(got, wanted, atol=2e-5, rtol=1e-5)


def test_frozen_parts_get_no_gradient() -> None:
    hidden, weight = torch.randn(3, 4, requires_grad=True), torch.randn(50, 4)
    found = token_logps(hidden, weight, torch.tensor([1, 2, 3]))["logps"]
    found.sum().backward()
    assert hidden.grad is not None and weight.grad is None
    with torch.no_grad():
        assert not token_logps(hidden, weight, torch.tensor([1, 2, 3]))["logps"].requires_grad


def test_no_tokens_at_all() -> None:
    hidden, weight = torch.randn(0, 4, requires_grad=True), torch.randn(50, 4, requires_grad=True)
    found = token_logps(hidden, weight, torch.empty(0, dtype=torch.long))["logps"]
    found.sum().backward()
    assert found.shape == (0,) and weight.grad is not None and not weight.grad.any()


def test_pitfall_40_half_precision_adds_up_in_float32() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(64, 32), torch.randn(5000, 32)
    targets = torch.randint(5000, (64,))
    low, low_weight = hidden.bfloat16(), weight.bfloat16()
    exact = torch.log_softmax(low.float() @ low_weight.float().t(), -1)[range(64), targets]
    found = token_logps(low, low_weight, targets)["logps"]
    assert found.dtype == torch.float32
    # One rounding of each logit to 8 bits, and nothing that grows with the size of the vocabulary.
    assert (found - exact).abs().max() < 0.15 and (found - exact).mean().abs() < 0.02


def test_autocast_multiplies_in_half_precision() -> None:
    hidden, weight = torch.randn(5, 8, requires_grad=True), torch.randn(60, 8, requires_grad=True)
    targets = torch.arange(5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = token_logps(hidden, weight, targets)["logps"]
    found.sum().backward()
    expected = token_logps(hidden.bfloat16(), weight.bfloat16(), targets)["logps"]
    assert torch.equal(found, expected) and weight.grad is not None and weight.grad.dtype == torch.float32


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_any_module_may_be_the_head(scale: Scale) -> None:
    torch.manual_seed(0)
    head, hidden = nn.Linear(8, 70), torch.randn(1100, 8, requires_grad=True)
    targets = torch.randint(70, (1100,))
    extras = {"with_entropy": True, "with_mean": True}
    found = module_logps(head, hidden, targets, scale, **extras)
    expected = token_logps(hidden, head.weight, targets, head.bias, scale=scale, **extras)
    assert found.keys() == expected.keys()
    for name, one in found.items():
        torch.testing.assert_close(one, expected[name], atol=1e-5, rtol=1e-5)
    for name in ("logps", "mean_logps"):
        gradient = torch.autograd.grad(found[name].sum(), hidden, retain_graph=True)[0]
        wanted = torch.autograd.grad(expected[name].sum(), hidden, retain_graph=True)[0]
        torch.testing.assert_close(gradient, wanted, atol=1e-5, rtol=1e-5)


def test_logits_are_changed_as_the_architecture_says() -> None:
    model = tiny_model("gemma2", final_logit_softcapping=0.5, attn_logit_softcapping=None)
    one = row(4, 5)
    expected = torch.cat(alone(model, one))
    attach(model)
    check_packing(model)
    torch.testing.assert_close(model(packed=pack([one]))["logps"], expected, atol=2e-6, rtol=0)


def test_pitfall_13_what_cannot_be_packed_is_refused() -> None:
    model = tiny_model("gemma2", attn_logit_softcapping=20.0)
    with pytest.raises(UserError, match="softcap"):
        attach(model)
        check_packing(model)
    model = tiny_model("qwen3")
    model.config.layer_types = ["linear_attention", "full_attention"]
    with pytest.raises(UserError, match="linear_attention"):
        attach(model)


def test_an_architecture_that_hides_something_is_found() -> None:
    model = tiny_model("llama")
    attach(model)
    head = model.lm_head
    head.register_forward_hook(lambda module, args, out: out * 2)
    with pytest.raises(UserError, match="score otherwise than alone"):
        check_packing(model)


def test_an_attached_model_is_still_itself() -> None:
    model: Any = tiny_model("llama")
    ids = torch.arange(1, 9)[None]
    before = model(input_ids=ids).logits
    attach(model)
    attach(model)
    torch.testing.assert_close(model(input_ids=ids).logits, before)
    made = model.generate(ids, max_new_tokens=3, do_sample=False, pad_token_id=0)
    assert made.shape == (1, 11) and made.max() < VOCABULARY
