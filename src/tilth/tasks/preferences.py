"""Preference pairs from what the sandbox said: an answer that passed against one that failed, to the same task."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.tasks.checks import mutants
from tilth.tasks.programs import verdicts
from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.task_set import Reference, TaskSet, Writer, references_of

COLUMNS = pa.schema([(name, pa.string()) for name in ("prompt", "chosen", "rejected", "task")])
"""`task` is the id of the task that both are answers to."""
REASONS: Final = ("no_answer", "none_passes", "none_fails")
_BATCH: Final = 16
_MUTANTS: Final = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer to a task."""

    text: str
    passed: bool


def answers_in(path: Path) -> dict[str, list[Judged]]:
    """Answers with their outcomes, by task, from the parquet file that `tilth train eval` writes.

    Raises:
        UserError: It cannot be read, or lacks a column.
    """
    try:
        rows = pq.read_table(path, columns=["task_id", "answer", "passed"]).to_pylist()
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise UserError(
            f"`{path}` has no answers: {error}", hint="name the answers.parquet of `tilth train eval`"
        ) from error
    found: dict[str, list[Judged]] = defaultdict(list)
    for row in rows:
        found[row["task_id"]].append(Judged(row["answer"], row["passed"]))
    return found


def pairs(
    tasks: TaskSet,
    into: Path,
    progress: Progress,
    *,
    answers: Mapping[str, list[Judged]] | None = None,
    pool: Pool | None = None,
    per_task: int = 2,
) -> TaskSet:
    """A task set of pairs.

    Args:
        tasks: Tasks that were checked.
        into: A new folder.
        progress: Where to tell how it goes.
        answers: What a model answered; without, the own solution is chosen and small changes of it are rejected,
            where they fail.
        pool: Where these run.
        per_task: Most pairs of a task.

    Raises:
        UserError: The tasks have no checks, or the folder is not empty.
    """
    if tasks.kind != "checked":
        raise UserError(
            f"`{tasks.path}` has tasks of kind `{tasks.kind}`, which nothing runs",
            hint="build kind `checked`",
        )
    writer = Writer(into, COLUMNS)
    with progress.stage("pairs", total=tasks.manifest["counts"]["kept"], unit="tasks") as stage:
        for row, judged in _judged(tasks, answers, pool):
            good = [one.text for one in judged if one.passed]
            bad = list(dict.fromkeys(one.text for one in judged if not one.passed))
            if not good or not bad:
                reason = "no_answer" if not judged else "none_passes" if not good else "none_fails"
                writer.reject_row(reason, row["task_id"], row["files"][0])
            for number, rejected in enumerate(bad[:per_task] if good else ()):
                writer.keep(_pair(row, good[number % len(good)], rejected))
            stage.advance(1)
    said = {"name": into.name, "kind": "preference", "options": {"per_task": per_task}}
    own = Reference("tasks", tasks.manifest["name"], "", tasks.sha256, str(tasks.path.absolute()))
    return writer.close(said, [own, *references_of(tasks.manifest["stands_on"])])


def _pair(row: Mapping[str, Any], chosen: str, rejected: str) -> dict[str, Any]:
    from tilth.store.hashes import segment_name

    same = ("language", "license_expression", "release_sha256", "files")
    return {name: row[name] for name in same} | {
        "task_id": segment_name("preference", row["task_id"], chosen, rejected),
        "kind": "preference",
        "prompt": row["prompt"],
        "chosen": chosen,
        "rejected": rejected,
        "task": row["task_id"],
    }


def _judged(
    tasks: TaskSet, answers: Mapping[str, list[Judged]] | None, pool: Pool | None
) -> Iterator[tuple[dict[str, Any], list[Judged]]]:
    if answers is not None:
        yield from ((row, answers.get(row["task_id"], [])) for row in tasks.rows())
        return
    if pool is None:
        raise UserError("without answers, programs have to be run", hint="give a pool of the sandbox")
    for batch in _batches(tasks.rows()):
        asked = [(row, body) for row in batch for body in mutants(row, _MUTANTS)]
        told = verdicts([(row, body, 0) for row, body in asked], pool)
        found = {row["task_id"]: [Judged(row["completion"], True)] for row in batch}
        for (row, body), (passed, _) in zip(asked, told, strict=True):
            # A change that passes is no better answer than the own solution, only one that the tests do not tell.
            if not passed:
                found[row["task_id"]].append(Judged(body, False))
        yield from ((row, found[row["task_id"]]) for row in batch)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch
