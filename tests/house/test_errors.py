"""Errors help: nothing is swallowed unnamed, users meet no `assert`, and only commands print."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.modules import modules


def bare_excepts(tree: ast.Module) -> Iterator[int]:
    """Lines that catch everything: `except:`, or `except BaseException` that does not raise again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            catches_all = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id == "BaseException"
            )
            if catches_all and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node)):
                yield node.lineno


def swallowed(tree: ast.Module) -> Iterator[int]:
    """Lines where `except Exception` is answered with `pass`."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ExceptHandler)
            and isinstance(node.type, ast.Name)
            and node.type.id == "Exception"
        ):
            if all(isinstance(inner, ast.Pass | ast.Continue) for inner in node.body):
                yield node.lineno


def asserts(tree: ast.Module) -> Iterator[int]:
    return (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert))


def prints(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno


def found(rule, but: tuple[str, ...] = ()) -> list[str]:  # type: ignore[no-untyped-def]
    return [
        f"{path}:{line}"
        for path, tree in modules().items()
        if not path.startswith(but)
        for line in rule(tree)
    ]


def test_nothing_is_caught_unnamed() -> None:
    assert found(bare_excepts) == []


def test_nothing_is_swallowed() -> None:
    assert found(swallowed) == []


def test_users_meet_no_assert() -> None:
    assert found(asserts) == []


def test_only_commands_print() -> None:
    # A module that remakes a table is a command of its own (`python -m tilth.data.facts.tables.refresh`).
    assert [place for place in found(prints, ("cli/", "__main__")) if "/refresh" not in place] == []


@pytest.mark.parametrize(
    ("rule", "source", "number"),
    [
        (bare_excepts, "try:\n    x\nexcept:\n    pass", 1),
        (bare_excepts, "try:\n    x\nexcept BaseException:\n    undo()\n    raise", 0),
        (swallowed, "try:\n    x\nexcept Exception:\n    pass", 1),
        (asserts, "assert x", 1),
        (prints, "print(1)", 1),
    ],
)
def test_the_rules_themselves(rule, source: str, number: int) -> None:  # type: ignore[no-untyped-def]
    assert len(list(rule(ast.parse(source)))) == number
