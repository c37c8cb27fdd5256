"""Weights of BCO by the density of prompts."""

from pathlib import Path

import pytest
import torch
from datasets import Dataset

from tests.train.methods.test_faces import ROWS, settings
from tests.train.rows import made
from tests.train.tiny import tiny_model
from tilth.train.density import density_ratios


def test_a_prompt_that_only_bad_answers_have_weighs_little() -> None:
    states = torch.tensor([[1.0], [1.0], [1.0], [-1.0], [-1.0], [1.0]]).repeat(20, 1)
    is_good = torch.tensor([True, True, True, False, False, False]).repeat(20)
    found = density_ratios(states, is_good, low=0.1, high=10, sample=1000)
    assert found[is_good].eq(1).all()
    assert found[3] < 0.2 and found[5] == pytest.approx(3, rel=0.1)
    # Of those at 1, all 60 of the good ones and 20 of the 60 bad ones: odds 3, whatever their numbers.


def test_alike_prompts_weigh_one_and_limits_hold() -> None:
    is_good = torch.tensor([True, False, False, False])
    assert density_ratios(torch.zeros(4, 2), is_good, low=0.5, high=2, sample=9).tolist() == pytest.approx(
        [1] * 4
    )
    far = torch.tensor([[50.0], [-50.0], [-50.0], [50.0]])
    assert density_ratios(far, is_good, low=0.5, high=2, sample=9)[1] == 0.5


def test_the_trainer_weighs(tmp_path: Path) -> None:
    from tilth.train import BCOTrainer

    tokenizer = made.tokenizer()

    def embed(input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        return (input_ids * attention_mask).float().mean(1, keepdim=True) / 100

    run = BCOTrainer(
        tiny_model(vocabulary=len(tokenizer)),
        args=settings("BCO", tmp_path),
        train_dataset=Dataset.from_list(ROWS["BCO"]),
        processing_class=tokenizer,
        embedding_func=embed,
    )
    weights = run.train_dataset["density"]
    labels = run.train_dataset["label"]
    assert all(weight == 1 for weight, good in zip(weights, labels, strict=True) if good)
    assert all(0.5 <= weight <= 10 for weight in weights) and len(set(weights)) > 2
    run.train()
    assert len(run.state.log_history) > 2
