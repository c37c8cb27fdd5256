"""The package's modules as syntax trees, read once for all the rules."""

import ast
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "tilth"


@cache
def modules() -> dict[str, ast.Module]:
    """Path under src/tilth -> its tree."""
    with warnings.catch_warnings():
        # A doubtful escape is ruff's to find (W605): here it would fail every rule at once.
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        return {
            path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes(), str(path))
            for path in sorted(PACKAGE.rglob("*.py"))
        }


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything that a module imports, inside functions too; `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """(Class.function, node) of every function of a module."""

    def below(node: ast.AST, above: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
        for child in ast.iter_child_nodes(node):
            name = f"{above}.{child.name}".lstrip(".") if hasattr(child, "name") else above
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield name, child
            yield from below(child, name if isinstance(child, ast.ClassDef | ast.FunctionDef) else above)

    return below(tree, "")
