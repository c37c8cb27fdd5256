"""Slurm arrays, with submitit's jobs as processes of this machine."""

import os
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.test_local import ROOT, TOYS, alive, eventually, squares, tickers
from tilth.engine.choose import engine
from tilth.engine.slurm import Chunk, SlurmArrays, balanced
from tilth.engine.task import Engine, Task
from tilth.errors import UserError, WorkFailed

submitit = import_module("submitit")

# submitit leaves its processes and log files to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{ROOT}")
    # How long a slow shared file system may take to show what a job wrote.
    monkeypatch.setattr(submitit.Job, "_results_timeout_s", 0)
    made = engine(
        "slurm-local", 2, folder=tmp_path / "jobs", parameters=["timeout_min=5", "slurm_partition=cpu"]
    )
    yield made
    made.close()


def test_a_users_mistake_keeps_its_hint(arrays: Engine) -> None:
    with pytest.raises(UserError) as caught:
        list(arrays.run([Task(f"{TOYS}:refuse")]))
    assert str(caught.value) == "recipe.yaml: there is no such branch\nhint: did you mean `main`?"


def test_a_job_that_is_lost_twice_is_an_error(arrays: Engine, tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match="was lost twice") as caught:
        list(arrays.run([Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 2})]))
    assert str(tmp_path / "jobs") in caught.value.hint


def test_a_job_that_is_lost_once_is_submitted_again(arrays: Engine, tmp_path: Path) -> None:
    tasks = [Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 1}, weight=9), *squares(tmp_path, 3)]
    outcomes = {task.function.partition(":")[2]: outcome for task, outcome in arrays.run(tasks)}
    assert outcomes["die"] == {"deaths": 1}


@pytest.mark.parametrize("parameter", ["colour=red", "slurm_planet=mars", "timeout_min=soon"])
def test_a_parameter_that_submitit_does_not_know(tmp_path: Path, parameter: str) -> None:
    with pytest.raises(UserError, match="Slurm parameter"):
        engine("slurm-local", 1, folder=tmp_path, parameters=[parameter])


@pytest.mark.skipif(shutil.which("srun") is not None, reason="there is a Slurm here")
def test_no_slurm_here(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Slurm on this machine"):
        SlurmArrays(2, tmp_path)


def test_every_task_has_its_outcome(arrays: Engine, tmp_path: Path) -> None:
    outcomes = list(arrays.run(squares(tmp_path, 9)))
    found = {task.arguments["number"]: outcome["square"] for task, outcome in outcomes}
    assert found == {number: number**2 for number in range(9)}
    assert len({outcome["process"] for _, outcome in outcomes}) == 2, "one process for each of the two jobs"
    assert list(arrays.run([])) == []


def test_a_run_left_early_leaves_nothing_running(arrays: Engine, tmp_path: Path) -> None:
    run = arrays.run([Task(f"{TOYS}:tick", {"folder": str(tmp_path)}, weight=9), *squares(tmp_path, 1)])
    assert next(run)[0].function.endswith(":square")
    assert eventually(lambda: tickers(tmp_path))
    run.close()  # type: ignore[attr-defined]
    assert eventually(lambda: not any(alive(process) for process in tickers(tmp_path)))


def test_a_job_that_is_moved_goes_on_where_it_was(tmp_path: Path) -> None:
    chunk = Chunk(squares(tmp_path, 3))
    chunk.answers.append(("done", {"square": "from before"}))
    moved = chunk.checkpoint().result()
    assert [outcome["square"] for _, outcome in moved] == ["from before", 1, 4]
    assert not (tmp_path / "0.txt").exists()


def test_the_end_of_a_jobs_time_is_no_tasks_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_time(folder: str) -> None:
        raise submitit.core.utils.UncompletedJobError("Job not requeued because: timed-out too many times.")

    monkeypatch.setattr(f"{TOYS}.tick", out_of_time)
    with pytest.raises(submitit.core.utils.UncompletedJobError):
        Chunk([Task(f"{TOYS}:tick", {"folder": str(tmp_path)})])()


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(1, 9))
def test_parts_are_balanced(weights: list[int], parts: int) -> None:
    tasks = [Task("a", {"number": number}, weight) for number, weight in enumerate(weights)]
    lists = balanced(tasks, parts)
    assert len(lists) == min(parts, len(tasks))
    assert sorted(task.arguments["number"] for part in lists for task in part) == list(range(len(tasks)))
    assert all(lists), "no job without a task"
    loads = [sum(task.weight for task in part) for part in lists]
    if loads:
        # The heaviest part got its last task when it was the lightest.
        heaviest = max(range(len(loads)), key=loads.__getitem__)
        assert loads[heaviest] - min(task.weight for task in lists[heaviest]) <= min(loads)
