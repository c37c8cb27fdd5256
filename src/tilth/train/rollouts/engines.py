"""Which engine answers, by the settings."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tilth.errors import UserError
from tilth.train.heads.scores import causal_lm
from tilth.train.rollouts.in_process import InProcess
from tilth.train.rollouts.probe import Probed, Scoring, scored_by, tolerance_of
from tilth.train.rollouts.protocol import Engine
from tilth.train.rollouts.servers import Servers
from tilth.train.rollouts.transport import ByFile
from tilth.train.rollouts.vllm import Vllm, shape_of
from tilth.train.rollouts.vllm_client import address

_IN_MEMORY = Path("/dev/shm")
"""Where a file costs no disk, on most machines."""


def engine_for(trainer: Any) -> Engine:
    """The engine that a trainer's settings ask for.

    Raises:
        UserError: The model is sharded, which no engine can use; or vLLM is asked for and not there.
    """
    args = trainer.args
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        raise UserError(
            "the model is sharded, and an engine is given whole weights", hint="train without sharding"
        )
    if not args.use_vllm:
        return InProcess(trainer.model, rows=args.generation_rows)
    model = causal_lm(trainer.model)
    dtype = next(iter(model.parameters())).dtype
    engine: Scoring = _servers(args) if args.vllm_mode == "server" else _colocated(args, model, dtype)
    vocabulary = int(model.config.get_text_config().vocab_size)
    return Probed(engine, scored_by(trainer.model), vocabulary, tolerance_of(dtype))


def _servers(args: Any) -> Servers:
    given = args.vllm_server_base_url or f"{_own(args.vllm_server_host)}:{args.vllm_server_port}"
    urls = [address(one) for one in ([given] if isinstance(given, str) else given)]
    folder = args.vllm_weights_folder and Path(args.vllm_weights_folder)
    if not folder:
        are_here = all(urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1") for url in urls)
        in_memory = are_here and _IN_MEMORY.is_dir()
        folder = _IN_MEMORY if in_memory else Path(args.output_dir).absolute() / "weights"
    pushes = args.process_index == 0
    return Servers(urls, ByFile(folder), timeout_seconds=args.vllm_server_timeout, pushes=pushes)


def _own(host: str) -> str:
    """The address of a server that listens everywhere, as it is reached from here."""
    return "127.0.0.1" if host == "0.0.0.0" else host


def _colocated(args: Any, model: Any, dtype: Any) -> Vllm:
    """Only the shape of the model is read from disk: its weights come with the first push."""
    more = {}
    if args.vllm_tensor_parallel_size > 1:
        raise UserError(
            "`vllm_tensor_parallel_size` is for servers: here, each process has a vLLM", hint="server mode"
        )
    if next(iter(model.parameters())).is_cuda:
        more = {"gpu_memory_utilization": args.vllm_gpu_memory_utilization}
    return Vllm(
        shape_of(model, Path(args.output_dir) / "vllm"),
        dtype=str(dtype).removeprefix("torch."),
        max_model_len=args.vllm_max_model_length,
        sleeps=args.vllm_enable_sleep_mode,
        load_format="dummy",
        **more,
    )
