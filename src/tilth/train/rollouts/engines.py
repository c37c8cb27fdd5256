"""Which engine answers, by the settings."""

from typing import Any

from tilth.errors import UserError
from tilth.train.rollouts.in_process import InProcess
from tilth.train.rollouts.protocol import Engine


def engine_for(trainer: Any) -> Engine:
    """The engine that a trainer's settings ask for.

    Raises:
        UserError: The model is sharded, which no engine in this process can use.
    """
    args = trainer.args
    if args.use_vllm:
        raise UserError("`use_vllm` needs an engine", hint="give one as `engine`")
    if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
        raise UserError(
            "the model is sharded, and the engine in this process answers with a whole one",
            hint="sample with vLLM servers",
        )
    return InProcess(trainer.model, rows=args.generation_rows)
