"""References without a second model equal one with it; adapters leave them alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from tests.train.methods.test_faces import ROWS, losses, trainer
from tests.train.rows import made
from tests.train.tiny import ARCHITECTURES, row, tiny_model
from tilth.errors import UserError
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach
from tilth.train.merging import merge
from tilth.train.references import AdapterOff, Copy, Precomputed

ADAPTERS = {
    "lora": {},
    "dora": {"use_dora": True},
    "whole layers beside it": {"modules_to_save": ["lm_head"]},
}


def adapter(**changes: Any) -> LoraConfig:
    return LoraConfig(
        r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM", **changes
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ["DPO", "KTO"])
def test_pitfall_21_computed_before_is_computed_beside(name: str, architecture: str, tmp_path: Path) -> None:
    """With dropout in the model that is trained, which no reference may have."""
    found = []
    for precompute in (True, False):
        model = tiny_model(architecture, attention_dropout=0.1)
        run = trainer(
            name, tmp_path / str(precompute), ROWS[name], model,
            precompute_ref_log_probs=precompute, disable_dropout=False,
        )  # fmt: skip
        assert type(run.reference) is (Precomputed if precompute else Copy)
        run.train()
        found.append(losses(run))
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_what_was_computed_is_kept_until_a_weight_or_a_token_changes(tmp_path: Path) -> None:
    kept = tmp_path / "reference"
    trainer("DPO", tmp_path, ROWS["DPO"])
    trainer("DPO", tmp_path, ROWS["DPO"])
    assert len(list(kept.iterdir())) == 1
    trainer("DPO", tmp_path, ROWS["DPO"][1:])
    trainer("DPO", tmp_path, ROWS["DPO"], tiny_model(seed=1))
    assert len(list(kept.iterdir())) == 3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("changes", ADAPTERS.values(), ids=ADAPTERS)
def test_pitfall_28_an_adapter_off_is_the_model(
    changes: dict[str, Any], architecture: str, tmp_path: Path
) -> None:
    if changes.get("modules_to_save") and architecture == "qwen3":
        pytest.skip("peft warns of tied weights that are saved apart")
    packed = pack([row(4, 5, 3)])
    plain = tiny_model(architecture)
    attach(plain)
    expected = plain(packed=packed)["logps"].detach()
    run = trainer(
        "DPO", tmp_path, ROWS["DPO"], tiny_model(architecture), peft_config=adapter(**changes), max_steps=4
    )
    assert isinstance(run.reference, AdapterOff)
    torch.testing.assert_close(run.reference.logps(packed), expected, atol=1e-6, rtol=0)
    run.train()
    torch.testing.assert_close(run.reference.logps(packed), expected, atol=1e-6, rtol=0)
    assert losses(run)[0] == pytest.approx(0.693147, abs=1e-5)
    assert (run.model.eval()(packed=packed)["logps"] - expected).abs().max() > 1e-4


def test_pitfall_28_an_adapter_that_was_trained_before_is_the_reference(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = get_peft_model(tiny_model(), adapter(init_lora_weights=False))
    packed = pack([row(4, 5, 3)])
    attach(model)
    expected = model.eval()(packed=packed)["logps"].detach()
    run = trainer("DPO", tmp_path, ROWS["DPO"], model, max_steps=4, precompute_ref_log_probs=False)
    trained = {name for name, one in run.model.named_parameters() if one.requires_grad}
    torch.testing.assert_close(run.reference.logps(packed), expected, atol=1e-6, rtol=0)
    run.train()
    torch.testing.assert_close(run.reference.logps(packed), expected, atol=1e-6, rtol=0)
    assert trained == {name for name, one in run.model.named_parameters() if one.requires_grad}
    assert losses(run)[0] == pytest.approx(0.693147, abs=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_pitfall_27_the_first_step_of_a_fresh_adapter_is_the_reference(
    architecture: str, tmp_path: Path
) -> None:
    run = trainer("KTO", tmp_path, ROWS["KTO"], tiny_model(architecture), peft_config=adapter(), max_steps=1)
    run.train()
    line = run.state.log_history[0]
    assert line["kl"] == pytest.approx(0, abs=1e-6) and line["loss"] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_pitfall_30_merging_leaves_the_training_copy_alone(architecture: str, tmp_path: Path) -> None:
    tiny_model(architecture).save_pretrained(tmp_path / "base")
    made.tokenizer().save_pretrained(tmp_path / "base")
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    run = trainer("SFT", tmp_path, ROWS["SFT"], base, peft_config=adapter(), max_steps=2)
    run.train()
    before = {name: one.clone() for name, one in run.model.state_dict().items()}
    run.save_model(str(tmp_path / "saved"))
    assert merge(str(tmp_path / "saved"), tmp_path / "merged") < 1e-5
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    attach(merged)
    packed = pack([row(4, 5)])
    run.model.eval()
    torch.testing.assert_close(
        merged(packed=packed)["logps"], run.model(packed=packed)["logps"], atol=1e-5, rtol=0
    )
    torch.testing.assert_close(run.model.state_dict(), before, atol=0, rtol=0)


def test_a_reference_that_follows(tmp_path: Path) -> None:
    """TR-DPO: after two steps, 0.5 * model + 0.5 * start, worked out beside it."""
    model = tiny_model()
    start = [one.detach().clone() for one in model.parameters()]
    run = trainer(
        "DPO", tmp_path, ROWS["DPO"], model,
        sync_ref_model=True, ref_model_mixup_alpha=0.5, ref_model_sync_steps=2, max_steps=2,
    )  # fmt: skip
    run.train()
    for mine, theirs, first in zip(run.reference.model.parameters(), model.parameters(), start, strict=True):
        torch.testing.assert_close(mine, 0.5 * theirs + 0.5 * first)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    model = tiny_model()
    with pytest.raises(UserError, match="is the model that is trained"):
        trainer("DPO", tmp_path, ROWS["DPO"], model, ref_model=model, precompute_ref_log_probs=False)
    with pytest.raises(UserError, match="has an adapter already"):
        trainer("DPO", tmp_path, ROWS["DPO"], get_peft_model(tiny_model(), adapter()), peft_config=adapter())
    with pytest.raises(UserError, match="cannot be scored once"):
        trainer("DPO", tmp_path, ROWS["DPO"], sync_ref_model=True, precompute_ref_log_probs=True)
    with pytest.raises(UserError, match="`data_collator` has no effect"):
        import tilth.train

        tilth.train.SFTTrainer(
            model, data_collator=print, args=tilth.train.SFTConfig(output_dir=str(tmp_path)),
            train_dataset=Dataset.from_list(ROWS["SFT"]),
        )  # fmt: skip


def test_layers_that_are_frozen_are_there_once(tmp_path: Path) -> None:
    model = tiny_model()
    for one in model.model.layers[0].parameters():
        one.requires_grad_(False)
    run = trainer("DPO", tmp_path, ROWS["DPO"], model, precompute_ref_log_probs=False)
    pairs = zip(run.reference.model.parameters(), model.parameters(), strict=True)
    assert all((mine is theirs) is not theirs.requires_grad for mine, theirs in pairs)
