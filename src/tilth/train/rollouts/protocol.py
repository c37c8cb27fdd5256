"""What answers prompts: token ids in, token ids out, each with the log-probability it was drawn with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        max_tokens: Of an answer.
        temperature: Logits are divided by it; 0 takes the likeliest token.
        top_p: Smallest set of tokens whose probability reaches this share; 1 takes all.
        top_k: So many of the likeliest tokens; 0 takes all.
        min_p: Tokens at least this share as likely as the likeliest.
        repetition_penalty: Logits of tokens seen are divided by it where positive and multiplied where negative.
        stop_token_ids: End an answer, and are its last token.
        seed: The same seed draws the same answers from the same weights.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop_token_ids: tuple[int, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        token_ids: The answer, with the token that stopped it.
        logps: Natural logarithms, of the distribution that each token was drawn from: after temperature and cuts.
        finish: `stop` at a stop token, `length` at the limit, `abort` where the engine gave up.
        version: Of the weights: of all tokens, or one for each.
    """

    token_ids: list[int]
    logps: list[float]
    finish: Literal["stop", "length", "abort"]
    version: int | tuple[int, ...]


class Engine(Protocol):
    """Answers prompts with the weights it was given last."""

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """So many answers to each prompt, in order."""
        ...

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Answer with these weights from now on.

        Args:
            weights: Names as in the model's `state_dict`, and values.
            version: What answers are marked with.
        """
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
