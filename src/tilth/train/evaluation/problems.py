"""Problems to evaluate on: task sets of kind `checked`, and files in the shape of HumanEval or MBPP."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tilth.errors import UserError
from tilth.tasks.task_set import MANIFEST, TaskSet


@dataclass(frozen=True, slots=True)
class Problem:
    """A prompt and what tells whether an answer to it is right."""

    task_id: str
    prompt: str
    before: str
    """What stands before the answer in the program."""
    test: str
    is_body: bool
    """The answer goes on within a function, and ends where the next thing at the margin begins."""

    def program_parts(self) -> Mapping[str, str]:
        """As `tasks.programs` wants a task."""
        return {"before": self.before, "test": self.test}

    def cut(self, answer: str) -> str:
        """The part of an answer that is run."""
        if not self.is_body:
            return _fenced(answer)
        kept: list[str] = []
        for line in answer.splitlines(keepends=True):
            if kept and line.strip() and not line[0].isspace() and not line.startswith("#"):
                break
            kept.append(line)
        return "".join(kept)


def problems(path: Path, *, limit: int | None = None) -> list[Problem]:
    """The problems of a task set or a benchmark's file.

    Raises:
        UserError: It cannot be read, or has another shape.
    """
    if (path / MANIFEST).is_file():
        tasks = TaskSet.open(path)
        if tasks.kind != "checked":
            raise UserError(
                f"`{path}` has tasks of kind `{tasks.kind}`, which nothing runs", hint="build kind `checked`"
            )
        found = [Problem(r["task_id"], r["prompt"], r["before"], r["test"], True) for r in tasks.rows()]
    else:
        found = [_problem(path, number, row) for number, row in enumerate(_rows(path), 1)]
    if not found:
        raise UserError(f"`{path}` has no problem")
    return found[:limit]


def _problem(path: Path, number: int, row: Mapping[str, Any]) -> Problem:
    name = str(row.get("task_id", number))
    if {"prompt", "test", "entry_point"} <= row.keys():
        test = f"{row['test']}\ncheck({row['entry_point']})\n"
        return Problem(name, row["prompt"], row["prompt"], test, True)
    asked = row.get("text") or row.get("prompt")
    if asked and row.get("test_list"):
        tests = "\n".join(row["test_list"])
        before = "\n".join(row.get("test_imports") or []) or row.get("test_setup_code") or ""
        # The layout of Fried et al. 2022 (arXiv:2204.05999): task and tests in a docstring.
        return Problem(name, f'"""\n{asked}\n{tests}\n"""\n', f"{before}\n", f"{tests}\n", False)
    raise UserError(
        f"row {number} of `{path}` is neither like HumanEval nor like MBPP: it has {', '.join(row)}",
        hint="prompt, test, entry_point; or text, test_list",
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
        is_list = text.lstrip().startswith("[")
        lines = json.loads(text) if is_list else map(json.loads, filter(str.strip, text.split("\n")))
        for row in lines:
            if not isinstance(row, dict):
                raise ValueError("something in it is no object with fields")
            yield row
    except (OSError, EOFError, ValueError) as error:
        raise UserError(
            f"`{path}` cannot be read: {error}", hint="name a task set, or a file of JSON lines"
        ) from error


def _fenced(answer: str) -> str:
    """What stands between fences, where a model writes some."""
    if "```" not in answer:
        return answer
    inside = answer.split("```", 2)[1]
    head, _, rest = inside.partition("\n")
    return rest if head.strip().isalnum() or not head.strip() else inside
