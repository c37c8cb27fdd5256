"""Real vLLM servers, and models that vLLM can serve."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.train.tiny import VOCABULARY, tiny_model
from tilth.train.rollouts import serving

ROOT = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("TILTH_VLLM", ROOT / ".venv-vllm")) / "bin" / "python"
"""Interpreter of an environment with vLLM; `make vllm` makes it."""

SHAPE = {"hidden_size": 64, "head_dim": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
"""vLLM has no attention on CPUs for smaller heads."""
CONTEXT = 256


def model(name: str, seed: int, **changes: Any) -> Any:
    """A tiny one with random weights: qwen3 with tied embeddings, llama without."""
    made = tiny_model(name, seed=seed, **SHAPE, **changes).float().eval()
    with torch.no_grad():
        for values in made.parameters():
            # So that some tokens are much likelier than others, and errors show.
            values.mul_(1.5) if values.dim() > 1 else None
    return made


def folder(into: Path, name: str, seed: int, **changes: Any) -> Path:
    """The model's folder, with a tokenizer whose words are numbers."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    model(name, seed, **changes).save_pretrained(into)
    words = {str(number): number for number in range(VOCABULARY)}
    plain = Tokenizer(models.WordLevel(words, unk_token="0"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    template = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
    PreTrainedTokenizerFast(
        tokenizer_object=plain, unk_token="0", eos_token="1", chat_template=template
    ).save_pretrained(into)
    return into


@dataclass
class Server:
    port: int
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """With all its processes, as a machine that is gone."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def again(self) -> None:
        self.process = _begin(self.command, self.log)


def _begin(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    around = serving.environment(cpu=True) | QUIET
    with log.open("ab") as out:
        return subprocess.Popen(command, env=around, stdout=out, stderr=out, start_new_session=True)


QUIET = {
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
}


@contextmanager
def servers(of: Path, number: int, logs: Path) -> Iterator[list[Server]]:
    """So many of one model, each with processes of its own."""
    started = []
    try:
        for at in range(number):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            more = ("--max-model-len", str(CONTEXT), "--kv-cache-memory-bytes", "64M")
            line = serving.command(str(of), "127.0.0.1", port, dtype="float32", cpu=True, more=more)
            line[0] = str(PYTHON)
            log = logs / f"server{at}.log"
            started.append(Server(port, line, log, _begin(line, log)))
        yield started
    finally:
        for server in started:
            if server.process.poll() is None:
                server.kill()
