"""Runs tasks on this machine: in this process, or in a pool of worker processes that end with it, however it ends.

The workers come from a fork server, so they start in milliseconds and inherit no threads. When this process is killed
each of them notices and ends at once, in the middle of a task too, with the programs that it started: no orphan goes on
writing.
"""

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from tilth.engine.task import Task, answer, heaviest_first
from tilth.errors import WorkFailed

GONE = (EOFError, BrokenPipeError, ConnectionResetError)
"""What a pipe raises when there is nobody at its other end."""


class InProcess:
    """Runs tasks one after another in this process."""

    workers = 1

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Runs the tasks in their order."""
        for task in tasks:
            yield task, task.run()

    def close(self) -> None:
        """Nothing to end."""


def _serve(pipe: Connection) -> None:
    """A worker's life: take a task, do it, answer; end when the pipe closes."""
    # A session of its own: Ctrl-C reaches the pool alone, and one kill reaches the worker and the programs it started.
    os.setsid()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What was imported stays: no look for garbage needs to go through it.
    gc.freeze()
    with suppress(*GONE):
        while True:
            pipe.send(answer(pipe.recv()))


def _end_with_parent() -> None:
    """Waits for the end of the process that owns the pool, then ends this one whatever it is doing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.killpg(0, signal.SIGKILL)


@contextmanager
def _main_unseen() -> Iterator[None]:
    """Hides the program's main module while a worker starts.

    A worker would run the user's script a second time, which goes wrong without a `__main__` guard and for a script
    on standard input. Tasks are named by module, so no worker needs it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


class _Worker:
    """One worker process, its pipe, and the task that it has."""

    def __init__(self, context: ForkServerContext) -> None:
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _main_unseen():
            self.process.start()
        theirs.close()
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        self.task = task
        # One that died idle is found out, like any other, where its answer is read.
        with suppress(*GONE):
            self.pipe.send(task)

    def take(self) -> Task:
        task, self.task = self.task, None
        if task is None:
            raise RuntimeError("a worker without a task answered")
        return task

    def end(self) -> None:
        """Ends the process and what it started, at once: tasks can be repeated."""
        self.pipe.close()
        self.process.kill()
        if self.process.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()


class LocalPool:
    """Runs tasks in `workers` processes of this machine, each with the modules in `preload` already imported."""

    def __init__(self, workers: int, preload: Sequence[str] = ()) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        # It imports what the workers need while this process looks for work.
        with _main_unseen():
            forkserver.ensure_running()
        self._pool: list[_Worker] = []

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Runs the tasks, heaviest first; a task whose worker dies is tried once more."""
        waiting = deque(heaviest_first(tasks))
        retried: set[int] = set()
        try:
            while waiting or self._busy():
                self._hand_out(waiting)
                for worker in self._answered():
                    task = worker.take()
                    try:
                        kind, value = worker.pipe.recv()
                    except GONE:
                        self._remove(worker)
                        waiting.appendleft(self._second_try(task, retried))
                        continue
                    if kind == "failed":
                        raise value
                    yield task, value
        finally:
            # Of a run that failed or was left early, nothing goes on; and what an idle worker holds in memory, the
            # steps between two runs may need. New ones come from the fork server in milliseconds.
            self.close()

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._pool if worker.task is not None]

    def _hand_out(self, waiting: deque[Task]) -> None:
        while len(self._pool) < min(self.workers, len(waiting) + len(self._busy())):
            self._pool.append(_Worker(self._context))
        for worker in self._pool:
            if worker.task is None and waiting:
                worker.give(waiting.popleft())

    def _answered(self) -> Iterator[_Worker]:
        pipes = {worker.pipe: worker for worker in self._busy()}
        for pipe in wait(list(pipes)):
            yield pipes[pipe]  # type: ignore[index]

    def _remove(self, worker: _Worker) -> None:
        worker.end()
        self._pool.remove(worker)

    @staticmethod
    def _second_try(task: Task, retried: set[int]) -> Task:
        if id(task) in retried:
            raise WorkFailed(
                f"a worker died twice at the same task ({task.function})",
                hint="it may need more memory than there is: try fewer `--workers`",
            )
        retried.add(id(task))
        return task

    def close(self) -> None:
        """Ends the workers."""
        for worker in self._pool:
            worker.end()
        self._pool.clear()


def local(workers: int, preload: Sequence[str] = ()) -> InProcess | LocalPool:
    """The engine for this machine: this process for one worker, a pool for more."""
    return InProcess() if workers <= 1 else LocalPool(workers, preload)
