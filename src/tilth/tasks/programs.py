"""A task and an answer to it as a program for the sandbox, and whether the answer passed."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.sandbox.program import Limits, Outcome, Program

_RAISED = re.compile(r"^(\w{1,60})(?::|$)", re.MULTILINE)
"""The name of an exception as a traceback has it; what it says may be text of the task, and is not told."""


@cache
def _beside() -> dict[str, bytes]:
    folder = files("tilth.tasks.inside")
    return {name: (folder / name).read_bytes() for name in ("checks.py", "pytest.py")}


@cache
def _start() -> str:
    return (files("tilth.tasks.inside") / "start.py").read_text("utf-8")


def program_of(task: Mapping[str, Any], answer: str, word: str, *, hash_seed: int = 0) -> Program:
    """The program that tells whether an answer passes.

    Args:
        task: A row with `before`, what stands before the answer, and `test`.
        answer: What a model wrote.
        word: What the program must say at its end.
        hash_seed: Of Python's hashes, on which the order of sets depends.
    """
    beside = {
        "answer.py": f"{task['before']}{answer}\n".encode("utf-8", "replace"),
        "test.py": str(task["test"]).encode("utf-8", "replace"),
        **_beside(),
    }
    program = Program.python(_start(), files=beside, stdin=f"{word}\n".encode())
    return replace(program, environment={"PYTHONHASHSEED": str(hash_seed)})


def verdicts(
    asked: Sequence[tuple[Mapping[str, Any], str, int]], pool: Pool, limits: Limits | None = None
) -> list[tuple[bool, str]]:
    """Whether answers pass, each with the reason where it does not.

    Args:
        asked: Task, answer, and seed of Python's hashes.
        pool: Where they run.
        limits: What each may take.
    """
    words = [secrets.token_hex(16) for _ in asked]
    programs = [
        program_of(task, answer, word, hash_seed=seed)
        for (task, answer, seed), word in zip(asked, words, strict=True)
    ]
    outcomes = pool.run_all(programs, limits)
    return [_verdict(outcome, word) for outcome, word in zip(outcomes, words, strict=True)]


def _verdict(outcome: Outcome, word: str) -> tuple[bool, str]:
    said = outcome.stdout.rstrip(b"\n").rpartition(b"\n")[2] == word.encode()
    if outcome.passed and said:
        return True, ""
    if outcome.ended != "exit":
        return False, outcome.ended
    if outcome.passed:
        return False, "ended_early"
    raised = _RAISED.findall(outcome.stderr.decode("utf-8", "replace"))
    return False, raised[-1] if raised else "failed"
