"""Runs tasks on this machine: in this process, or in a pool of worker processes that outlives neither a kill nor a crash.

The workers come from a fork server, so they start in milliseconds and inherit no threads. Each has a pipe of its own to
this process: when this process is killed the pipe closes and the worker ends, so no orphan goes on writing.
"""

import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from tilth.engine.task import Task, heaviest_first
from tilth.errors import WorkFailed


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
    while True:
        try:
            task: Task = pipe.recv()
        except EOFError:
            return
        except KeyboardInterrupt:
            return
        try:
            answer: tuple[str, Any] = ("done", task.run())
        except KeyboardInterrupt:
            return
        except Exception as error:
            error.add_note(f"in task {task.function}")
            answer = ("failed", error)
        try:
            pipe.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return


class _Worker:
    """One worker process, its pipe, and the task that it has."""

    def __init__(self, context: ForkServerContext) -> None:
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        self.task = task
        self.pipe.send(task)

    def take(self) -> Task:
        task, self.task = self.task, None
        if task is None:
            raise RuntimeError("a worker without a task answered")
        return task

    def end(self) -> None:
        self.pipe.close()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.process.kill()


class LocalPool:
    """Runs tasks in `workers` processes of this machine, each with the modules in `preload` already imported."""

    def __init__(self, workers: int, preload: Sequence[str] = ()) -> None:
        self.workers = workers
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._pool: list[_Worker] = []

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Runs the tasks, heaviest first; a task whose worker dies is tried once more."""
        waiting = deque(heaviest_first(tasks))
        retried: set[int] = set()
        while len(self._pool) < min(self.workers, len(waiting)):
            self._pool.append(_Worker(self._context))
        busy: list[_Worker] = []
        while waiting or busy:
            for worker in self._pool:
                if worker.task is None and waiting:
                    worker.give(waiting.popleft())
                    busy.append(worker)
            pipes = {worker.pipe: worker for worker in busy}
            for pipe in wait(list(pipes)):
                worker = pipes[pipe]  # type: ignore[index]
                busy.remove(worker)
                task = worker.take()
                try:
                    kind, value = worker.pipe.recv()
                except (EOFError, ConnectionResetError):
                    self._replace(worker)
                    waiting.appendleft(self._second_try(task, retried))
                    continue
                if kind == "failed":
                    raise value
                yield task, value

    def _replace(self, dead: _Worker) -> None:
        dead.end()
        self._pool[self._pool.index(dead)] = _Worker(self._context)

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
