"""How an engine and tools make an answer together; without tools, an answer is one turn of the engine."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from tilth.train.rollouts.answered import Answered
from tilth.train.rollouts.prompts import Prompt
from tilth.train.rollouts.protocol import Engine, Sampling

Slot = tuple[int, Prompt]
"""A group's number and its prompt: one for each answer that is wanted."""


class Conversations:
    """Answers of one turn.

    Args:
        tokenizer: Turns answers into text.
        is_conversational: Answers are messages.
    """

    at = 0
    """Which reward an environment itself gives."""

    def __init__(self, tokenizer: Any, *, is_conversational: bool) -> None:
        self.tokenizer, self.is_conversational = tokenizer, is_conversational

    def hold(self, engine: Engine, slots: Sequence[Slot], sampling: Sampling) -> list[Answered]:
        """An answer for each slot; those of one group in a row are asked for together."""
        runs = [list(members) for _, members in groupby(slots, key=lambda slot: slot[0])]
        found: dict[int, list[Any]] = {}
        for size in sorted({len(run) for run in runs}):
            places = [at for at, run in enumerate(runs) if len(run) == size]
            said = engine.generate([runs[at][0][1].ids for at in places], sampling, size)
            found.update(zip(places, said, strict=True))
        answers = [
            Answered(
                prompt, group, one.token_ids, one.logps, [True] * len(one.token_ids), one.finish, one.version
            )
            for at, run in enumerate(runs)
            for (group, prompt), one in zip(run, found[at], strict=True)
        ]
        for one in answers:
            one.completion = self.completion(one.token_ids)
        return answers

    def completion(self, token_ids: list[int]) -> Any:
        """As reward functions see it."""
        text = self.tokenizer.decode(token_ids, skip_special_tokens=True)
        return [{"role": "assistant", "content": text}] if self.is_conversational else text

    def reward(self, answer: Answered) -> float | None:
        """What the environment of an answer says of it."""
        return None
