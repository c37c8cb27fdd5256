"""What counts as a task: own solutions pass, wrong ones fail, runs agree; and pairs made of what was seen."""

from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import Made
from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.tasks.build import Wanted, build
from tilth.tasks.builders.kinds import BUILDERS
from tilth.tasks.checks import faults, mutants, sieve, wrong_bodies
from tilth.tasks.preferences import Judged, pairs
from tilth.tasks.programs import verdicts
from tilth.tasks.release import Release
from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.sandbox.program import Limits
from tilth.tasks.task_set import TaskSet


@pytest.fixture(scope="module")
def pool() -> Any:
    with Pool(2, allow_weaker=True) as made:
        yield made


@pytest.fixture(scope="module")
def checked(shapes: Made, pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> TaskSet:
    """The functions of the example that can be checked."""
    builder = BUILDERS["checked"]
    into = tmp_path_factory.mktemp("checked") / "tasks"
    wanted = Wanted(builder, builder.options())
    return build(Release.open(shapes.path), into, wanted, Progress(), sieve=sieve(pool))


def test_only_tasks_that_stand_every_check_count(checked: TaskSet) -> None:
    reasons = {}
    for row in checked.rejected():
        reasons.setdefault(row["reason"], []).append(row["first_line"])
    assert {row["entry_point"] for row in checked.rows()} == {"area", "ring", "half"}
    assert len(reasons["own_solution_fails"]) + len(reasons.get("runs_disagree", [])) == 2
    assert len(reasons["wrong_solution_passes"]) == 1


def task(test: str, before: str = "def f(a):\n", completion: str = "    return a + 1\n") -> dict[str, Any]:
    return {"before": before, "completion": completion, "test": test}


def test_reasons(pool: Pool) -> None:
    letters = "def f():\n"
    first = "    return next(iter({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}))\n"
    found = faults(
        [
            task("assert f(1) == 2"),
            task("assert f(1) == 3"),
            task("f"),
            task("assert hash('a') % 2 == F\n", "import os\nF = hash('a') % 2\ndef f(a):\n"),
            *(task(f"assert f() == {one!r}", letters, first) for one in "abcdefgh"),
        ],
        pool,
    )
    assert found[0] is None
    assert found[1] == ("own_solution_fails", "AssertionError")
    assert found[2] is not None and found[2][0] == "wrong_solution_passes"
    # The order of a set of letters is another one in another run: no letter is the first in all three.
    assert {fault[0] for fault in found[4:] if fault} <= {"own_solution_fails", "runs_disagree"}
    assert all(found[4:])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("    raise SystemExit(0)\n", "ended_early"),
        ("    import os; os._exit(0)\n", "ended_early"),
        ("    print('passed'); import sys; sys.exit()\n", "ended_early"),
        ("    while True: pass\n", "wall_time"),
        ("    return 'x' * 10**10\n", "MemoryError"),
        ("  this is no Python\n", "SyntaxError"),
        ("    return '\ud800'\n", "AssertionError"),
    ],
)
def test_an_answer_that_does_not_pass_says_why(pool: Pool, answer: str, why: str) -> None:
    [(passed, said)] = verdicts(
        [(task("assert f(1) == 2"), answer, 0)], pool, Limits(wall_seconds=4, cpu_seconds=10)
    )
    assert not passed
    assert said in (why, "memory", "failed") if why == "MemoryError" else said == why


def test_words_of_a_failure_are_not_told(pool: Pool) -> None:
    text = "raise ValueError('text of the file')"
    assert verdicts([(task(text), "    return a\n", 0)], pool) == [(False, "ValueError")]


def test_wrong_bodies_and_mutants_keep_the_indentation() -> None:
    asked = task("", "def f(a, b):\n", "\treturn a + b if a < 3 and True else 'ä' in b\n")
    assert all(body.startswith("\t") for body in wrong_bodies(asked))
    found = mutants(asked, 9)
    assert len(set(found)) == len(found) >= 5
    for body in found:
        compile(asked["before"] + body, "f", "exec")
    assert any("a - b" in body for body in found) and any("a >= 3" in body for body in found)


def test_pairs_of_what_passes_and_what_fails(checked: TaskSet, pool: Pool, tmp_path: Path) -> None:
    found = pairs(checked, tmp_path / "pairs", Progress(), pool=pool)
    rows = list(found.rows())
    tasks = {row["task_id"]: row for row in checked.rows()}
    assert rows
    for row in rows:
        whole = tasks[row["task"]]
        assert (row["prompt"], row["chosen"]) == (whole["prompt"], whole["completion"])
        assert row["chosen"] != row["rejected"] and row["files"] == whole["files"]
    told = verdicts([(tasks[row["task"]], row["rejected"], 0) for row in rows], pool)
    assert not any(passed for passed, _ in told)
    kinds = [one["kind"] for one in found.manifest["stands_on"]]
    assert kinds == ["tasks", "release"]


def test_pairs_of_a_models_answers(checked: TaskSet, tmp_path: Path) -> None:
    first, second, third = (row["task_id"] for row in checked.rows())
    answers = {
        first: [Judged("good", True), Judged("bad", False), Judged("bad", False), Judged("worse", False)],
        second: [Judged("bad", False)],
    }
    found = pairs(checked, tmp_path / "pairs", Progress(), answers=answers)
    assert [(row["chosen"], row["rejected"]) for row in found.rows()] == [("good", "bad"), ("good", "worse")]
    assert found.manifest["counts"]["rejected"] == {"no_answer": 1, "none_passes": 1}
    assert third not in answers


def test_pairs_need_checks(shapes: Made, tmp_path: Path) -> None:
    builder = BUILDERS["fim"]
    fim = build(Release.open(shapes.path), tmp_path / "fim", Wanted(builder, builder.options()), Progress())
    with pytest.raises(UserError, match="which nothing runs"):
        pairs(fim, tmp_path / "pairs", Progress())
