"""Imports run downhill, heavy packages have one home, and a file is named for what it is about."""

import ast
from pathlib import PurePosixPath

import pytest

from tests.house.modules import imported, modules

GROUND = {"errors", "records", "config"}
ON_THE_GROUND = GROUND | {"store", "report", "engine"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "records": {"errors"},
    "config": {"errors", "records"},
    "store": GROUND,
    "report": GROUND | {"store"},
    "engine": GROUND | {"store", "report"},
    "data": ON_THE_GROUND,
    "governance": ON_THE_GROUND,
    "index": ON_THE_GROUND,
    "tasks": ON_THE_GROUND,
    # Never data: the halves meet in files.
    "train": GROUND | {"store", "report", "tasks"},
    "web": ON_THE_GROUND | {"index", "governance"},
    "cli": ON_THE_GROUND | {"data", "governance", "index", "tasks", "train", "web"},
}
HOMES = {
    "torch": {"train", "data"},
    "transformers": {"train", "data"},
    "trl": set(),
    "datatrove": set(),
    "swh": set(),
    "duckdb": {"store", "index"},
    "rich": {"cli", "report"},
    "cyclopts": {"cli"},
    "ray": {"engine"},
    "submitit": {"engine"},
    "sqlalchemy": {"governance"},
    "cryptography": {"governance"},
    "starlette": {"web"},
    "jinja2": {"train", "web"},
}
"""Third-party package -> the parts that may import it."""

SHAPELESS = {"utils", "helpers", "common", "misc", "base", "manager", "handler", "core", "tools"}


def part_of(path: str) -> str:
    """The part a module belongs to: its folder under src/tilth, or its own name."""
    return PurePosixPath(path).parts[0].removesuffix(".py")


def wrong_imports(path: str, tree: ast.Module) -> list[str]:
    part = part_of(path)
    # The package itself holds the version only, and `__main__` stands on top.
    allowed = MAY_IMPORT.get(part, set()) | {part, "__version__"}
    if part == "__main__":
        allowed = {"cli"}
    found = []
    for name in imported(tree):
        first, _, rest = name.partition(".")
        if (first == "tilth" and rest.partition(".")[0] not in allowed) or part not in HOMES.get(
            first, {part}
        ):
            found.append(f"{path} imports {name}")
    return found


def test_every_part_has_a_place_in_the_table() -> None:
    parts = {part_of(path) for path in modules()} - {"__init__", "__main__"}
    assert parts <= MAY_IMPORT.keys()


def test_imports_run_downhill() -> None:
    assert [line for path, tree in modules().items() for line in wrong_imports(path, tree)] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("store/table.py", "from tilth.data.build import build"),
        ("train/rows/read.py", "import tilth.data.facts"),
        ("data/build.py", "def run():\n    import duckdb"),
        ("config/load.py", "from tilth.store import table"),
        ("data/build.py", "from rich.table import Table"),
        ("store/pull.py", "from tilth import cli"),
        ("governance/closure.py", "from tilth.data.near import find"),
        ("data/decide.py", "from tilth.governance.ledger import Ledger"),
        ("cli/governance.py", "import sqlalchemy"),
    ],
)
def test_a_wrong_import_is_found(path: str, source: str) -> None:
    assert len(wrong_imports(path, ast.parse(source))) == 1


def test_no_file_or_folder_is_named_for_odds_and_ends() -> None:
    named = {part.removesuffix(".py") for path in modules() for part in PurePosixPath(path).parts}
    assert named & SHAPELESS == set()


def test_a_module_has_one_home() -> None:
    """A folder and a file of one name would hide each other."""
    files = {path.removesuffix(".py") for path in modules()}
    folders = {str(parent) for path in modules() for parent in PurePosixPath(path).parents}
    assert files & folders == set()
