"""A task: one call that can be made anywhere, any number of times, with the same outcome on disk."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """A function by name, its arguments as plain data, and how much work it is.

    Tasks write whole files under names that depend on their input alone, so running one twice, or on two
    machines at once, leaves the same files.
    """

    function: str
    """`package.module:function`."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments, JSON-like, so that any launcher can carry them."""
    weight: int = 1
    """Relative cost (bytes or files), for order and progress."""

    def run(self) -> dict[str, Any]:
        """Calls the function here, in this process."""
        module, _, name = self.function.partition(":")
        function = getattr(importlib.import_module(module), name)
        outcome: dict[str, Any] = function(**self.arguments)
        return outcome


class Engine(Protocol):
    """Runs tasks; gives each outcome as it comes, in any order."""

    workers: int

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Runs every task once or more and yields it with what it returned.

        Raises:
            UserError: A task raised one.
            WorkFailed: A worker died twice at the same task.
        """
        ...

    def close(self) -> None:
        """Ends the workers."""
        ...


def heaviest_first(tasks: Iterable[Task]) -> list[Task]:
    """Long tasks first, so that no worker is left alone with one at the end; ties in the given order."""
    return sorted(tasks, key=lambda task: -task.weight)
