"""The faces train, on two architectures; the same under any split of the batch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset

from tests.train.tiny import ARCHITECTURES, row, tiny_model


def _rows(*answers: int, **columns: Any) -> list[dict[str, Any]]:
    """Sixteen rows of growing lengths, with columns whose values take turns."""
    return [
        row(3 + index % 4, *(length + index % 3 for length in answers), seed=index)
        | {name: values[index % len(values)] for name, values in columns.items()}
        for index in range(16)
    ]


ROWS = {
    "SFT": _rows(5),
    "DPO": _rows(4, 3),
    "KTO": _rows(5, label=[True, False, False]),
    "BCO": _rows(5, label=[True, False, False]),
    "ORPO": _rows(4, 3),
    "CPO": _rows(4, 3),
    "TPO": _rows(4, 3, 5),
    "Reward": _rows(4, 3, margin=[0.0, 0.5]),
    "PRM": _rows(6, step_ends=[[1, 5], [2, 3, 4]], step_labels=[[1.0, 0.0], [0.0, 1.0, 0.5]]),
}
KINDS = {"Reward": "sequence", "PRM": "token"}


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
        tiny_model(kind=KINDS.get(name, "causal")) if model is None else model,
        args=settings(name, folder, **changes),
        train_dataset=Dataset.from_list(rows),
        **arguments,
    )


def losses(trained: Any) -> list[float]:
    return [line["loss"] for line in trained.state.log_history if "loss" in line]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ROWS)
def test_a_method_learns(name: str, architecture: str, tmp_path: Path) -> None:
    model = tiny_model(architecture, kind=KINDS.get(name, "causal"))
    run = trainer(name, tmp_path, ROWS[name], model, max_steps=8)
    run.train()
    found = losses(run)
    assert len(found) == 8 and sum(found[-3:]) < sum(found[:3])
    logged = run.state.log_history[0].keys()
    assert {"num_tokens", "grad_norm"} <= logged
    assert name in KINDS or {"entropy", "mean_token_accuracy"} <= logged


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", ROWS)
def test_pitfall_1_any_split_into_micro_batches_is_the_same(
    name: str, architecture: str, tmp_path: Path
) -> None:
    found = []
    for size in (8, 2):
        model = tiny_model(architecture, kind=KINDS.get(name, "causal"))
        run = trainer(
            name,
            tmp_path / str(size),
            ROWS[name],
            model,
            per_device_train_batch_size=size,
            gradient_accumulation_steps=8 // size,
            optim="sgd",
        )
        run.train()
        found.append((losses(run), [one.detach() for one in model.parameters()]))
    (line, weights), (expected, expected_weights) = found
    assert line == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(weights, expected_weights, atol=1e-6, rtol=1e-5)
