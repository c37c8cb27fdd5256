"""Tests of a Python module that ask for one function of their repository, each with all that it needs to run alone."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tilth.tasks.slices import Alone, Import, Module, names_used

_CASES: Final = frozenset({"TestCase", "unittest.TestCase"})


@dataclass(frozen=True, slots=True)
class UnitTest:
    """A test, or a class of tests."""

    function: str
    """Name of the function that it asks for."""
    module: str
    """What it is imported from, as the test writes it."""
    name: str
    text: str
    """Source that runs where the function is, up to the definition of the test."""
    first_line: int
    last_line: int


def unit_tests(
    module: Module, is_own: Callable[[Import], bool]
) -> Iterator[UnitTest | tuple[ast.stmt, Alone]]:
    """The tests of a module; those that cannot run alone with the reason why.

    Args:
        module: The module of tests.
        is_own: Whether an import is one of the same repository.
    """
    own = {name: one for name, one in module.imports.items() if is_own(one)}
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_test(node):
            try:
                yield _unit_test(module, node, own)
            except Alone as reason:
                yield node, reason


def is_test(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a definition is a test that needs no fixture, or a class of unittest's."""
    if isinstance(node, ast.ClassDef):
        return any(ast.unparse(one) in _CASES for one in node.bases)
    given = {name for one in node.decorator_list for name in _parameters(one)}
    return node.name.startswith("test") and {one.arg for one in node.args.args} <= given


def _parameters(decorator: ast.expr) -> set[str]:
    """Names that `parametrize` gives values to."""
    if not isinstance(decorator, ast.Call) or not ast.unparse(decorator.func).endswith("mark.parametrize"):
        return set()
    try:
        names = ast.literal_eval(decorator.args[0]) if decorator.args else ()
    except ValueError:
        return set()
    return {one.strip() for one in (names.split(",") if isinstance(names, str) else names)}


def _unit_test(module: Module, node: ast.FunctionDef | ast.ClassDef, own: dict[str, Import]) -> UnitTest:
    needed = module.needed(node, list(own))
    statements = [*needed, node]
    used = set().union(*map(names_used, statements)) & own.keys()
    asked: dict[str, str] = {}
    prelude = []
    for name in sorted(used):
        imported = own[name]
        attributes = {one for statement in statements for one in _attributes(statement, name)}
        if imported.name is not None and not attributes:
            asked[imported.name] = imported.module
            prelude += [f"{name} = {imported.name}\n"] * (name != imported.name)
        else:
            asked |= dict.fromkeys(attributes, imported.module)
            given = ", ".join(f"{one}={one}" for one in sorted(attributes))
            prelude.append(f"{name} = __import__('types').SimpleNamespace({given})\n")
    if len(asked) != 1:
        raise Alone("several_functions" if asked else "no_function", ", ".join(sorted(asked)))
    ((function, source),) = asked.items()
    texts = [f"{module.text_of(one).rstrip()}\n\n" for one in statements]
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return UnitTest(
        function, source, node.name, "".join(_future_first(prelude, texts)), first, node.end_lineno or first
    )


def _future_first(prelude: list[str], texts: list[str]) -> list[str]:
    begin = [one for one in texts if one.startswith("from __future__")]
    return begin + prelude + [one for one in texts if one not in begin]


def _attributes(node: ast.AST, name: str) -> Iterator[str]:
    """What a statement takes from what is called `name`."""
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == name:
            yield one.attr
