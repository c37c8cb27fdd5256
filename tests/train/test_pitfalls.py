"""Silent mistakes of other libraries, each by its number and on two architectures; more stand beside what they test."""

from collections import Counter
from math import log
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.parallelism_config import ParallelismConfig
from torch.nn.functional import logsigmoid

from tests.train.methods.test_faces import ROWS, losses, settings, trainer
from tests.train.tiny import ARCHITECTURES, alone, gradients, row, tiny_model
from tilth.errors import UserError
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach
from tilth.train.references import evaluating

both = pytest.mark.parametrize("architecture", ARCHITECTURES)


def split_runs(name: str, architecture: str, folder: Path, kind: str = "causal", **changes: Any) -> list[Any]:
    """Losses of a run with batches of eight, and of one with batches of two, added up."""
    found = []
    for size in (8, 2):
        run = trainer(
            name, folder / str(size), ROWS[name], tiny_model(architecture, kind=kind),
            per_device_train_batch_size=size, gradient_accumulation_steps=8 // size, optim="sgd", **changes,
        )  # fmt: skip
        run.train()
        found.append(losses(run))
    return found


@both
@pytest.mark.parametrize(
    ("name", "changes"), [("SFT", {"label_smoothing_factor": 0.1}), ("CPO", {"cpo_alpha": 2.0})]
)
def test_pitfall_2_smoothing_and_second_losses_have_the_denominator_of_all(
    name: str, changes: dict[str, Any], architecture: str, tmp_path: Path
) -> None:
    whole, parts = split_runs(name, architecture, tmp_path, **changes)
    assert parts == pytest.approx(whole, rel=1e-5)


@both
def test_pitfall_9_a_row_without_a_trained_token_counts_nothing(architecture: str, tmp_path: Path) -> None:
    model = tiny_model(architecture)
    plain, empty = row(4, 5), {**row(3, 6), "trained": [[False] * 6]}
    run = trainer("SFT", tmp_path, [plain, empty], model)
    found = []
    for rows in ([plain], [plain, empty], [empty]):
        loss = run.compute_loss(model, {"packed": pack(rows)})
        loss.backward()
        found.append((loss.item(), gradients(model)))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-6) and found[2][0] == 0
    torch.testing.assert_close(found[1][1], found[0][1])
    assert all(not one.any() for one in found[2][1].values())


@both
def test_pitfall_12_what_stands_behind_or_before_a_row_changes_nothing(architecture: str) -> None:
    model = tiny_model(architecture)
    attach(model)
    one = row(4, 6)
    expected = model(packed=pack([one]))["logps"]
    around = [row(2, 9, seed=1), one, row(7, 3, 3, seed=2)]
    packed = pack(around)
    found = model(packed=packed)["logps"][packed.owners == 1]
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)


@both
def test_pitfall_14_an_epoch_of_packed_batches_has_every_row_once(architecture: str, tmp_path: Path) -> None:
    rows = [row(0, 3 + index % 7, seed=index) for index in range(37)]
    changes = {
        "packing": True,
        "max_length": 16,
        "max_steps": -1,
        "num_train_epochs": 1,
        "dataloader_drop_last": False,
    }
    run = trainer("SFT", tmp_path, rows, tiny_model(architecture), per_device_train_batch_size=3, **changes)
    seen: Counter[tuple[int, ...]] = Counter()
    original = run.compute_loss

    def watched(model: Any, inputs: Any, *others: Any, **named: Any) -> Any:
        packed = inputs["packed"]
        ids = packed.ids[0].tolist()
        seen.update(tuple(ids[group.start : group.end]) for group in packed.groups)
        return original(model, inputs, *others, **named)

    run.compute_loss = watched
    run.train()
    assert seen == Counter(tuple(one["answers"][0]) for one in rows)


def test_pitfall_18_a_row_is_never_cut_over_devices(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be cut through its rows"):
        settings("SFT", tmp_path, parallelism_config=ParallelismConfig(cp_size=2))


def by_hand(model: Any, one: dict[str, Any]) -> list[torch.Tensor]:
    with torch.no_grad():
        return alone(model.eval(), one)


@both
@pytest.mark.parametrize("name", ["ipo", "sigmoid_norm"])
def test_pitfall_20_a_mean_is_over_scored_tokens_alone(name: str, architecture: str, tmp_path: Path) -> None:
    """Every second token of the answers counts."""
    model, other = tiny_model(architecture), tiny_model(architecture, seed=1)
    rows = ROWS["DPO"][:4]
    expected = []
    for one in rows:
        pairs = zip(by_hand(model, one), by_hand(other, one), strict=True)
        chosen, rejected = ((mine - theirs).mean() for mine, theirs in pairs)
        margin = chosen - rejected
        expected.append((margin - 1 / (2 * 0.1)) ** 2 if name == "ipo" else -logsigmoid(0.1 * margin))
    run = trainer("DPO", tmp_path, rows, model, ref_model=other, loss_type=name, max_steps=1)
    run.train()
    assert losses(run)[0] == pytest.approx(float(torch.stack(expected).mean()), rel=1e-4)


@both
def test_pitfall_22_every_setting_of_a_loss_reaches_it(architecture: str, tmp_path: Path) -> None:
    model, other = tiny_model(architecture), tiny_model(architecture, seed=1)
    rows = ROWS["DPO"][:4]
    expected = []
    for one in rows:
        pairs = zip(by_hand(model, one), by_hand(other, one), strict=True)
        chosen, rejected = ((mine - theirs).sum() for mine, theirs in pairs)
        logit = 0.7 * (chosen - rejected)
        smooth = -0.8 * logsigmoid(logit) - 0.2 * logsigmoid(-logit)
        expected.append(2 * smooth + 0.5 * torch.relu(1 - logit))
    run = trainer(
        "DPO", tmp_path, rows, model, ref_model=other, max_steps=1, beta=0.7, label_smoothing=0.2,
        loss_type=["sigmoid", "hinge"], loss_weights=[2.0, 0.5],
    )  # fmt: skip
    run.train()
    assert losses(run)[0] == pytest.approx(float(torch.stack(expected).mean()), rel=1e-4)


@both
@pytest.mark.parametrize("side", ["left", "right"])
def test_pitfall_23_a_reward_is_that_of_the_last_real_token(
    side: str, architecture: str, tmp_path: Path
) -> None:
    model = tiny_model(architecture, kind="sequence")
    rows = ROWS["Reward"][:3]
    texts = [[*one["prompt_ids"], *answer] for one in rows for answer in one["answers"]]
    longest = max(map(len, texts))
    padded = [
        [0] * (longest - len(one)) + one if side == "left" else one + [0] * (longest - len(one))
        for one in texts
    ]
    ids = torch.tensor(padded)
    with torch.no_grad():
        expected = model(input_ids=ids, attention_mask=(ids != 0).long(), use_cache=False).logits[:, 0]
    run = trainer("Reward", tmp_path, rows, model)
    packed = pack(rows)
    found = model(packed=packed, **run.objective.asks(packed))["values"][:, 0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@both
def test_pitfall_24_margin_and_centre_survive_accumulation(architecture: str, tmp_path: Path) -> None:
    whole, parts = split_runs("Reward", architecture, tmp_path, "sequence", center_rewards_coefficient=0.1)
    plain, _ = split_runs("Reward", architecture, tmp_path / "plain", "sequence")
    assert parts == pytest.approx(whole, rel=1e-5) and whole[0] != pytest.approx(plain[0], rel=1e-3)


@both
def test_pitfall_26_the_pass_that_scores_has_no_dropout(architecture: str, tmp_path: Path) -> None:
    """Old and new log-probabilities are equal before the first update, and so is the reference."""
    model = tiny_model(architecture, attention_dropout=0.3)
    run = trainer("DPO", tmp_path, ROWS["DPO"], model, max_steps=1)
    packed = pack([row(6, 9)])
    model.train()
    trained = model(packed=packed)["logps"]
    with evaluating(model):
        scored = model(packed=packed)["logps"]
    assert model.training and torch.equal(trained, scored)
    run.train()
    assert losses(run)[0] == pytest.approx(log(2), rel=1e-6)


@both
def test_pitfall_22_a_reference_is_not_lost_under_an_adapter(architecture: str, tmp_path: Path) -> None:
    from tests.train.test_references import adapter

    other = tiny_model(architecture, seed=1)
    found = [
        losses_of(
            trainer("KTO", tmp_path / name, ROWS["KTO"], tiny_model(architecture), max_steps=1, **changes)
        )
        for name, changes in {
            "own": {"peft_config": adapter()},
            "another": {"peft_config": adapter(), "ref_model": other},
        }.items()
    ]
    assert found[0][0] == pytest.approx(0.5, abs=1e-6) and abs(found[1][0] - 0.5) > 1e-3


def losses_of(run: Any) -> list[float]:
    run.train()
    return losses(run)
