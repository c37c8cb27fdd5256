"""What a function of a Python module needs to run alone: imports and definitions of its module, in their order."""

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_BUILTINS: Final = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
_THERE: Final = sys.stdlib_module_names | {"pytest"}
"""Modules that a program finds: Python's own, and the stand-in for pytest (`tasks.inside`)."""
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Alone(Exception):
    """A definition cannot run alone.

    Args:
        reason: Why, in a word.
        value: The name that it is about.
    """

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason, value)
        self.reason, self.value = reason, value


@dataclass(frozen=True, slots=True)
class Import:
    """A name that an import binds."""

    module: str
    """With its dots, where it is relative."""
    name: str | None
    """What is taken from the module; none where the module itself is bound."""

    @property
    def is_standard(self) -> bool:
        """Whether Python brings the module."""
        return self.module.split(".")[0] in _THERE


class Module:
    """The source of a module, by the statements at its top.

    Raises:
        SyntaxError: It is no Python of this version.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = source.splitlines(keepends=True)
        self.tree = ast.parse(source)

    @cached_property
    def bindings(self) -> dict[str, list[ast.stmt]]:
        """Name -> the statements at the top that bind it; those in `if` and `try` count as theirs."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.tree.body:
            for name in dict.fromkeys(_bound(statement)):
                found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def imports(self) -> dict[str, Import]:
        """Name -> what plain imports at the top bind to it."""
        found: dict[str, Import] = {}
        for statement in self.tree.body:
            found.update(imports_of(statement))
        return found

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """The functions at the top that are defined once."""
        own = [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]
        return {node.name: node for node in own if self.bindings[node.name] == [node]}

    def text_of(self, node: ast.stmt) -> str:
        """The lines of a statement, with its decorators."""
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
        return "".join(self._lines[first - 1 : node.end_lineno])

    def needed(self, node: ast.stmt, given: Sequence[str] = ()) -> list[ast.stmt]:
        """The statements that a definition needs, itself left out, in the order of the module.

        Args:
            node: A statement at the top.
            given: Names that are there already.

        Raises:
            Alone: It needs a name that neither the module nor Python has, or an import of another package.
        """
        todo, found = [node], {id(node): node}
        while todo:
            for name in names_used(todo.pop()):
                if name in given:
                    continue
                if name not in self.bindings:
                    if name not in _BUILTINS:
                        raise Alone("unknown_name", name)
                    continue
                self._refuse(name)
                for statement in self.bindings[name]:
                    if id(statement) not in found:
                        found[id(statement)] = statement
                        todo.append(statement)
        future = [
            one for one in self.tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"
        ]
        return future + [
            one for one in self.tree.body if id(one) in found and one is not node and one not in future
        ]

    def _refuse(self, name: str) -> None:
        imported = self.imports.get(name)
        if imported is not None and not imported.is_standard:
            raise Alone("imports_other", imported.module)


def imports_of(statement: ast.stmt) -> Iterator[tuple[str, Import]]:
    """Names that an import binds, and to what."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            bound = alias.asname or alias.name.split(".")[0]
            yield bound, Import(alias.name if alias.asname else bound, None)
    elif isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            yield alias.asname or alias.name, Import(module, alias.name)


def names_used(node: ast.AST) -> set[str]:
    """Names that a statement reads and does not bind for itself."""
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return used - _local(node)


def _local(node: ast.AST) -> set[str]:
    """Names that a statement binds somewhere inside, as parameters, variables or definitions."""
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.arg):
            found.add(one.arg)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            found.add(one.id)
        elif isinstance(one, ast.ExceptHandler) and one.name:
            found.add(one.name)
        elif isinstance(one, ast.alias):
            found.add(one.asname or one.name.split(".")[0])
        elif isinstance(one, _DEFINITIONS):
            found.add(one.name)
        elif isinstance(one, ast.MatchAs | ast.MatchStar) and one.name:
            found.add(one.name)
    for one in ast.walk(node):
        if isinstance(one, ast.Global):
            found -= set(one.names)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top binds there."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (name for name, _ in imports_of(node))
        elif isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                yield node.id
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            todo += ast.iter_child_nodes(node)
