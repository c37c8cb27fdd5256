"""A penalty for answers that say the same again and again."""

from typing import Any

from tilth.errors import UserError
from tilth.train.rewards.signature import Reward, RewardFunction, text_of


def get_repetition_penalty_reward(ngram_size: int = 3, max_penalty: float = -1.0) -> RewardFunction:
    """A reward: 0 where no sequence of words comes twice, and the penalty in the share of sequences that repeat others.

    Args:
        ngram_size: Words of a sequence.
        max_penalty: What only repetitions would give; not above 0.

    Raises:
        UserError: The penalty would be a gain, or a sequence has no words.
    """
    if max_penalty > 0 or ngram_size < 1:
        raise UserError("`max_penalty` must not be above 0, and `ngram_size` must be 1 or more")

    def repetition_penalty(completions: list[Any], **kwargs: Any) -> list[Reward]:
        return [max_penalty * _repeated_share(text_of(said), ngram_size) for said in completions]

    return repetition_penalty


def _repeated_share(text: str, size: int) -> float:
    words = text.lower().split()
    number = len(words) - size + 1
    if number < 1:
        return 0.0
    return 1 - len({tuple(words[at : at + size]) for at in range(number)}) / number
