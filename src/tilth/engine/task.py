"""A task: one call that can be made anywhere, any number of times, with the same outcome on disk."""

import importlib
import pickle
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tilth.errors import UserError


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


def answer(task: Task) -> tuple[str, Any]:
    """Runs a task for another process: ("done", outcome), or ("failed", an error that survives the way there)."""
    try:
        return "done", task.run()
    except Exception as error:
        notes = [f"in task {task.function}"]
        if not isinstance(error, UserError):
            # A traceback is not pickled with its error.
            notes.append("".join(traceback.format_tb(error.__traceback__)).rstrip())
        return "failed", _sendable(error, notes)


def _sendable(error: Exception, notes: list[str]) -> Exception:
    """The error itself, or its words where it cannot be pickled and read back."""
    kept = error
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        kept = RuntimeError(f"{type(error).__name__}: {error}")
    for note in notes:
        kept.add_note(note)
    return kept
