"""`tilth --help` comes up without anything heavy, and within half a second of processor time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.modules import ROOT

HEAVY = {"torch", "transformers", "duckdb", "pyarrow", "numpy", "numba", "re2", "ray", "fsspec", "tilth.data"}
CPU_SECONDS_MAX = 0.5

PROBE = """
import sys, time
from tilth.cli.main import main
code = main(sys.argv[1:])
heavy = sorted({name for name in sys.modules} & set(%r))
print(f"\\n{code} {time.process_time()} {','.join(heavy)}")
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["data", "--help"],
        ["train", "--help"],
        ["train", "tokens", "--help"],
        ["config", "--help"],
        ["config", "check", "--help"],
        ["env", "--help"],
    ],
)
def test_help_is_light(arguments: list[str], tmp_path: Path) -> None:
    figures = [probe(arguments, tmp_path) for _ in range(2)]
    assert all(code == 0 for code, _, _ in figures)
    assert all(heavy == "" for _, _, heavy in figures)
    # The better of two: the first may still write byte code, and the machine may be busy.
    assert min(seconds for _, seconds, _ in figures) <= CPU_SECONDS_MAX


def test_the_package_itself_imports_nothing_of_others(tmp_path: Path) -> None:
    code = "import sys, tilth.errors, tilth.records; print([m for m in sys.modules if m in ('pydantic', 'rich')])"
    assert run([sys.executable, "-c", code], tmp_path).strip() == "[]"


def probe(arguments: list[str], folder: Path) -> tuple[int, float, str]:
    out = run([sys.executable, "-c", PROBE % sorted(HEAVY), *arguments], folder)
    code, seconds, heavy = out.rstrip("\n").rpartition("\n")[2].split(" ")
    return int(code), float(seconds), heavy


def run(command: list[str], folder: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
