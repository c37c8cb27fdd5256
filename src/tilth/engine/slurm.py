"""Runs tasks as Slurm job arrays, through submitit: one job for each worker, its tasks one after another."""

import heapq
import importlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from tilth.engine.task import Task, answer, heaviest_first
from tilth.errors import UserError, WorkFailed

DEFAULTS: dict[str, Any] = {"name": "tilth", "cpus_per_task": 1, "timeout_min": 720}
"""submitit's own time limit is five minutes."""

TIMEOUTS = 1
"""How often a job that reached its time limit is queued again; it goes on with the tasks it had not done."""

POLL_SECONDS = {"slurm": 2.0, "local": 0.1}


class Chunk:
    """The work of one job: tasks, and the answers so far, which it takes along when Slurm moves it."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = list(tasks)
        self.answers: list[tuple[str, Any]] = []

    def __call__(self) -> list[tuple[str, Any]]:
        """Does what is left; the answers in the order of the tasks, up to the first that failed."""
        while len(self.answers) < len(self.tasks):
            self.answers.append(answer(self.tasks[len(self.answers)]))
            kind, value = self.answers[-1]
            if kind == "failed":
                # submitit raises its own error into whatever runs when the time is up: that is no task's mistake.
                if type(value).__name__ == "UncompletedJobError":
                    raise value
                break
        return self.answers

    def checkpoint(self) -> Any:
        """What submitit queues in the place of a job that is preempted or out of time."""
        return importlib.import_module("submitit").helpers.DelayedSubmission(self)


class SlurmArrays:
    """Runs tasks in up to `workers` jobs of an array; a job whose node is lost is submitted again once.

    The folder, the folders that tasks read and write, and the Python environment must be shared with the nodes. Jobs
    outlive a kill of this process; they do no harm, since tasks can be repeated.
    """

    def __init__(
        self,
        workers: int,
        folder: Path,
        executor: Literal["slurm", "local"] = "slurm",
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Looks for the scheduler.

        Args:
            workers: Jobs that run at a time, each with one task at a time.
            folder: Where submitit keeps its scripts and the jobs' logs.
            executor: `slurm`, or `local` for processes of this machine, to try out what would be submitted.
            parameters: submitit's: `timeout_min`, `mem_gb`, `slurm_partition`, `slurm_account`, ...

        Raises:
            UserError: submitit is not installed, there is no Slurm here, or a parameter is unknown.
        """
        self.workers = workers
        self._submitit = _submitit()
        self._poll_seconds = POLL_SECONDS[executor]
        self._executor = self._made(folder, executor, {**DEFAULTS, **(parameters or {})})

    def _made(self, folder: Path, executor: str, parameters: dict[str, Any]) -> Any:
        parameters.setdefault("slurm_array_parallelism", self.workers)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            made = self._submitit.AutoExecutor(folder, executor, **{f"{executor}_max_num_timeout": TIMEOUTS})
        except RuntimeError as error:
            raise UserError(
                "there is no Slurm on this machine (`srun` was not found)",
                hint="run it on a login node, or try it out here with the engine `slurm-local`",
            ) from error
        try:
            made.update_parameters(**parameters)
        except (NameError, ValueError, TypeError, AssertionError) as error:
            raise UserError(
                f"Slurm parameter: {str(error).partition(chr(10))[0]}",
                hint="submitit's names: timeout_min, mem_gb, cpus_per_task, slurm_partition, slurm_account, slurm_qos",
            ) from error
        return made

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Submits the tasks as one array; outcomes come a job at a time."""
        chunks = [Chunk(part) for part in balanced(tasks, self.workers)]
        open_jobs = dict(zip(self._submit(chunks), chunks, strict=True)) if chunks else {}
        again: set[int] = set()
        try:
            while open_jobs:
                ended = [job for job in open_jobs if job.done()]
                for job in ended:
                    chunk = open_jobs.pop(job)
                    answers = self._answers(job, last_try=id(chunk) in again)
                    if answers is None:
                        again.add(id(chunk))
                        open_jobs[self._submit([chunk])[0]] = chunk
                        continue
                    yield from _outcomes(chunk, answers)
                if not ended:
                    time.sleep(self._poll_seconds)
        finally:
            # Of a run that failed or was left early, nothing goes on.
            for job in open_jobs:
                job.cancel(check=False)

    def _submit(self, chunks: list[Chunk]) -> list[Any]:
        try:
            jobs: list[Any] = self._executor.submit_array(chunks)
        except self._submitit.core.utils.FailedJobError as error:
            raise WorkFailed(
                f"Slurm refused the jobs: {error}", hint="fewer `--workers`, or other limits"
            ) from error
        return jobs

    def _answers(self, job: Any, last_try: bool) -> list[tuple[str, Any]] | None:
        """What the job left; None where it left nothing and may be tried once more."""
        errors = self._submitit.core.utils
        try:
            answers: list[tuple[str, Any]] = job.result()
        except errors.FailedJobError as error:
            raise _failed(job, "failed", error) from error
        except errors.UncompletedJobError as error:
            if not last_try:
                return None
            raise _failed(job, "was lost twice", error) from error
        return answers

    def close(self) -> None:
        """Nothing to end: jobs end with their tasks."""


def balanced(tasks: Sequence[Task], parts: int) -> list[list[Task]]:
    """The tasks in at most `parts` lists of about the same weight: each task, heaviest first, to the lightest list.

    Graham, Bounds on multiprocessing timing anomalies (1969): at most 4/3 of the best split's heaviest part.
    """
    lists: list[list[Task]] = [[] for _ in range(min(parts, len(tasks)))]
    loads = [(0, 0, index) for index in range(len(lists))]
    for task in heaviest_first(tasks):
        load, count, index = loads[0]
        lists[index].append(task)
        heapq.heapreplace(loads, (load + task.weight, count + 1, index))
    return lists


def _outcomes(chunk: Chunk, answers: list[tuple[str, Any]]) -> Iterator[tuple[Task, dict[str, Any]]]:
    # A chunk ends early only at a task that failed, and that one raises.
    for task, (kind, value) in zip(chunk.tasks, answers, strict=False):
        if kind == "failed":
            raise value
        yield task, value


def _failed(job: Any, what: str, error: Exception) -> WorkFailed:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    # The first line is submitit's own; the last that is not a rule or a path is what went wrong.
    telling = [line for line in lines if "Error" in line and not line.startswith((" ", "-"))]
    return WorkFailed(
        f"job {job.job_id} {what}: {telling[-1] if telling else lines[0]}",
        hint=f"its log is {job.paths.stderr}; for more time or memory: timeout_min=…, mem_gb=…",
    )


def _submitit() -> ModuleType:
    try:
        return importlib.import_module("submitit")
    except ImportError as error:
        raise UserError("submitit is not installed", hint="pip install 'tilth[slurm]'") from error
