"""The faces train, on two architectures; the same under any split of the batch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset

from tests.train.tiny import ARCHITECTURES, row, tiny_model

SFT_ROWS = [row(0, 5 + index % 7, seed=index) for index in range(16)]
PAIRS = [row(3 + index % 4, 4 + index % 5, 3 + index % 3, seed=index) for index in range(16)]


def settings(name: str, folder: Path, **changes: Any) -> Any:
    import tilth.train

    given = {
        "output_dir": str(folder),
        "max_steps": 3,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-2,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "seed": 1,
    }
    return getattr(tilth.train, f"{name}Config")(**{**given, **changes})


def trainer(name: str, folder: Path, rows: list[dict[str, Any]], model: Any = None, **changes: Any) -> Any:
    import tilth.train

    arguments = {
        key: changes.pop(key) for key in ("ref_model", "peft_config", "eval_dataset") if key in changes
    }
    face = getattr(tilth.train, f"{name}Trainer")
    return face(
        tiny_model() if model is None else model,
        args=settings(name, folder, **changes),
        train_dataset=Dataset.from_list(rows),
        **arguments,
    )


def losses(trained: Any) -> list[float]:
    return [line["loss"] for line in trained.state.log_history if "loss" in line]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("name", "rows"), [("SFT", SFT_ROWS), ("DPO", PAIRS)])
def test_a_method_learns(name: str, rows: list[dict[str, Any]], architecture: str, tmp_path: Path) -> None:
    run = trainer(name, tmp_path, rows, tiny_model(architecture), max_steps=12)
    run.train()
    found = losses(run)
    assert len(found) == 12 and found[-1] < found[0]
    assert {"num_tokens", "entropy", "mean_token_accuracy", "grad_norm"} <= run.state.log_history[0].keys()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("name", "rows"), [("SFT", SFT_ROWS), ("DPO", PAIRS)])
def test_pitfall_1_any_split_into_micro_batches_is_the_same(
    name: str, rows: list[dict[str, Any]], architecture: str, tmp_path: Path
) -> None:
    found = []
    for size in (8, 2, 1):
        model = tiny_model(architecture)
        run = trainer(
            name,
            tmp_path / str(size),
            rows,
            model,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=8 // size,
            optim="sgd",
        )
        run.train()
        found.append((losses(run), [one.detach() for one in model.parameters()]))
    for line, weights in found[1:]:
        assert line == pytest.approx(found[0][0], rel=1e-5)
        torch.testing.assert_close(weights, found[0][1], atol=1e-6, rtol=1e-5)
