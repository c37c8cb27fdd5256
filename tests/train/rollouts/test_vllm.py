"""vLLM in the trainer's process, in an interpreter of its own: its versions are not those of these tests."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.train.rollouts.served import PYTHON, QUIET, ROOT
from tilth.errors import UserError
from tilth.train.rollouts import serving, vllm
from tilth.train.rollouts.protocol import Sampling
from tilth.train.rollouts.vllm_requests import answer, room, settings


@pytest.mark.skipif(not PYTHON.exists(), reason="no environment with vLLM: make vllm")
@pytest.mark.parametrize("name", ["qwen3", "llama"])
def test_in_process_with_tied_embeddings_and_without(name: str, tmp_path: Path) -> None:
    around = os.environ | QUIET | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    line = [str(PYTHON), str(Path(__file__).with_name("vllm_inside.py")), name, str(tmp_path)]
    ended = subprocess.run(line, env=around, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout.splitlines()[-1])
    assert "differ from the trainer's" in found["wrong"]
    assert found["difference"] <= 1e-5 and found["sampled"] <= 1e-5 and found["sure"] <= 1e-5
    assert (found["same"], found["different"], found["versions"]) == (True, 6, [2])
    assert found["stopped"] == ["stop", True]
    assert "no tokens" in found["empty"] and "256 tokens" in found["long"] and found["length"] == 2


def test_without_vllm_it_is_said_what_to_install() -> None:
    for attempt in (lambda: vllm.Vllm("m"), serving.on_cpu):
        with pytest.raises(UserError, match="vLLM") as told:
            attempt()
        assert "pip install" in told.value.hint


def test_the_servers_command() -> None:
    line = serving.command("m", "127.0.0.1", 8, dtype="float32", cpu=True, more=("--max-model-len", "9"))
    assert line[1:3] == ["-m", "vllm.entrypoints.openai.api_server"] and line[-2:] == ["--max-model-len", "9"]
    assert "processed_logprobs" in line and "--enforce-eager" in line
    assert "--enforce-eager" not in serving.command("m", "h", 8, dtype="auto", cpu=False)
    assert serving.environment(cpu=False)["VLLM_SERVER_DEV_MODE"] == "1"


def test_requests_and_answers() -> None:
    how = Sampling(8, seed=1, stop_token_ids=(5,))
    assert settings(how, 0, 8, 2)["seed"] != settings(how, 1, 8, 2)["seed"]
    assert settings(Sampling(8), 0, 8, 1)["seed"] is None
    assert room([1, 2], how, 6) == 4
    assert answer([1, 5], [-1.0, -2.0], "length", how, 3).finish == "stop"
    assert answer([1, 2], [-1.0, -2.0], "length", how, 3).finish == "length"
    assert answer([], [], "abort", how, 3).finish == "abort"
    with pytest.raises(UserError, match="log-probability"):
        answer([1], [float("nan")], "stop", how, 3)
