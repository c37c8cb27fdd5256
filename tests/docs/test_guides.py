"""The examples of the guides, run in a folder with a small real repository."""

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.blocks import Command, File, blocks, fits, flat
from tests.docs.sample_repository import make
from tilth.cli.main import main

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))


@dataclass(frozen=True)
class Reader:
    """Who follows a page in a folder: types what it says, in this process where no shell is needed."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def follow(self, page: Path) -> None:
        for block in blocks(page):
            if isinstance(block, File):
                (self.folder / block.name).write_text(block.text)
                continue
            code, printed, said = self.type(block.line)
            assert code == 0, f"{block.line}\n{said}"
            assert fits(printed, block.printed), f"{block.line}\n{printed}"

    def type(self, line: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command line."""
        if line.startswith("tilth ") and not set(line) & set("|<>$"):
            self.capsys.readouterr()
            code = main(shlex.split(line)[1:])
            return code, *self.capsys.readouterr()
        done = subprocess.run(
            ["bash", "-c", line], env=self.env(), capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def env(self) -> dict[str, str]:
        """One in which `tilth` and `python` are those of this test."""
        commands = self.folder / ".bin"
        if not commands.exists():
            commands.mkdir()
            for name, words in (("tilth", "-m tilth"), ("python", "")):
                (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
                (commands / name).chmod(0o755)
        return os.environ | {"PATH": f"{commands}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}


@pytest.fixture
def reader(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Reader:
    make(tmp_path / "code" / "widgets")
    monkeypatch.chdir(tmp_path)
    # One core, one process: the workers' own start would be most of the time.
    monkeypatch.setattr("tilth.engine.choose.cores", lambda: 1)
    return Reader(tmp_path, capsys)


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_does_what_it_says(page: Path, reader: Reader) -> None:
    assert any(isinstance(block, Command) for block in blocks(page)), "a guide without an example that runs"
    reader.follow(page)


@pytest.mark.network
def test_the_example_of_the_readme(reader: Reader) -> None:
    reader.follow(ROOT / "README.md")


def test_the_reader_of_blocks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "<!-- file: a.yaml -->\n```yaml\nname: a\n```\n\n```console\n$ not marked\n```\n"
        "<!-- run -->\n```console\n$ one\nits words\n$ two\n```\n"
    )
    assert blocks(page) == [
        File("a.yaml", "name: a\n"),
        Command("one", ("its words",)),
        Command("two", ()),
    ]


def test_what_fits() -> None:
    assert fits("a\tb\n1234\t2\n", ("a   b", "1,234   2"))
    assert fits("a\nb\nc\n", ("a", "…"))
    assert fits("at 12 ms\n", ("at …",))
    assert fits("", ())
    assert not fits("a\n", ())
    assert not fits("a\nb\n", ("a",))
    assert not fits("ab\n", ("a.",))
    assert flat("size  1,234,567 B, 3") == "size 1234567 B, 3"
