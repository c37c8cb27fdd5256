"""vLLM in this process: weights are handed over without a copy on disk."""

import copy
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from tilth.errors import UserError
from tilth.train.rollouts.protocol import Answer, Sampling
from tilth.train.rollouts.vllm_requests import LOGPS, WORKER, answer, room, settings

_CPU_CACHE_BYTES = 2**30
"""For the keys and values of a CPU: vLLM would take most of the machine's memory."""


class Vllm:
    """An engine in this process.

    Args:
        model: Folder or name of the model; its weights are replaced by `load`.
        dtype: Of the weights, such as `float32`; vLLM would make float32 checkpoints bfloat16.
        max_model_len: Tokens of a prompt with its answer.
        sleeps: Give a GPU's memory back between `generate` and the next; nothing happens on a CPU.
        cache_bytes: For keys and values; None on a GPU for a share of its memory.
        settings: Other arguments of `vllm.LLM`.

    Raises:
        UserError: vLLM is not installed, or cannot serve the model.
    """

    is_shared = False

    def __init__(
        self,
        model: str,
        *,
        dtype: str = "auto",
        max_model_len: int | None = None,
        sleeps: bool = False,
        cache_bytes: int | None = None,
        **settings: Any,
    ) -> None:
        # One process: this one. A worker elsewhere could not be handed weights.
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        try:
            import vllm
            from vllm.platforms import current_platform
        except ImportError as error:
            raise UserError(f"vLLM cannot be imported: {error}", hint="pip install 'tilth[vllm]'") from error
        self._vllm = vllm
        on_cpu = current_platform.is_cpu()
        if on_cpu:
            settings = {"distributed_executor_backend": "uni", "enforce_eager": True} | settings
            cache_bytes = cache_bytes or _CPU_CACHE_BYTES
        self._sleeps = sleeps and not on_cpu
        try:
            self.llm: Any = vllm.LLM(
                model,
                dtype=dtype,
                max_model_len=max_model_len,
                kv_cache_memory_bytes=cache_bytes,
                logprobs_mode=LOGPS,
                worker_extension_cls=WORKER,
                enable_sleep_mode=self._sleeps,
                generation_config="vllm",
                skip_tokenizer_init=True,
                disable_log_stats=True,
                **settings,
            )
        except (ValueError, OSError, RuntimeError) as error:
            raise UserError(f"vLLM cannot serve `{model}`: {error}") from error
        self.context = int(self.llm.llm_engine.model_config.max_model_len)
        self.version = 0
        self._sleep()

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """So many answers to each prompt, in order.

        Raises:
            UserError: A prompt is empty, or leaves no room for an answer.
        """
        how = [
            self._vllm.SamplingParams(
                **settings(sampling, at, room(prompt, sampling, self.context), answers), detokenize=False
            )
            for at, prompt in enumerate(prompts)
        ]
        found = self._ask(prompts, how)
        return [
            [
                answer(
                    one.token_ids,
                    _sampled(one.logprobs, one.token_ids),
                    one.finish_reason,
                    sampling,
                    self.version,
                )
                for one in said.outputs
            ]
            for said in found
        ]

    def score(self, sequences: Sequence[Sequence[int]]) -> list[list[float]]:
        """Log-probability of each token of some texts but the first, at temperature 1."""
        how = self._vllm.SamplingParams(max_tokens=1, prompt_logprobs=0, detokenize=False)
        found = self._ask(sequences, [how] * len(sequences))
        return [
            _sampled(said.prompt_logprobs[1:], ids[1:]) for said, ids in zip(found, sequences, strict=True)
        ]

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Answer with these weights from now on; keys and values of the old ones are forgotten."""
        self._wake("weights")
        self.llm.collective_rpc(lambda worker: worker.tilth_load(weights, version))
        self.llm.reset_prefix_cache()
        self.version = version

    def close(self) -> None:
        """Give back what vLLM holds."""
        self.llm.llm_engine.engine_core.shutdown()
        del self.llm

    def _ask(self, prompts: Sequence[Sequence[int]], how: Sequence[Any]) -> list[Any]:
        self._wake(None)
        asked = [{"prompt_token_ids": list(one)} for one in prompts]
        found: list[Any] = self.llm.generate(asked, list(how), use_tqdm=False)
        self._sleep()
        return found

    def _sleep(self) -> None:
        if self._sleeps:
            self.llm.sleep(level=1)

    def _wake(self, part: str | None) -> None:
        if self._sleeps:
            self.llm.wake_up(tags=None if part is None else [part])


def shape_of(model: Any, folder: Path) -> str:
    """Writes what vLLM must know of a model whose weights come later; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = copy.deepcopy(model.config)
    # A model that was never saved does not say it, and vLLM would guess.
    config.architectures = [type(model).__name__]
    config.save_pretrained(folder)
    return str(folder)


def _sampled(logps: Sequence[Any], ids: Sequence[int]) -> list[float]:
    """The log-probability of each token itself, of those that vLLM gives."""
    return [float(known[token].logprob) for known, token in zip(logps, ids, strict=True)]
