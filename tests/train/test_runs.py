"""A run stops, is killed, goes on: always as if nothing had happened."""

import errno
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import TrainerCallback

from tests.house.modules import ROOT
from tests.train.methods.test_faces import ROWS, losses, settings, trainer
from tests.train.rows import made
from tests.train.tiny import ARCHITECTURES, tiny_model
from tilth.errors import UserError, WorkFailed
from tilth.train import checkpoints
from tilth.train.interruption import Stopped

SAVES = {"max_steps": 6, "save_strategy": "steps", "save_steps": 2, "gradient_accumulation_steps": 2}


class At(TrainerCallback):  # type: ignore[misc]
    """Does something after one step."""

    def __init__(self, step: int, act: Any) -> None:
        self.step, self.act = step, act

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == self.step:
            self.act()


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
    return found


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ["SFT", "BCO"])
def test_pitfall_44_a_run_that_was_stopped_goes_on_exactly(
    name: str, architecture: str, tmp_path: Path
) -> None:
    """With dropout on, so that random numbers matter; by SIGTERM in the middle of an epoch."""
    dropout = {"disable_dropout": False}
    whole = trainer(name, tmp_path / "whole", ROWS[name], tiny_model(architecture), **SAVES, **dropout)
    whole.train()

    first = trainer(name, tmp_path / "parts", ROWS[name], tiny_model(architecture), **SAVES, **dropout)
    first.add_callback(At(2, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    with pytest.raises(Stopped, match="SIGTERM after step 3"):
        first.train()
    second = trainer(name, tmp_path / "parts", ROWS[name], tiny_model(architecture), **SAVES, **dropout)
    second.train(resume_from_checkpoint=True)

    assert losses(second) == losses(whole)
    ends = [tmp_path / part / "checkpoint-6" for part in ("whole", "parts")]
    torch.testing.assert_close(weights(ends[1]), weights(ends[0]), atol=0, rtol=0)
    logs = [
        [json.loads(line) for line in (end.parent / "metrics.jsonl").read_text().splitlines()] for end in ends
    ]
    steps = [[line["step"] for line in lines if "loss" in line] for lines in logs]
    assert steps == [[1, 2, 3, 4, 5, 6]] * 2
    assert [line["num_tokens"] for line in logs[0] if "loss" in line] == [
        line["num_tokens"] for line in logs[1] if "loss" in line
    ]


def test_pitfall_44_killed_while_it_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was being written is not taken for a checkpoint."""
    run = trainer("SFT", tmp_path, ROWS["SFT"], **SAVES)

    def die(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "_seal", die)
    with pytest.raises(KeyboardInterrupt):
        run.train()
    assert list(tmp_path.glob("checkpoint-*")) == []
    with pytest.raises(UserError, match="holds no checkpoint"):
        run.train(resume_from_checkpoint=True)


def test_a_checkpoint_cut_in_half_is_refused(tmp_path: Path) -> None:
    run = trainer("SFT", tmp_path, ROWS["SFT"], **SAVES)
    run.train()
    model = tmp_path / "checkpoint-6" / "model.safetensors"
    model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
    with pytest.raises(UserError, match=r"is damaged: `model.safetensors` has"):
        run.train(resume_from_checkpoint=True)
    shutil.rmtree(tmp_path / "checkpoint-6")
    run.train(resume_from_checkpoint=True)


def test_a_disk_without_room_is_told_before_the_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    run = trainer("SFT", tmp_path, ROWS["SFT"], **SAVES)
    with pytest.raises(WorkFailed, match="a checkpoint needs"):
        run.train()
    assert run.state.global_step == 0


def test_old_checkpoints_leave_and_the_best_is_named_by_its_place(tmp_path: Path) -> None:
    run = trainer(
        "SFT",
        tmp_path,
        ROWS["SFT"],
        **SAVES,
        save_total_limit=1,
        eval_strategy="steps",
        eval_steps=2,
        load_best_model_at_end=True,
        eval_dataset=Dataset.from_list(ROWS["SFT"]),
    )
    run.train()
    best = Path(run.state.best_model_checkpoint)
    assert best.parent == tmp_path and best.is_dir()
    assert not (tmp_path / ".saving").exists()


def test_a_loss_that_is_no_number_stops_with_its_batch(tmp_path: Path) -> None:
    model = tiny_model()
    run = trainer("SFT", tmp_path, ROWS["SFT"], model, skip_packing_check=True)
    with torch.no_grad():
        model.lm_head.weight[5] = math.nan
    with pytest.raises(WorkFailed, match="the loss of step 1 is nan") as caught:
        run.train()
    found = torch.load(str(caught.value).split(": ")[0], weights_only=False)
    assert found.num_rows == 4 and run.state.global_step == 0


def test_evaluation_is_over_rows_not_over_batches(tmp_path: Path) -> None:
    rows = Dataset.from_list(ROWS["SFT"])
    found = []
    for size in (16, 3):
        run = trainer("SFT", tmp_path, ROWS["SFT"], per_device_eval_batch_size=size, eval_dataset=rows)
        found.append(run.evaluate()["eval_loss"])
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def test_a_bare_config_trains_on_a_cpu(tmp_path: Path) -> None:
    """Pitfall 59: no setting is needed because of the machine."""
    config = settings("SFT", tmp_path)
    if not torch.cuda.is_available():
        assert config.use_cpu and not config.bf16


def test_numbers_that_yaml_reads_as_text(tmp_path: Path) -> None:
    assert settings("SFT", tmp_path, learning_rate="1e-5").learning_rate == 1e-5
    with pytest.raises(UserError, match="`learning_rate` is `fast`"):
        settings("SFT", tmp_path, learning_rate="fast")


SCRIPT = """
import json, os, sys
import torch
from datasets import Dataset
from tests.train.methods.test_faces import ROWS, losses, trainer
from tests.train.tiny import tiny_model
name, folder, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = tiny_model(sys.argv[5])
run = trainer(name, __import__("pathlib").Path(folder), ROWS[name], model, per_device_train_batch_size=size,
              optim="sgd", save_strategy="no", **json.loads(sys.argv[4]))
run.train()
if run.is_world_process_zero():
    print("RESULT", json.dumps(losses(run)))
"""


def launched(name: str, architecture: str, folder: Path, processes: int, **changes: Any) -> list[float]:
    script = folder / "run.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
    command += [str(script), name, str(folder / "out"), str(8 // processes)]
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
    }
    done = subprocess.run(
        [*command, json.dumps({"ddp_backend": "gloo", **changes}), architecture],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    found: list[float] = json.loads(line.removeprefix("RESULT "))
    return found


@pytest.mark.parametrize(("name", "architecture"), [("SFT", "qwen3"), ("KTO", "llama")])
def test_pitfall_3_two_processes_are_one(name: str, architecture: str, tmp_path: Path) -> None:
    """Means over processes with different numbers of tokens are undone (DDP over gloo)."""
    run = trainer(
        name,
        tmp_path / "one",
        ROWS[name],
        tiny_model(architecture),
        per_device_train_batch_size=8,
        optim="sgd",
    )
    run.train()
    assert launched(name, architecture, tmp_path, 2) == pytest.approx(losses(run), rel=1e-4)


def test_an_end_of_memory_says_what_would_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer("SFT", tmp_path, ROWS["SFT"], gradient_checkpointing=False, skip_packing_check=True)

    def fail(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(run.model, "forward", fail)
    with pytest.raises(WorkFailed) as caught:
        run.train()
    said = str(caught.value)
    assert "out of memory in step 1, in the forward pass of a batch of" in said and "in 4 rows" in said
    assert "`gradient_checkpointing: true`" in said
    assert "`per_device_train_batch_size: 2` with `gradient_accumulation_steps: 2`" in said


def test_activations_may_wait_elsewhere(tmp_path: Path) -> None:
    """The same losses; on a CPU there is no elsewhere."""
    found = []
    for name, changes in {"plain": {}, "away": {"activation_offloading": True}}.items():
        run = trainer("SFT", tmp_path / name, ROWS["SFT"], tiny_model(), **changes)
        run.train()
        found.append(losses(run))
    assert found[0] == pytest.approx(found[1], rel=1e-6)
    with pytest.raises(UserError, match="and that is off"):
        settings("SFT", tmp_path, activation_offloading=True, gradient_checkpointing=False)


def test_a_saved_model_has_its_card(tmp_path: Path) -> None:
    run = trainer("DPO", tmp_path, ROWS["DPO"], beta=0.3)
    run.train()
    run.dataset_names = ["pairs.jsonl"]
    run.save_model(str(tmp_path / "model"))
    card = (tmp_path / "model" / "README.md").read_text()
    for words in ("- dpo", "- pairs.jsonl", "- steps: 3", "- `beta`: 0.3", "arXiv:2305.18290"):
        assert words in card
    assert str(tmp_path) not in card


def test_a_disk_that_fills_while_it_saves_leaves_nothing_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer("SFT", tmp_path, ROWS["SFT"], **SAVES)
    run.add_callback(At(3, lambda: monkeypatch.setattr(run, "_save_optimizer_and_scheduler", full)))

    def full(folder: str) -> None:
        (Path(folder) / "optimizer.pt").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WorkFailed, match="the checkpoint could not be written: No space left on device"):
        run.train()
    assert [one.name for one in tmp_path.glob("checkpoint-*")] == ["checkpoint-2"]
    assert not (tmp_path / ".saving").exists()
    checkpoints.check(tmp_path / "checkpoint-2")


@pytest.mark.parametrize("dtype", ["float33", "int8"])
def test_a_wrong_dtype_is_named_before_anything_is_loaded(dtype: str, tmp_path: Path) -> None:
    import tilth.train

    with pytest.raises(UserError, match=f"`{dtype}` is no type of weights"):
        tilth.train.SFTTrainer(
            "nowhere",
            args=settings("SFT", tmp_path, model_init_kwargs={"dtype": dtype}),
            processing_class=object(),
        )


def test_rows_of_a_wrong_shape_are_told_before_training(tmp_path: Path) -> None:
    import tilth.train

    with pytest.raises(UserError, match="make no rows for this method"):
        tilth.train.DPOTrainer(
            tiny_model(),
            args=settings("DPO", tmp_path),
            train_dataset=Dataset.from_list([{"prompt": "a", "completion": "b"}]),
            processing_class=made.tokenizer(),
        )
    assert not list(tmp_path.iterdir())
