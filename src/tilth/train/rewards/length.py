"""Rewards that depend on how long an answer is, in tokens."""

import math
from collections.abc import Callable
from typing import Any

from tilth.errors import UserError
from tilth.train.rewards.mathematics import same_value
from tilth.train.rewards.signature import Reward, text_of


def get_soft_overlong_punishment(
    max_completion_len: int, soft_punish_cache: int
) -> Callable[..., list[Reward]]:
    """A reward: 0 up to a length, falling to -1 at the limit and staying there (DAPO, arXiv:2503.14476, equation 13).

    Args:
        max_completion_len: Tokens of the longest answer that is allowed.
        soft_punish_cache: Tokens before it over which the reward falls.
    """
    if not 0 < soft_punish_cache <= max_completion_len:
        raise UserError("`soft_punish_cache` must be above 0 and not above `max_completion_len`")
    free = max_completion_len - soft_punish_cache

    def soft_overlong_punishment(*, completion_ids: list[list[int]], **kwargs: Any) -> list[Reward]:
        return [max(-1.0, min(0.0, (free - len(ids)) / soft_punish_cache)) for ids in completion_ids]

    return soft_overlong_punishment


def get_cosine_scaled_reward(
    min_value_wrong: float = -1.0,
    max_value_wrong: float = -0.5,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    max_len: int = 1000,
) -> Callable[..., list[Reward]]:
    """A reward: right answers the better the shorter, wrong ones the better the longer (arXiv:2502.03373, section 4.2).

    Args:
        min_value_wrong: Of the shortest wrong answer.
        max_value_wrong: Of the longest wrong answer.
        min_value_correct: Of the longest right answer.
        max_value_correct: Of the shortest right answer.
        max_len: Tokens of the longest answer.
    """

    def cosine_scaled(
        completions: list[Any], completion_ids: list[list[int]], solution: list[Any], **kwargs: Any
    ) -> list[Reward]:
        found: list[Reward] = []
        for said, ids, wanted in zip(completions, completion_ids, solution, strict=True):
            is_right = same_value(text_of(said), str(wanted))
            first, last = (
                (max_value_correct, min_value_correct) if is_right else (min_value_wrong, max_value_wrong)
            )
            share = min(len(ids) / max_len, 1.0)
            value = last + (first - last) * (1 + math.cos(share * math.pi)) / 2
            found.append(None if is_right is None else value)
        return found

    return cosine_scaled
