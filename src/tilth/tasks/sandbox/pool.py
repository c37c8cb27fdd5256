"""One stranger's program, or many at a time."""

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from tilth.errors import UserError
from tilth.tasks.sandbox.program import Limits, Outcome, Program
from tilth.tasks.sandbox.protections import protections
from tilth.tasks.sandbox.running import run_by


def run(program: Program, limits: Limits | None = None, *, allow_weaker: bool = False) -> Outcome:
    """Runs a program that nobody vouches for.

    Args:
        program: What is run.
        limits: What it may take.
        allow_weaker: Run it also where this machine lacks a protection.

    Raises:
        UserError: A protection is missing here, and weaker ones were not allowed.
        WorkFailed: The sandbox could not be set up.
    """
    here = protections()
    if here.missing and not allow_weaker:
        raise UserError(
            f"this machine lacks protections against a stranger's program: {', '.join(here.missing)}",
            hint="install bubblewrap, or allow user namespaces; where you trust the programs, allow_weaker=True",
        )
    return run_by(here.means, program, limits or Limits())


class Pool:
    """Runs programs side by side.

    Args:
        workers: Programs at one time; None for one on each core that this process may use.
        allow_weaker: As for `run`.
    """

    def __init__(self, workers: int | None = None, *, allow_weaker: bool = False) -> None:
        self._allow_weaker = allow_weaker
        # Waiting for another process needs a thread each, and no process.
        self._threads = ThreadPoolExecutor(workers or len(os.sched_getaffinity(0)), "sandbox")

    def submit(self, program: Program, limits: Limits | None = None) -> Future[Outcome]:
        """Starts a program as soon as there is room, and returns at once."""
        return self._threads.submit(run, program, limits, allow_weaker=self._allow_weaker)

    def run_all(self, programs: Iterable[Program], limits: Limits | None = None) -> list[Outcome]:
        """Outcomes in the programs' order."""
        return [waiting.result() for waiting in [self.submit(program, limits) for program in programs]]

    def close(self) -> None:
        """Ends when what was begun has ended; what was not begun is not run."""
        self._threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
