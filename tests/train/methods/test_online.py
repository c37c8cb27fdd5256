"""Online runs begin on policy, share prompts exactly, do not depend on the split of a batch, and go on after a stop."""

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from datasets import Dataset

from tests.train.methods.test_faces import losses
from tests.train.online import PROMPTS, many_e, settings, tokenizer, trainer
from tests.train.tiny import ARCHITECTURES, gradients, row, tiny_model
from tilth.errors import UserError
from tilth.train.batches.packed import pack
from tilth.train.heads.scores import attach
from tilth.train.losses.policy import LOSS_TYPES
from tilth.train.methods.grpo import METHOD
from tilth.train.rollouts.prompts import Prompts
from tilth.train.rollouts.weights import merged

METHODS: dict[str, dict[str, Any]] = {
    "GRPO": {},
    "RLOO": {},
    "PPO": {"num_generations": 1, "response_length": 8},
    "OnlineDPO": {"num_generations": 2, "max_new_tokens": 8},
}


def logged(made: Any, name: str) -> list[float]:
    return [line[name] for line in made.state.log_history if name in line]


def weights(made: Any) -> torch.Tensor:
    return torch.cat([one.detach().flatten() for one in made.model.parameters()])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("loss_type", LOSS_TYPES)
def test_pitfall_15_to_17_answers_that_share_a_prompt_score_as_rows_of_their_own(
    loss_type: str, architecture: str
) -> None:
    """Loss and gradients to 1e-5, with ratios that are not 1, a group of one, and answers of unequal lengths."""
    level = "sequence" if loss_type == "luspo" else "token"
    config = settings("GRPO", Path(), loss_type=loss_type, importance_sampling_level=level, beta=0.05)
    draw = torch.Generator().manual_seed(0)
    groups = [row(9, 5, 3, 7, seed=1), row(4, 6, seed=2)]
    for one in groups:
        sizes = [sum(trained) for trained in one["trained"]]
        one["advantages"] = [torch.randn((), generator=draw).item() for _ in range(sum(sizes))]
        for name in ("old_logps", "reference_logps"):
            one[name] = (-4.5 + 0.3 * torch.randn(sum(sizes), generator=draw)).tolist()
        # An advantage is the answer's.
        firsts = [sum(sizes[:at]) for at in range(len(sizes))]
        one["advantages"] = [
            one["advantages"][first] for first, size in zip(firsts, sizes, strict=True) for _ in range(size)
        ]
    apart = []
    for one in groups:
        ends = [0]
        for at, trained in enumerate(one["trained"]):
            ends.append(ends[-1] + sum(trained))
            single = {"prompt_ids": one["prompt_ids"], "answers": [one["answers"][at]], "trained": [trained]}
            for name in ("advantages", "old_logps", "reference_logps"):
                single[name] = one[name][ends[-2] : ends[-1]]
            apart.append(single)
    model = tiny_model(architecture)
    attach(model)
    found = []
    for rows in (groups, apart):
        objective = METHOD.objective(config)
        packed = pack(rows, objective.columns)
        reference = torch.tensor([value for one in packed.columns["reference_logps"] for value in one])
        (term,) = objective.terms(packed, model(packed=packed, **objective.asks(packed)), reference)
        term.total.backward()
        found.append((term.total.item(), gradients(model)))
    (together, mine), (alone, theirs) = found
    assert together == pytest.approx(alone, rel=1e-5, abs=1e-5)
    for name, gradient in mine.items():
        torch.testing.assert_close(gradient, theirs[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", [*METHODS])
def test_pitfalls_26_27_and_33_the_first_step_is_on_policy(
    name: str, architecture: str, tmp_path: Path
) -> None:
    made = trainer(name, tmp_path, model=tiny_model(architecture), max_steps=2, **METHODS[name])
    before = weights(made)
    made.train()
    assert (weights(made) != before).any()
    if name != "OnlineDPO":
        assert logged(made, "ratio")[0] == pytest.approx(1.0, abs=1e-6)
        assert logged(made, "clip_ratio/region_mean")[0] == 0.0
    if name in ("RLOO", "PPO"):
        assert logged(made, "kl")[0] == pytest.approx(0.0, abs=1e-5)


def test_pitfalls_27_and_28_a_fresh_adapter_is_its_own_reference(tmp_path: Path) -> None:
    from peft import LoraConfig

    made = trainer("GRPO", tmp_path, beta=0.1, peft_config=LoraConfig(target_modules="all-linear", r=2))
    made.train()
    assert logged(made, "kl")[0] == pytest.approx(0.0, abs=1e-6)
    assert logged(made, "kl")[-1] > 0


@pytest.mark.parametrize("loss_type", ["grpo", "dapo", "dr_grpo"])
def test_pitfalls_34_and_57_the_split_of_the_batch_does_not_matter(loss_type: str, tmp_path: Path) -> None:
    """8 answers at once, or 4 times 2, so that groups of 4 straddle batches; on every second step ratios differ."""
    same = {"loss_type": loss_type, "num_iterations": 2, "max_steps": 4, "beta": 0.1}
    whole = trainer("GRPO", tmp_path / "a", **same)
    parts = trainer(
        "GRPO", tmp_path / "b", per_device_train_batch_size=2, gradient_accumulation_steps=4, **same
    )
    whole.train()
    parts.train()
    assert losses(parts) == pytest.approx(losses(whole), abs=1e-5)
    torch.testing.assert_close(weights(parts), weights(whole), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("name", ["GRPO", "PPO"])
def test_pitfall_44_a_run_goes_on_in_the_middle_of_a_round(name: str, tmp_path: Path) -> None:
    """Steps 3 and 4 learn from answers that were sampled before the checkpoint."""
    more = METHODS[name] | ({"num_iterations": 4} if name == "GRPO" else {})
    more |= {"save_strategy": "steps", "save_steps": 2, "max_steps": 6, "curriculum": "pass_rate"}
    whole = trainer(name, tmp_path / "whole", **more)
    whole.train()
    trainer(name, tmp_path / "parts", **more).train()
    again = trainer(name, tmp_path / "parts", **more)
    again.train(resume_from_checkpoint=str(tmp_path / "parts" / "checkpoint-2"))
    assert torch.equal(weights(again), weights(whole))


def test_pitfalls_42_and_67_what_nobody_judged_is_counted_and_not_learnt_from(tmp_path: Path) -> None:
    def half(prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        return [
            None if prompt == "a" else float(len(said))
            for prompt, said in zip(prompts, completions, strict=True)
        ]

    made = trainer("GRPO", tmp_path, half, prompts=Dataset.from_list([{"prompt": "a"}, {"prompt": "b"}]))
    made.train()
    assert logged(made, "unjudged_fraction") == [0.5] * 3
    none = trainer("GRPO", tmp_path / "none", lambda completions, **_: [None] * len(completions))
    before = weights(none)
    none.train()
    assert torch.equal(weights(none), before)


def test_equal_rewards_make_room_for_other_prompts_and_are_counted(tmp_path: Path) -> None:
    def only_some(prompts: list[str], completions: list[str], **_: Any) -> list[float]:
        return [len(set(said)) * (prompt != "a") for prompt, said in zip(prompts, completions, strict=True)]

    rows = Dataset.from_list([{"prompt": one} for one in "abac"])
    made = trainer("GRPO", tmp_path, only_some, prompts=rows, dynamic_sampling_rounds=4)
    made.train()
    assert sum(logged(made, "groups_resampled")) > 0
    assert logged(made, "frac_reward_zero_std") == [0.0] * 3


def test_every_answer_is_in_a_file_with_what_was_made_of_it(tmp_path: Path) -> None:
    made = trainer("GRPO", tmp_path)
    made.train()
    rows = [
        one
        for path in sorted((tmp_path / "completions").iterdir())
        for one in pq.read_table(path).to_pylist()
    ]
    assert len(rows) == 24
    assert {one["version"] for one in rows} == {0, 1, 2}
    assert sum(one["reward"] for one in rows) / 24 == pytest.approx(sum(logged(made, "reward")) / 3, rel=1e-5)
    assert all(len(one["completion_ids"]) == len(one["sampler_logps"]) for one in rows)


def test_evaluation_answers_all_its_prompts(tmp_path: Path) -> None:
    made = trainer("GRPO", tmp_path, eval_dataset=PROMPTS, num_generations_eval=2)
    found = made.evaluate()
    assert found["eval_reward"] == pytest.approx(found["eval_rewards/many_e/mean"])


@pytest.mark.parametrize("kind", ["lora", "dora", "saved module", "none"])
def test_pitfalls_29_30_and_66_weights_are_handed_over_merged_and_the_trained_ones_stay(kind: str) -> None:
    from peft import LoraConfig, get_peft_model

    plain, model = tiny_model("qwen3"), tiny_model("qwen3")
    if kind != "none":
        saved = {"modules_to_save": ["norm"]} if kind == "saved module" else {}
        config = LoraConfig(target_modules="all-linear", r=2, use_dora=kind == "dora", **saved)
        model = get_peft_model(model, config)
    with torch.no_grad():
        for name, one in model.named_parameters():
            if "lora_B" in name or "modules_to_save" in name:
                one.add_(0.1)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    ids = torch.tensor([[5, 9, 3, 7]])
    found = dict(merged(model))
    assert found.keys() == plain.state_dict().keys()
    plain.load_state_dict(found)
    with torch.no_grad():
        torch.testing.assert_close(plain(ids).logits, model(ids).logits, atol=1e-5, rtol=1e-4)
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())


def test_the_entropy_bonus_has_the_gradient_of_the_entropy() -> None:
    model = tiny_model()
    attach(model)
    one = row(3, 5, seed=1)
    packed = pack([one])
    found = []
    model(packed=packed, with_entropy=True, trains_entropy=True)["entropy"].sum().backward()
    found.append(gradients(model))
    logits = model(input_ids=packed.ids, use_cache=False).logits[0][packed.sources]
    logps = torch.log_softmax(logits, -1)
    (-(logps.exp() * logps).sum()).backward()
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(found[0][name], gradient, atol=1e-5, rtol=1e-4)


def test_tasks_are_mixed_by_their_weights_and_every_prompt_comes_once_an_epoch() -> None:
    tasks = {name: Dataset.from_list([{"prompt": f"{name}{at}"} for at in range(6)]) for name in "ab"}
    prompts = Prompts(tasks, tokenizer(), weights={"a": 3, "b": 1})
    drawn = prompts.draw(8)
    record = prompts.record()
    assert [one.task for one in drawn].count("a") == 6
    assert {one.index for one in drawn if one.task == "a"} == set(range(6))
    after = prompts.draw(5)
    again = Prompts(tasks, tokenizer(), weights={"a": 3, "b": 1})
    again.restore(record)
    assert again.draw(5) == after


# Bad input


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"num_generations": 3}, "groups of 3"),
        ({"num_generations": 1}, "teaches nothing"),
        ({"generation_batch_size": 12}, "no multiple"),
        ({"temperature": 0.0}, "temperature"),
        ({"loss_type": "cispo", "epsilon_high": 0.2}, "ceiling"),
        ({"loss_type": "luspo"}, "whole answers"),
        ({"scale_rewards": "grup"}, "scale_rewards"),
        ({"kl_estimator": "k4"}, "kl_estimator"),
        ({"max_completion_length": 0}, "max_completion_length"),
        ({"vllm_importance_sampling_mode": "token"}, "vllm_importance_sampling_mode"),
    ],
)
def test_settings_that_make_no_sense(more: dict[str, Any], word: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=word):
        settings("GRPO", tmp_path, **more)


def test_a_default_ceiling_of_cispo_clips_nothing_on_policy(tmp_path: Path) -> None:
    assert settings("GRPO", tmp_path, loss_type="cispo").clip_high == 5.0


def test_arguments_that_make_no_sense(tmp_path: Path) -> None:
    for more, word in (
        ({"prompts": None}, "train_dataset"),
        ({"prompts": Dataset.from_list([{"text": "a"}])}, "no column `prompt`"),
        ({"reward": []}, "reward_funcs"),
        ({"reward_weights": [1.0, 2.0]}, "reward_weights"),
        ({"tools": [many_e]}, "tools"),
        ({"use_vllm": True}, "vLLM"),
    ):
        with pytest.raises(UserError, match=word):
            trainer("GRPO", tmp_path, **more)  # type: ignore[arg-type]


def test_prompts_that_are_longer_than_the_model_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = Dataset.from_list([{"prompt": "a" * 300}, {"prompt": "ab"}])
    made = trainer("GRPO", tmp_path, prompts=rows, max_steps=1)
    made.train()
    assert logged(made, "prompts_left_out")[0] >= 1
    with pytest.raises(UserError, match="no prompt has at most 255 tokens"):
        trainer("GRPO", tmp_path, prompts=rows.select([0])).train()


def test_a_reward_that_fails_now_and_then_costs_its_answers(tmp_path: Path) -> None:
    def picky(completions: list[str], **_: Any) -> list[float]:
        if any("e" in one for one in completions):
            raise ValueError("no e")
        return [float(len(one)) for one in completions]

    made = trainer("GRPO", tmp_path, picky, reward_workers=1, max_steps=2, temperature=1.5)
    made.train()
    assert all(math.isfinite(one) for one in losses(made))
