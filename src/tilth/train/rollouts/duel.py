"""Two answers to a prompt by two engines: the model against another one."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from torch import Tensor

from tilth.errors import UserError
from tilth.train.rollouts.protocol import Answer, Engine, Sampling


class Duel:
    """Half of the answers by one engine, half by the other.

    Args:
        first: Of the model that is trained.
        second: Its opponent.
        around: What to do around the opponent's work, such as switching an adapter off.
    """

    is_shared = True

    def __init__(
        self,
        first: Engine,
        second: Engine,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.first, self.second, self.around = first, second, around

    def generate(
        self, prompts: Sequence[Sequence[int]], sampling: Sampling, answers: int = 1
    ) -> list[list[Answer]]:
        """The first engine's answers come first."""
        if answers % 2:
            raise UserError(f"{answers} answers cannot be shared by two")
        mine = self.first.generate(prompts, sampling, answers // 2)
        # With the seed of the first, the same weights would give the same answer.
        other = sampling if sampling.seed is None else replace(sampling, seed=sampling.seed ^ 1)
        with self.around():
            theirs = self.second.generate(prompts, other, answers // 2)
        return [[*own, *his] for own, his in zip(mine, theirs, strict=True)]

    def load(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """To both; the opponent shares what it needs."""
        self.first.load(weights, version)
        self.second.load((), version)

    def close(self) -> None:
        """Both."""
        self.first.close()
        self.second.close()
