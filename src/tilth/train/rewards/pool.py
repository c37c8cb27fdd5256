"""Rewards in processes of their own, with hard time-outs: one that raises or hangs costs one answer, not the job.

A function judges the whole batch first. Where that fails, it judges every answer alone, and those where it fails again
stay without a reward. Processes are forked, so functions need not be importable; what they change in memory stays in
their process.
"""

import asyncio
import inspect
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from tilth.errors import UserError
from tilth.train.rewards.signature import Reward, name_of

Calls = Mapping[str, Any]
"""Keywords of a call: `prompts`, `completions`, `completion_ids`, and columns: lists with a value for each answer."""

SHARED = ("trainer_state",)
"""Keywords that are one for all answers."""

HERE = "runs_in_this_process"
"""Attribute of functions that cannot run in another process: those that hold a model."""


@dataclass(slots=True)
class Verdict:
    """What one function said of a batch."""

    rewards: list[Reward]
    failures: list[str] = field(default_factory=list)
    """One line for each answer that it could not judge."""
    metrics: dict[str, list[float]] = field(default_factory=dict)
    """What it logged with `log_metric`."""
    extras: dict[str, list[Any]] = field(default_factory=dict)
    """Columns that it added with `log_extra`."""
    seconds: float = 0.0


@dataclass(slots=True)
class _Task:
    function: int
    rows: list[int]
    deadline: float = 0.0
    started: float = 0.0


class Pool:
    """Runs reward functions.

    Args:
        functions: In TRL's signature, sync or async.
        workers: Processes; 0 judges in this one, without time-outs.
        timeout_seconds: For a call, whatever the number of its answers.
    """

    def __init__(
        self, functions: Sequence[Callable[..., Any]], *, workers: int = 2, timeout_seconds: float = 60.0
    ) -> None:
        self.functions, self.timeout_seconds = list(functions), timeout_seconds
        self.names = [name_of(one) for one in self.functions]
        self._workers: list[_Worker] = []
        self._number = workers

    def judge(self, calls: Calls) -> list[Verdict]:
        """What each function says of a batch.

        Raises:
            UserError: A function gives something else than one number or None for each answer.
        """
        number = len(calls["prompts"])
        verdicts = [Verdict([None] * number) for _ in self.functions]
        if not number:
            return verdicts
        here = [at for at, one in enumerate(self.functions) if not self._number or hasattr(one, HERE)]
        for at in here:
            began = time.perf_counter()
            self._take(verdicts[at], at, list(range(number)), _called(self.functions[at], calls))
            verdicts[at].seconds = time.perf_counter() - began
        if len(here) < len(self.functions):
            self._in_processes(
                calls, verdicts, number, [at for at in range(len(self.functions)) if at not in here]
            )
        return verdicts

    def _in_processes(self, calls: Calls, verdicts: list[Verdict], number: int, which: list[int]) -> None:
        while len(self._workers) < self._number:
            self._workers.append(_Worker(self.functions))
        waiting = deque(_Task(at, list(range(number))) for at in which)
        busy: dict[Connection, tuple[_Worker, _Task]] = {}
        try:
            while waiting or busy:
                idle = [one for one in self._workers if one.connection not in busy]
                while waiting and idle:
                    worker, task = idle.pop(), waiting.popleft()
                    task.started = time.monotonic()
                    task.deadline = task.started + self.timeout_seconds
                    worker.send(task.function, _rows_of(calls, task.rows))
                    busy[worker.connection] = (worker, task)
                left = min(task.deadline for _, task in busy.values()) - time.monotonic()
                for connection in wait(list(busy), max(left, 0.0)):
                    worker, task = busy.pop(cast(Connection, connection))
                    self._finish(verdicts, task, worker.receive(), waiting)
                    if not worker.is_alive():
                        self._replace(worker)
                for connection, (worker, task) in list(busy.items()):
                    if time.monotonic() >= task.deadline:
                        del busy[connection]
                        self._replace(worker)
                        what = f"took longer than {self.timeout_seconds:g} seconds"
                        self._finish(verdicts, task, ("failed", what), waiting)
        except BaseException:
            self.close()
            raise

    def _finish(
        self, verdicts: list[Verdict], task: _Task, found: tuple[str, Any], waiting: deque[_Task]
    ) -> None:
        verdict = verdicts[task.function]
        verdict.seconds += time.monotonic() - task.started
        kind, content = found
        if kind == "said":
            self._take(verdict, task.function, task.rows, content)
        elif len(task.rows) > 1:
            waiting.extend(_Task(task.function, [row]) for row in task.rows)
        else:
            verdict.failures.append(content)

    def _take(self, verdict: Verdict, function: int, rows: list[int], found: "_Said") -> None:
        for row, one in zip(rows, _checked(self.names[function], found.rewards, len(rows)), strict=True):
            verdict.rewards[row] = one
        for name, values in found.metrics.items():
            verdict.metrics.setdefault(name, []).extend(values)
        for name, values in found.extras.items():
            column = verdict.extras.setdefault(name, [None] * len(verdict.rewards))
            for row, one in zip(rows, values, strict=False):
                column[row] = one

    def _replace(self, worker: "_Worker") -> None:
        worker.kill()
        self._workers[self._workers.index(worker)] = _Worker(self.functions)

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.kill()
        self._workers = []


@dataclass(slots=True)
class _Said:
    rewards: Any
    metrics: dict[str, list[float]]
    extras: dict[str, list[Any]]


def _called(function: Callable[..., Any], calls: Calls) -> _Said:
    said = _Said(None, {}, {})
    found = function(
        **calls,
        log_metric=lambda name, value: said.metrics.setdefault(name, []).append(float(value)),
        log_extra=lambda name, values: said.extras.__setitem__(name, list(values)),
    )
    if inspect.isawaitable(found):
        found = asyncio.run(_awaited(found))
    said.rewards = found.tolist() if hasattr(found, "tolist") else found
    return said


async def _awaited(found: Any) -> Any:
    return await found


def _rows_of(calls: Calls, rows: list[int]) -> dict[str, Any]:
    return {
        name: values if name in SHARED else [values[row] for row in rows] for name, values in calls.items()
    }


def _checked(name: str, rewards: Any, number: int) -> list[Reward]:
    """Rewards as numbers; one that is not a number (NaN) was not given.

    Raises:
        UserError: They are not what a reward function gives.
    """
    if isinstance(rewards, str) or not isinstance(rewards, Sequence):
        raise UserError(
            f"the reward `{name}` gave {type(rewards).__name__}", hint="return a list of numbers or None"
        )
    if len(rewards) != number:
        raise UserError(
            f"the reward `{name}` gave {len(rewards)} rewards for {number} answers",
            hint="return one number or None for each answer",
        )
    found: list[Reward] = []
    for one in rewards:
        if one is not None and (isinstance(one, str) or not hasattr(one, "__float__")):
            raise UserError(f"the reward `{name}` gave {one!r}", hint="return numbers or None")
        value = None if one is None else float(one)
        found.append(None if value is None or value != value or abs(value) == float("inf") else value)
    return found


class _Worker:
    """A process that judges when it is asked to."""

    def __init__(self, functions: Sequence[Callable[..., Any]]) -> None:
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self.connection, functions), daemon=False
        )
        self._process.start()
        theirs.close()

    def send(self, function: int, calls: Calls) -> None:
        with suppress(BrokenPipeError):
            self.connection.send((function, calls))

    def receive(self) -> tuple[str, Any]:
        try:
            found: tuple[str, Any] = self.connection.recv()
        except (EOFError, OSError):
            self.kill()
            return "failed", f"its process ended with {self._process.exitcode}"
        return found

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """End the process and all that it started."""
        if self._process.pid is not None and self._process.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, parents: Connection, functions: Sequence[Callable[..., Any]]) -> None:
    os.setsid()
    parents.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            function, calls = connection.recv()
        except EOFError:
            os._exit(0)
        try:
            found: tuple[str, Any] = ("said", _called(functions[function], calls))
        except Exception as error:
            found = ("failed", f"{type(error).__name__}: {error}")
        try:
            connection.send(found)
        except (TypeError, AttributeError, ValueError) as error:
            connection.send(("failed", f"its result cannot be sent: {error}"))
