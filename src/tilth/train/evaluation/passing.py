"""pass@k: several answers to each problem, run in the sandbox."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tilth.tasks.programs import verdicts
from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.sandbox.program import Limits
from tilth.train.evaluation.estimates import Estimate, pass_at_k, share
from tilth.train.evaluation.problems import Problem
from tilth.train.rollouts.protocol import Engine, Sampling

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Tried:
    """An answer of a model, and what came of it."""

    task_id: str
    prompt: str
    answer: str
    passed: bool
    reason: str
    num_tokens: int
    finish: str


def tried(
    found: Sequence[Problem],
    engine: Engine,
    tokenizer: Any,
    sampling: Sampling,
    answers: int,
    pool: Pool,
    limits: Limits | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Tried]:
    """So many answers to each problem, judged.

    Args:
        found: The problems.
        engine: What answers.
        tokenizer: Of the model.
        sampling: How.
        answers: To each problem.
        pool: Where they run.
        limits: What each program may take.
        advance: Told of every so many problems that are done.
    """
    rows: list[Tried] = []
    source = iter(found)
    while batch := list(islice(source, _BATCH)):
        prompts = [tokenizer.encode(problem.prompt) for problem in batch]
        given = engine.generate(prompts, sampling, answers)
        pairs = [
            (problem, one, problem.cut(tokenizer.decode(one.token_ids, skip_special_tokens=True)))
            for problem, several in zip(batch, given, strict=True)
            for one in several
        ]
        told = verdicts([(problem.program_parts(), text, 0) for problem, _, text in pairs], pool, limits)
        rows += [
            Tried(problem.task_id, problem.prompt, text, passed, reason, len(one.token_ids), one.finish)
            for (problem, one, text), (passed, reason) in zip(pairs, told, strict=True)
        ]
        advance(len(batch))
    return rows


def by_task(rows: Sequence[Tried], k: int) -> dict[str, float]:
    """pass@k of each task."""
    outcomes: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        outcomes[row.task_id].append(row.passed)
    return {task: pass_at_k(len(own), sum(own), k) for task, own in outcomes.items()}


def passing(rows: Sequence[Tried], ks: Sequence[int]) -> dict[str, Estimate]:
    """pass@k over all tasks, for each k."""
    return {f"pass@{k}": share(list(by_task(rows, k).values())) for k in ks}


def reasons(rows: Sequence[Tried]) -> dict[str, int]:
    """Why answers did not pass, most frequent first."""
    return dict(Counter(row.reason for row in rows if not row.passed).most_common())
