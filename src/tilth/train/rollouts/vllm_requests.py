"""What is asked of vLLM in the same words, whether it runs in this process or behind an address."""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Literal

from tilth.errors import UserError
from tilth.train.rollouts.protocol import Answer, Sampling

WORKER = "tilth.train.rollouts.vllm_worker.Weights"
"""What vLLM's workers must hold for weights to be pushed."""
LOGPS = "processed_logprobs"
"""vLLM's name of log-probabilities after temperature, cuts and penalties."""


def room(prompt: Sequence[int], sampling: Sampling, context: int) -> int:
    """Tokens that an answer may have.

    Raises:
        UserError: The prompt is empty, or leaves no room for an answer.
    """
    if not prompt:
        raise UserError("a prompt has no tokens, and a model cannot begin from nothing")
    if len(prompt) >= context:
        raise UserError(
            f"a prompt has {len(prompt):,} tokens, and the model reads {context:,} at most",
            hint="leave such prompts out, or start vLLM with a larger `--max-model-len`",
        )
    return min(sampling.max_tokens, context - len(prompt))


def settings(sampling: Sampling, at: int, most: int, answers: int) -> dict[str, Any]:
    """Arguments that `SamplingParams` and `/v1/completions` share, for the prompt at this place."""
    return {
        "n": answers,
        "max_tokens": most,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repetition_penalty": sampling.repetition_penalty,
        "stop_token_ids": list(sampling.stop_token_ids),
        # Only the tokens that are named stop an answer.
        "ignore_eos": True,
        "seed": None if sampling.seed is None else _seed(sampling.seed, at),
        "logprobs": 0,
        "skip_special_tokens": False,
    }


def _seed(seed: int, at: int) -> int:
    """One for each prompt: with the same one, like prompts would get like answers. vLLM adds an answer's number."""
    return int.from_bytes(blake2b(f"{seed} {at}".encode(), digest_size=6).digest(), "big")


def answer(
    token_ids: Sequence[int], logps: Sequence[float], finish: str | None, sampling: Sampling, version: int
) -> Answer:
    """An answer from what vLLM said.

    Raises:
        UserError: A token has no log-probability.
    """
    if len(logps) != len(token_ids) or any(one is None or math.isnan(one) for one in logps):
        raise UserError(
            "vLLM gave a token without its log-probability", hint="start it with `tilth train vllm-serve`"
        )
    ended: Literal["stop", "length", "abort"] = "abort"
    if finish in ("stop", "length"):
        # A stop token that is the last one allowed is a stop.
        ended = "stop" if token_ids and token_ids[-1] in sampling.stop_token_ids else "length"
    return Answer(list(token_ids), list(logps), ended, version)
