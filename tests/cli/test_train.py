"""`tilth train METHOD`: from a folder with a model and a file of rows to a model that transformers loads."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.data.releases import build_release, code, recipe_of, repository
from tests.house.modules import ROOT
from tests.train.rows import made
from tests.train.tiny import tiny_model
from tilth.cli.main import main


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A run over a local model folder and 500 rows."""
    tokenizer = made.tokenizer()
    model = tiny_model("qwen3", vocabulary=len(tokenizer))
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    rows = [{"prompt": f"{one} + 1 =", "completion": f" {one + 1}"} for one in range(500)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    path = tmp_path / "run.yaml"
    path.write_text(
        f"model_name_or_path: {tmp_path / 'model'}\ndataset_name: {tmp_path / 'rows.jsonl'}\n"
        f"output_dir: {tmp_path / 'out'}\nmax_steps: 8\nsave_steps: 2\nlogging_steps: 1\n"
        "per_device_train_batch_size: 4\nlearning_rate: 1e-3\nreport_to: none\ndisable_tqdm: true\n"
    )
    return path


def run(arguments: list[str], folder: Path, **variables: str) -> subprocess.Popen[str]:
    environment = (
        os.environ
        | variables
        | {
            "PYTHONPATH": str(ROOT / "src"),
            "OMP_NUM_THREADS": "1",
            "HF_DATASETS_CACHE": str(folder / "cache"),
            "HF_HUB_OFFLINE": "1",
        }
    )
    command = [sys.executable, "-m", "tilth", *arguments]
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_killed_in_the_middle_and_resumed_to_the_same_weights(recipe: Path) -> None:
    folder = recipe.parent
    whole = run(["train", "sft", "--config", str(recipe), "--output_dir", str(folder / "whole")], folder)
    said = whole.communicate(timeout=600)[1]
    assert whole.returncode == 0, said
    killed = run(["train", "sft", "--config", str(recipe)], folder)
    while killed.poll() is None and not (folder / "out" / "checkpoint-4").exists():
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    again = run(["train", "sft", "--config", str(recipe), "--resume_from_checkpoint", "true"], folder)
    said = again.communicate(timeout=600)[1]
    assert again.returncode == 0, said

    ends = [load_file(folder / name / "model.safetensors") for name in ("whole", "out")]
    torch.testing.assert_close(ends[1], ends[0], atol=0, rtol=0)
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder / "out")
    made = model.generate(torch.tensor([[1, 2, 3]]), max_new_tokens=4, do_sample=False, pad_token_id=0)
    assert made.shape[1] > 3
    assert (folder / "out" / "tokens.json").exists() and (folder / "out" / "recipe.yaml").exists()


def test_a_plan_writes_nothing(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "sft", "--config", str(recipe), "--dry-run", "--beta1", "0.5"]) == 2
    assert "unknown key; did you mean `adam_beta1`" in capsys.readouterr().err
    assert main(["train", "sft", "--config", str(recipe), "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "learning_rate: 0.001" in out and "weights" in out and "500 read" in err
    assert not (recipe.parent / "out").exists()


def test_all_mistakes_at_once_before_any_model_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "model_name_or_path: nowhere\nlerning_rate: 1e-5\npacking: no\nmax_steps: many\nseed: 1.5\n"
    )
    assert main(["train", "sft", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert "5 mistakes" in said
    for line in (
        "`lerning_rate`: unknown key; did you mean `learning_rate`?",
        "`packing`: 'no' is not true or false",
        "`max_steps`: 'many' is not a number",
        "`seed`: 1.5 is not a whole number",
        "`dataset_name` is missing, and so is `datasets`",
    ):
        assert line in said


def test_a_split_to_evaluate_on(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tilth.train.recipe import plan

    folder = recipe.parent / "data"
    folder.mkdir()
    for name, number in {"train": 20, "test": 7}.items():
        rows = [{"prompt": f"{one} + 1 =", "completion": f" {one + 1}"} for one in range(number)]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    keys = {
        "model_name_or_path": str(recipe.parent / "model"), "dataset_name": str(folder),
        "output_dir": str(recipe.parent / "out"), "report_to": "none",
    }  # fmt: skip
    assert plan("sft", keys).test_rows() is None
    assert len(plan("sft", {**keys, "eval_strategy": "steps", "eval_steps": 2}).test_rows()) == 7
    assert main(["train", "sft", "--config", str(recipe), "--dataset_test_split", "test"]) == 2
    assert "`dataset_test_split` is read where `eval_strategy`" in capsys.readouterr().err


def test_memory_by_parts(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "memory", str(recipe), "--method", "dpo", "--output", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["part"] for row in rows][-1] == "total" and len(rows) == 7


def test_a_profile_by_name() -> None:
    from tilth.errors import UserError
    from tilth.train.launch.start import command, profile

    line = command({"num_processes": 4, "accelerate_config": "fsdp2"}, ["train", "sft"])
    assert line is not None and line[1:6] == [
        "-m",
        "accelerate.commands.launch",
        "--num_processes",
        "4",
        "--config_file",
    ]
    assert line[-4:] == ["-m", "tilth", "train", "sft"]
    with pytest.raises(UserError, match="no profile `zero9`"):
        profile("zero9")


def test_a_run_on_a_task_set_says_what_it_learnt_from(recipe: Path, tmp_path: Path) -> None:
    """From a release to tasks to a model, and back from the repository to the model."""
    made = repository(tmp_path / "r", {b"a.py": code(1), b"b.py": code(2)}).path
    release = build_release(recipe_of(made), tmp_path / "release").path
    tasks, ledger = tmp_path / "tasks", str(tmp_path / "ledger.sqlite")
    assert main(["tasks", "build", str(release), "fim", "--into", str(tasks), "--context_chars", "80"]) == 0
    assert main(["governance", "init", "--ledger", ledger]) == 0
    options = ["--dataset_name", str(tasks), "--output_dir", str(tmp_path / "mine"), "--max_length", "250"]
    trained = run(["train", "sft", "--config", str(recipe), *options], tmp_path, TILTH_LEDGER=ledger)
    said = trained.communicate(timeout=600)[1]
    assert trained.returncode == 0, said
    record = json.loads((tmp_path / "mine" / "lineage.json").read_text())
    [dataset] = record["datasets"]
    assert [one["kind"] for one in dataset["stands_on"]] == ["tasks", "release"]
    assert dataset["rows"] > 0 and list(dataset["rows_by_repository"].values()) == [dataset["rows"]]
    assert record["weights"] and record["tool"]["torch"]
    assert "What it learnt from" in (tmp_path / "mine" / "README.md").read_text()
    found = run(["governance", "reach", f"file://{made}", "--ledger", ledger, "--output", "json"], tmp_path)
    rows = json.loads(found.communicate(timeout=60)[0])
    assert [row["kind"] for row in rows] == ["release", "tasks", "model"]
    assert rows[2]["rows"] == dataset["rows"]
