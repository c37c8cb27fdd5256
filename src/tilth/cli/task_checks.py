"""`tilth tasks check` and `pairs`: what the sandbox says of tasks, and pairs of answers made of it."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say

Weaker = Annotated[
    bool,
    Parameter(
        name="--allow-weaker", help="Run programs also where this machine lacks a protection (tilth env)."
    ),
]
_BATCH = 64


def pool_of(allow_weaker: bool) -> Any:
    """The sandbox; says at once where it may not be used."""
    from tilth.tasks.sandbox.pool import Pool

    return Pool(allow_weaker=allow_weaker)


def check(
    tasks: Path, /, *, limit: int | None = None, allow_weaker: Weaker = False, output: Output = "auto"
) -> None:
    """Check tasks again: files are as they were written, own solutions pass three times, wrong ones fail.

    Ends with exit code 3 where a task does not stand it.

    Example: tilth tasks check tasks/checked

    Parameters
    ----------
    tasks
        Folder of the task set.
    limit
        Check only the first tasks.
    """
    from tilth.errors import CheckFailed
    from tilth.report.progress import Progress
    from tilth.tasks.builders.kinds import BUILDERS
    from tilth.tasks.checks import faults
    from tilth.tasks.task import Part, Task
    from tilth.tasks.task_set import TaskSet

    found = TaskSet.open(tasks)
    if damaged := found.damaged():
        raise CheckFailed(f"`{tasks}` was changed: {damaged[0]}", hint="build it again")
    reasons: Counter[str] = Counter()
    wrong = []
    rows = islice(found.rows(), limit)
    total = found.manifest["counts"]["kept"]
    with Progress.open("auto") as progress, progress.stage("check", total=total, unit="tasks") as stage:
        while batch := list(islice(rows, _BATCH)):
            told: list[tuple[str, str] | None] = [None] * len(batch)
            if found.kind == "checked":
                with pool_of(allow_weaker) as pool:
                    told = faults(batch, pool)
            elif found.kind in BUILDERS:
                builder = BUILDERS[found.kind]
                made = [
                    Task(r["kind"], r["language"], tuple(Part(**p) for p in r["files"]), r) for r in batch
                ]
                told = [(reason, "") if (reason := builder.holds(one)) else None for one in made]
            for row, fault in zip(batch, told, strict=True):
                reasons[fault[0] if fault else "holds"] += 1
                if fault:
                    wrong.append({"task_id": row["task_id"], "reason": fault[0], "value": fault[1]})
            stage.advance(len(batch))
    emit(wrong, output)
    say(", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items())))
    if wrong:
        raise CheckFailed(f"{len(wrong)} tasks do not hold", hint="build the task set again")


def pairs(
    tasks: Path,
    /,
    *,
    into: Path,
    answers: Path | None = None,
    per_task: int = 2,
    allow_weaker: Weaker = False,
    output: Output = "auto",
) -> None:
    """Make preference pairs: answers that passed against answers that failed, to the same task.

    Example: tilth tasks pairs tasks/checked --into tasks/pairs --answers runs/eval/answers.parquet

    Parameters
    ----------
    tasks
        Folder of a task set of kind `checked`.
    into
        A new folder.
    answers
        What a model answered, as `tilth train eval` writes it; without, small changes of the own solutions that fail
        are rejected.
    per_task
        Most pairs of a task.
    """
    from tilth.report.progress import Progress
    from tilth.tasks.preferences import answers_in
    from tilth.tasks.preferences import pairs as make
    from tilth.tasks.task_set import TaskSet

    given = answers_in(answers) if answers else None
    with pool_of(allow_weaker) as pool, Progress.open("auto") as progress:
        made = make(TaskSet.open(tasks), into, progress, answers=given, pool=pool, per_task=per_task)
    emit({"tasks": str(made.path)} | made.manifest["counts"], output)
