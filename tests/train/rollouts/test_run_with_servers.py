"""A whole run of GRPO whose answers come from two real servers."""

from pathlib import Path
from typing import Any

import pytest

from tests.train.rollouts.served import PYTHON, folder, servers


@pytest.mark.skipif(not PYTHON.exists(), reason="no environment with vLLM: make vllm")
def test_answers_are_the_trainers_own(tmp_path: Path) -> None:
    """Weights are pushed before every round, so trainer and servers agree on every token, and all ratios are 1."""
    from datasets import Dataset
    from transformers import AutoTokenizer

    from tilth.train import GRPOConfig, GRPOTrainer

    def small(completion_ids: list[list[int]], **_: Any) -> list[float]:
        return [sum(token < 50 for token in ids) / 8 for ids in completion_ids]

    model = folder(tmp_path / "model", "qwen3", 0)
    with servers(model, 2, tmp_path) as started:
        args = GRPOConfig(
            output_dir=str(tmp_path / "run"),
            max_steps=3,
            per_device_train_batch_size=16,
            num_generations=8,
            max_completion_length=8,
            learning_rate=3e-3,
            logging_steps=1,
            reward_workers=0,
            use_vllm=True,
            vllm_mode="server",
            vllm_server_base_url=[server.url for server in started],
            vllm_server_timeout=600,
            report_to="none",
        )
        trainer = GRPOTrainer(
            model=str(model),
            reward_funcs=[small],
            args=args,
            train_dataset=Dataset.from_dict({"prompt": ["3 1 4", "1 5", "9 2 6", "5 3"]}),
            processing_class=AutoTokenizer.from_pretrained(model),
        )
        trainer.train()
    lines = [line for line in trainer.state.log_history if "reward" in line]
    assert len(lines) == 3
    for line in lines:
        assert line["sampling/sampling_logp_difference/mean"] < 1e-5
        assert abs(line["sampling/importance_sampling_ratio/mean"] - 1) < 1e-4
