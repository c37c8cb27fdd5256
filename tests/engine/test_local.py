"""The pool of this machine: every outcome, through crashes; nothing left behind, through kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tilth.engine.local import InProcess, LocalPool, local
from tilth.engine.task import Task, answer, heaviest_first
from tilth.errors import UserError, WorkFailed

TOYS = "tests.engine.toy_tasks"
ROOT = Path(__file__).parents[2]


def squares(folder: Path, count: int, seconds: float = 0.0) -> list[Task]:
    return [
        Task(f"{TOYS}:square", {"folder": str(folder), "number": number, "seconds": seconds}, weight=number)
        for number in range(count)
    ]


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    pool = LocalPool(2)
    yield pool
    pool.close()


def alive(process: int) -> bool:
    """Whether there is such a process that still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def eventually(true: Callable[[], object]) -> bool:
    """Whether it becomes true in half a minute, which is far more than it needs."""
    end = time.monotonic() + 30
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_users_mistake_keeps_its_hint(pool: LocalPool) -> None:
    with pytest.raises(UserError) as caught:
        list(pool.run([Task(f"{TOYS}:refuse")]))
    assert type(caught.value) is UserError
    assert str(caught.value) == "recipe.yaml: there is no such branch\nhint: did you mean `main`?"
    assert caught.value.__notes__ == [f"in task {TOYS}:refuse"]


@pytest.mark.parametrize("one", [1, -1], ids=["cannot be read back", "cannot be sent"])
def test_an_error_that_does_not_travel_keeps_its_words(pool: LocalPool, one: int) -> None:
    with pytest.raises(RuntimeError, match=f"Stubborn: {one} is not 2") as caught:
        list(pool.run([Task(f"{TOYS}:stumble", {"one": one})]))
    assert "in stumble" in caught.value.__notes__[1]


def test_a_task_that_does_not_exist(pool: LocalPool) -> None:
    with pytest.raises(AttributeError):
        list(pool.run([Task(f"{TOYS}:absent")]))


def test_a_worker_that_dies_once_is_replaced(pool: LocalPool, tmp_path: Path) -> None:
    tasks = [Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 1}), *squares(tmp_path, 3)]
    outcomes = {task.function.partition(":")[2]: outcome for task, outcome in pool.run(tasks)}
    assert outcomes["die"] == {"deaths": 1}


def test_a_worker_that_dies_twice_is_an_error(pool: LocalPool, tmp_path: Path) -> None:
    with pytest.raises(WorkFailed, match="died twice"):
        list(pool.run([Task(f"{TOYS}:die", {"folder": str(tmp_path), "times": 2})]))


def test_workers_end_with_their_run_and_the_next_has_new_ones(pool: LocalPool, tmp_path: Path) -> None:
    (_, first), *_ = pool.run(squares(tmp_path, 1))
    assert eventually(lambda: not alive(first["process"]))
    assert len(list(pool.run(squares(tmp_path, 3)))) == 3


def test_every_task_has_its_outcome(pool: LocalPool, tmp_path: Path) -> None:
    tasks = squares(tmp_path, 20)
    outcomes = dict((task.arguments["number"], outcome["square"]) for task, outcome in pool.run(tasks))
    assert outcomes == {number: number**2 for number in range(20)}
    assert len(list(tmp_path.glob("*.txt"))) == 20
    assert list(pool.run([])) == []


def test_the_heaviest_come_first_and_ties_keep_their_order() -> None:
    tasks = [Task("a", weight=1), Task("b", weight=5), Task("c", weight=5)]
    assert [task.function for task in heaviest_first(tasks)] == ["b", "c", "a"]


def test_answers_say_which_way_it_went(tmp_path: Path) -> None:
    assert answer(squares(tmp_path, 1)[0])[0] == "done"
    assert answer(Task(f"{TOYS}:refuse"))[0] == "failed"


def test_a_run_left_early_leaves_nothing_running(pool: LocalPool, tmp_path: Path) -> None:
    tick = Task(f"{TOYS}:tick", {"folder": str(tmp_path)})
    run = pool.run([tick, *squares(tmp_path, 1)])
    assert next(run)[0].function.endswith(":square")
    run.close()  # type: ignore[attr-defined]
    assert not any(alive(process) for process in tickers(tmp_path))
    assert len(list(pool.run(squares(tmp_path, 4)))) == 4


def test_a_pool_of_one_is_this_process(tmp_path: Path) -> None:
    engine = local(1)
    assert isinstance(engine, InProcess)
    assert [outcome["process"] for _, outcome in engine.run(squares(tmp_path, 2))] == [os.getpid()] * 2
    assert isinstance(local(2), LocalPool)


def tickers(folder: Path) -> list[int]:
    return [int(path.name.rpartition("-")[2]) for path in folder.glob("ticks-*")]


PROGRAM = f"""
import sys
from tilth.engine.local import LocalPool
from tilth.engine.task import Task

folder, task, workers = sys.argv[1:]
pool = LocalPool(2)
print(len(list(pool.run([Task("{TOYS}:" + task, {{"folder": folder, **more}}) for more in MORE]))))
pool.close()
"""


def started(folder: Path, task: str, more: str, how: str = "-c") -> "subprocess.Popen[bytes]":
    """A program of a user, without a `__main__` guard: as an argument, a file, or on standard input."""
    program = PROGRAM.replace("MORE", more)
    path = folder / "program.py"
    path.write_text(program)
    first = {"-c": program, "file": str(path), "-": "-"}[how]
    command = [sys.executable, *(["-c"] if how == "-c" else []), first, str(folder), task, "2"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with path.open("rb") as source:
        return subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, env=environment)


@pytest.mark.parametrize("how", ["-c", "file", "-"])
def test_programs_need_no_guard(tmp_path: Path, how: str) -> None:
    process = started(tmp_path, "square", '[{"number": number} for number in range(3)]', how)
    assert process.communicate(timeout=60)[0].strip() == b"3"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
@pytest.mark.parametrize("task", ["tick", "tick_in_child"])
def test_workers_end_with_their_owner(tmp_path: Path, how: signal.Signals, task: str) -> None:
    process = started(tmp_path, task, "[{}, {}]")
    try:
        assert eventually(lambda: len(tickers(tmp_path)) == 2)
        assert all(alive(worker) for worker in tickers(tmp_path))
        process.send_signal(how)
        process.communicate(timeout=60)
        assert eventually(lambda: not any(alive(worker) for worker in tickers(tmp_path)))
        written = [path.stat().st_size for path in tmp_path.glob("ticks-*")]
        time.sleep(0.1)
        assert [path.stat().st_size for path in tmp_path.glob("ticks-*")] == written
    finally:
        process.kill()
        process.communicate()
