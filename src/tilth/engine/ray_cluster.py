"""Runs tasks on a Ray cluster: plain tasks, few in flight, repeated where a node or worker dies."""

import importlib
import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from tilth.engine.choose import cores
from tilth.engine.task import Task, answer, heaviest_first
from tilth.errors import UserError, WorkFailed

RETRIES = 3
"""How often Ray repeats a task whose worker or node died."""

IN_FLIGHT_PER_WORKER = 2
"""One task that runs and one that is on its way, so that no worker waits for this process."""

KNOCK_SECONDS = 10.0

OBJECT_STORE_BYTES = 128 * 1024 * 1024
"""Shared memory of a Ray that is started here: outcomes are small, and by default it takes 30 % of the machine."""


class RayCluster:
    """Runs tasks on a cluster that is there already, or on a Ray of its own on this machine.

    The folders that tasks read and write must be shared by all nodes, and tilth be installed on each of them.
    """

    def __init__(self, workers: int, address: str | None = None, preload: Sequence[str] = ()) -> None:
        """Joins or starts Ray.

        Args:
            workers: Tasks that run at a time; 0 is one for each core of the cluster.
            address: `HOST:PORT` or `ray://HOST:PORT` to join, or `auto` for a cluster that this machine is part of;
                left out, `RAY_ADDRESS` counts, and without it Ray is started here. A Ray that this process has
                joined already is used as it is.
            preload: Modules that the workers import while the first tasks are being prepared.

        Raises:
            UserError: Ray is not installed, or does not answer at the address.
        """
        self._ray = _ray()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            _connect(self._ray, workers, address or os.environ.get("RAY_ADDRESS"))
        self.workers = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._answer = self._ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)(answer)
        warm = self._ray.remote(num_cpus=1, max_retries=0)(_import)
        self._warming = [warm.remote(list(preload)) for _ in range(self.workers)] if preload else []

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, dict[str, Any]]]:
        """Runs the tasks, heaviest first; each outcome comes as soon as it is there."""
        waiting = deque(heaviest_first(tasks))
        flying: dict[Any, Task] = {}
        try:
            while waiting or flying:
                while waiting and len(flying) < self.workers * IN_FLIGHT_PER_WORKER:
                    task = waiting.popleft()
                    flying[self._answer.remote(task)] = task
                ready, _ = self._ray.wait(list(flying), num_returns=1)
                for reference in ready:
                    task = flying.pop(reference)
                    yield task, self._outcome(task, reference)
        finally:
            # Of a run that failed or was left early, nothing goes on.
            for reference in flying:
                self._ray.cancel(reference)

    def _outcome(self, task: Task, reference: Any) -> dict[str, Any]:
        """What the task returned; its own error, or WorkFailed where Ray could not get it done."""
        try:
            kind, value = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            raise WorkFailed(
                f"Ray gave up on a task ({task.function}): {_last_line(error)}",
                hint="each node needs this version of tilth, and memory; Ray's logs are under /tmp/ray on the nodes",
            ) from error
        if kind == "failed":
            raise value
        outcome: dict[str, Any] = value
        return outcome

    def close(self) -> None:
        """Leaves the cluster, and ends it if it was started here."""
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise UserError("Ray is not installed", hint="pip install 'tilth[ray]'") from error


def _connect(ray: ModuleType, workers: int, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        ray.init(
            address="local",
            num_cpus=workers or cores(),
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            **quiet,
        )
        return
    try:
        _knock(address)
        ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise UserError(
            f"no Ray cluster answers at {address}: {_last_line(error)}",
            hint="`ray status --address HOST:PORT` says whether it runs; leave the address out to start one here",
        ) from error


def _knock(address: str) -> None:
    """Opens a connection and closes it: Ray itself tries for minutes where nobody listens."""
    place = urlsplit(address if "://" in address else f"//{address}")
    if place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), timeout=KNOCK_SECONDS).close()


def _import(modules: list[str]) -> None:
    for module in modules:
        importlib.import_module(module)


def _last_line(error: Exception) -> str:
    # Ray puts tracebacks, with colours, into its messages; what went wrong stands at their end.
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
