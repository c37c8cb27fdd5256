"""One idea a file, one job a function: 400 lines and 60. What is longer stands here, and this list only shrinks."""

import ast

from tests.house.modules import PACKAGE, functions, modules

FILE_LINES = 400
FUNCTION_LINES = 60

LONG_FILES: dict[str, int] = {}
"""Path under src/tilth -> lines it may have."""

LONG_FUNCTIONS: dict[str, int] = {}
"""path:Class.function -> lines it may have."""


def file_lines() -> dict[str, int]:
    return {path: len((PACKAGE / path).read_bytes().splitlines()) for path in modules()}


def function_lines() -> dict[str, int]:
    return {
        f"{path}:{name}": length(node) for path, tree in modules().items() for name, node in functions(tree)
    }


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring left out: explaining is never too long."""
    first = node.body[0]
    docstring = 0 if ast.get_docstring(node) is None else (first.end_lineno or 0) - first.lineno + 1
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def too_long(lines: dict[str, int], limit: int, exceptions: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in lines.items() if number > exceptions.get(name, limit)}


def needless(lines: dict[str, int], limit: int, exceptions: dict[str, int]) -> list[str]:
    return [name for name in exceptions if lines.get(name, 0) <= limit]


def test_files_are_short() -> None:
    assert too_long(file_lines(), FILE_LINES, LONG_FILES) == {}


def test_functions_are_short() -> None:
    assert too_long(function_lines(), FUNCTION_LINES, LONG_FUNCTIONS) == {}


def test_exceptions_that_are_no_longer_needed_are_gone() -> None:
    assert needless(file_lines(), FILE_LINES, LONG_FILES) == []
    assert needless(function_lines(), FUNCTION_LINES, LONG_FUNCTIONS) == []


def test_the_measure_itself() -> None:
    body = "\n".join(["    x = 1"] * 61)
    [(name, node)] = functions(ast.parse(f"def f():\n    '''Says\n    much.'''\n{body}\n"))
    assert (name, length(node)) == ("f", 62)
    assert too_long({"a": 62, "b": 60}, 60, {}) == {"a": 62}
    assert too_long({"a": 62}, 60, {"a": 62}) == {}
    assert needless({"a": 60}, 60, {"a": 62, "gone": 70}) == ["a", "gone"]
