"""Python functions that can run alone: what stands before them, what asks for them, and what they say."""

import ast
from dataclasses import dataclass

from tilth.tasks.slices import Module


@dataclass(frozen=True, slots=True)
class Standalone:
    """A function with all that it needs."""

    name: str
    before: str
    """Imports and definitions that it needs."""
    head: str
    """Decorators, signature and documentation."""
    body: str
    """The rest."""
    indent: str
    """Of the body's lines."""
    doc: str
    first_line: int
    last_line: int

    @property
    def prompt(self) -> str:
        """All up to the body."""
        return f"{self.before}{self.head}"


def standalone(module: Module, name: str) -> Standalone | None:
    """A function of a module with what it needs; none where it has no body beside its documentation.

    Raises:
        Alone: It cannot run alone.
    """
    node = module.functions[name]
    doc = ast.get_docstring(node, clean=False)
    rest = node.body[1:] if doc is not None else node.body
    if not rest or rest[0].lineno <= (node.body[0].end_lineno if doc is not None else node.lineno):  # type: ignore[operator]
        return None
    needed = module.needed(node)
    before = "".join(f"{module.text_of(one).rstrip()}\n" + "\n\n" * _is_long(one) for one in needed)
    lines = module.text_of(node).splitlines(keepends=True)
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    upto = (node.body[0].end_lineno if doc is not None else rest[0].lineno - 1) or first
    head, body = "".join(lines[: upto - first + 1]), "".join(lines[upto - first + 1 :])
    gap = "\n\n" if before and not before.endswith("\n\n") else ""
    return Standalone(
        name,
        f"{before}{gap}",
        head,
        body.rstrip() + "\n",
        " " * rest[0].col_offset,
        doc or "",
        first,
        node.end_lineno or first,
    )


def _is_long(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
