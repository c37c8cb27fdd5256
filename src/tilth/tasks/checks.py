"""Checks of tasks that run: its own solution passes, wrong ones fail, and three runs agree."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from tilth.tasks.builder import Found
from tilth.tasks.programs import verdicts
from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.sandbox.program import Limits
from tilth.tasks.task import Rejected, Task

RUNS: Final = 3
"""Runs of the own solution, each with another order of Python's sets."""
REASONS: Final = ("own_solution_fails", "runs_disagree", "wrong_solution_passes")
_BATCH: Final = 16
_WRONG: Final = ("return None", "raise NotImplementedError")


def sieve(pool: Pool, limits: Limits | None = None) -> Callable[[Iterable[Found]], Iterator[Found]]:
    """Rejects candidates that do not stand the checks."""

    def sieved(found: Iterable[Found]) -> Iterator[Found]:
        source = iter(found)
        while batch := list(islice(source, _BATCH)):
            tasks = [one for one in batch if isinstance(one, Task)]
            told = iter(faults([one.values for one in tasks], pool, limits))
            for one in batch:
                fault = next(told) if isinstance(one, Task) else None
                yield Rejected(fault[0], one.files[0], fault[1]) if fault and isinstance(one, Task) else one

    return sieved


def faults(
    tasks: Sequence[Mapping[str, Any]], pool: Pool, limits: Limits | None = None
) -> list[tuple[str, str] | None]:
    """For each task the reason why it does not count, and what was seen; nothing where all is well."""
    found: dict[int, tuple[str, str]] = {}
    first = verdicts([(task, task["completion"], 0) for task in tasks], pool, limits)
    for number, (passed, why) in enumerate(first):
        if not passed:
            found[number] = ("own_solution_fails", why)
    left = [number for number in range(len(tasks)) if number not in found]
    again = [(number, seed) for number in left for seed in range(1, RUNS)]
    runs = verdicts(
        [(tasks[number], tasks[number]["completion"], seed) for number, seed in again], pool, limits
    )
    for (number, _), (passed, why) in zip(again, runs, strict=True):
        if not passed:
            found[number] = ("runs_disagree", why)
    wrong = [(number, body) for number in left if number not in found for body in wrong_bodies(tasks[number])]
    runs = verdicts([(tasks[number], body, 0) for number, body in wrong], pool, limits)
    for (number, body), (passed, _) in zip(wrong, runs, strict=True):
        if passed:
            found[number] = ("wrong_solution_passes", body.strip())
    return [found.get(number) for number in range(len(tasks))]


def wrong_bodies(task: Mapping[str, Any]) -> list[str]:
    """Bodies that do nothing of what is asked for."""
    indent = indent_of(task["completion"])
    return [f"{indent}{one}\n" for one in _WRONG]


def indent_of(body: str) -> str:
    """White space before the first statement of a body."""
    line = next((one for one in body.splitlines() if one.strip() and not one.lstrip().startswith("#")), "")
    return line[: len(line) - len(line.lstrip())]


def mutants(task: Mapping[str, Any], most: int) -> list[str]:
    """Bodies that differ from the own solution in one place: an operator, a comparison, a number, a truth.

    Such small changes are what tests are measured by (DeMillo, Lipton and Sayward 1978).
    """
    whole = f"{task['before']}{task['completion']}"
    first = task["before"].count("\n") + 1
    lines = whole.splitlines(keepends=True)
    found: list[str] = []
    for node in ast.walk(ast.parse(whole)):
        text = _changed(node)
        begin, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        if text is None or begin < first or begin != end or len(found) >= most:
            continue
        line = lines[begin - 1].encode()
        at, upto = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
        changed = (line[:at] + text.encode() + line[upto:]).decode()
        found.append("".join([*lines[first - 1 : begin - 1], changed, *lines[begin:]]))
    return found


_OTHER: Final[Mapping[type, type]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Lt: ast.GtE, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def _changed(node: ast.AST) -> str | None:
    """The source of a node with the opposite in it; none where it has none."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _OTHER:
        other: ast.AST = type(node)(**{**dict(ast.iter_fields(node)), "op": _OTHER[type(node.op)]()})
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OTHER:
        other = ast.Compare(node.left, [_OTHER[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        other = ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        other = ast.Constant(node.value + 1)
    else:
        return None
    return f"({ast.unparse(other)})"
