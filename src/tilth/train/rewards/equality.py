"""Whether an answer is the right one: letter by letter, or as mathematics."""

from typing import Any

from tilth.train.rewards.mathematics import same_value
from tilth.train.rewards.signature import Reward, text_of


def exact_reward(completions: list[Any], answer: list[Any], **kwargs: Any) -> list[Reward]:
    """1 where the answer is the text of the column `answer`, white space at the ends aside; else 0."""
    return [
        None if wanted is None else float(text_of(said).strip() == str(wanted).strip())
        for said, wanted in zip(completions, answer, strict=True)
    ]


def accuracy_reward(completions: list[Any], solution: list[Any], **kwargs: Any) -> list[Reward]:
    r"""1 where the last value of the answer equals that of the column `solution`; None where that has none.

    The value is what stands in the last `\boxed{}`, or else in the last pair of dollar signs, or else the last number.
    """
    return [
        same_value(text_of(said), str(wanted)) for said, wanted in zip(completions, solution, strict=True)
    ]


def reasoning_accuracy_reward(
    completions: list[Any],
    solution: list[Any],
    reasoning_delimiters: list[str] | None = None,
    **kwargs: Any,
) -> list[Reward]:
    """`accuracy_reward` of what stands behind the last delimiter (`</think>`); 0 where reasoning never ended."""
    found: list[Reward] = []
    for said, wanted in zip(completions, solution, strict=True):
        text = text_of(said)
        ends = [text.rfind(mark) + len(mark) for mark in reasoning_delimiters or ["</think>"] if mark in text]
        found.append(same_value(text[max(ends) :], str(wanted)) if ends else 0.0)
    return found
