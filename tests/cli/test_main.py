import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclopts import App

import tilth.cli.main as main_module
from tests.config.models import Recipe
from tests.house.modules import ROOT
from tilth.cli.main import main
from tilth.cli.options import DryRun, Output, Overrides
from tilth.cli.output import emit, say
from tilth.config.load import load
from tilth.config.overrides import parse
from tilth.errors import CheckFailed, UserError, WorkFailed

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `tilth WORDS` with a noun `made` of the test's own; gives exit code, output and errors."""

    def once(*words: str, raising: BaseException | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr(main_module, "build_app", lambda: build_app(raising))
        code = main(words)
        out, err = capsys.readouterr()
        return code, out, err

    return once


real_app = main_module.build_app


def build_app(raising: BaseException | None) -> App:
    app = real_app()
    made = App(name="made")

    @made.command
    def build(
        recipe: Path,
        /,
        *overrides: Overrides,
        into: Path = Path("releases"),
        limit: int | None = None,
        dry_run: DryRun = False,
        output: Output = "auto",
    ) -> None:
        """Build a release."""
        loaded = load(Recipe, recipe, parse(overrides))
        found = {"mode": loaded.policy.mode, "longest": loaded.policy.longest_line_max, "name": loaded.name}
        emit(found | {"into": str(into), "limit": limit, "dry": dry_run}, output)

    @made.command
    def fail() -> None:
        """Fail as the test says."""
        if raising is not None:
            raise raising

    @made.command
    def checked(code: int) -> int:
        """Give a code."""
        return code

    app.command(made)
    return app


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: n\n")
    return str(path)


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["mad"], "unknown command `mad`", "did you mean `tilth made`?"),
        (["xyzzy"], "unknown command `xyzzy`", "`tilth --help` lists what there is"),
        (["made", "biuld"], "unknown command `biuld`", "did you mean `tilth made build`?"),
        (["--versoin"], "unknown option `--versoin`", "did you mean `tilth --version`?"),
        (
            ["made", "build"],
            'command "made build" parameter RECIPE requires an argument',
            "`tilth made build --help`",
        ),
        (
            ["made", "build", "r.yaml", "--limit", "x"],
            'invalid value for --limit: unable to convert "x" into int',
            "`tilth made build --help`",
        ),
        (
            ["made", "build", "r.yaml", "--output", "xml"],
            'invalid value "xml" for --output',
            "`tilth made build",
        ),
        (["made", "fail", "--hard"], "unknown option: --hard", "`tilth made fail --help`"),
        (["made", "build", "--policy.mode", "x"], "unknown option: --policy.mode", "after its file"),
        (["made", "build", "none.yaml"], "there is no file `none.yaml`", "check the path"),
    ],
)
def test_mistakes_end_with_two_and_a_hint(run: Run, words: list[str], what: str, hint: str) -> None:
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert what in err.split("\n\nhint: ")[0]
    assert hint in err.split("\n\nhint: ")[1]


@pytest.mark.parametrize(
    ("raising", "code", "text"),
    [
        (
            UserError("it is wrong", where="r.yaml", hint="mend it"),
            2,
            "error: r.yaml: it is wrong\n\nhint: mend it\n",
        ),
        (UserError("it is wrong"), 2, "error: it is wrong\n"),
        (WorkFailed("no"), 1, "error: no\n"),
        (CheckFailed("no"), 3, "error: no\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n\nhint: run the same command again to go on\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/d/x"),
            1,
            "error: no space left on device: `/d/x`\n\nhint: f",
        ),
    ],
)
def test_failures_have_a_code_and_no_traceback(
    run: Run, raising: BaseException, code: int, text: str
) -> None:
    got, out, err = run("made", "fail", raising=raising)
    assert (got, out) == (code, "")
    assert err.startswith(text)


@pytest.mark.parametrize("raising", [ValueError("ours"), OSError("ours"), FileNotFoundError(2, "ours")])
def test_a_bug_shows_its_traceback(run: Run, raising: Exception) -> None:
    code, _, err = run("made", "fail", raising=raising)
    assert code == 1
    assert "Traceback" in err and "ours" in err and "tilth env" in err


def test_a_command_may_give_its_code(run: Run) -> None:
    assert run("made", "checked", "3")[0] == 3
    assert run("made", "fail")[0] == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--policy.longest_line_max", "2000"], {"longest": "2000"}),
        (["--policy.longest-line-max=2000", "--limit", "3"], {"longest": "2000", "limit": "3"}),
        (["--set", "name=x", "-n"], {"name": "x", "dry": "True"}),
        (
            ["--policy.mode", "exact", "--into", "D", "--name", "-5"],
            {"mode": "exact", "into": "D", "name": "-5"},
        ),
        (["--into=D", "--policy.is-strict", "--dry-run"], {"into": "D", "dry": "True"}),
    ],
)
def test_what_a_command_does_not_know_changes_its_recipe(
    run: Run, recipe: str, words: list[str], expected: dict[str, str]
) -> None:
    code, out, err = run("made", "build", recipe, *words)
    assert (code, err) == (0, "")
    found = dict(line.split("\t") for line in out.splitlines())
    assert found | expected == found


def test_options_before_the_recipe(run: Run, recipe: str) -> None:
    code, out, _ = run("made", "build", "--into", "D", "--dry-run", recipe, "--name", "x")
    assert code == 0
    assert "name\tx\ninto\tD\n" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--policy.longst_line", "5"], "policy.longst_line: unknown key; did you mean `longest_line_max`?"),
        (["--policy.longest_line_max", "x"], "policy.longest_line_max: must be a whole number, but is `x`"),
        (["--limt", "3"], "hint: `--limt` is no option of this command; did you mean `--limit`?"),
        (["--in-to=D"], "hint: `--in-to` is no option of this command; did you mean `--into`?"),
        (["second.yaml"], "unexpected argument `second.yaml`"),
        (["-q"], "unexpected argument `-q`"),
    ],
)
def test_a_wrong_change_is_a_mistake(run: Run, recipe: str, words: list[str], text: str) -> None:
    code, out, err = run("made", "build", recipe, *words)
    assert (code, out) == (2, "")
    assert text in err


def test_help_is_found_behind_changes(run: Run, recipe: str) -> None:
    code, out, _ = run("made", "build", recipe, "--policy.mode", "exact", "--help")
    assert code == 0
    assert "Build a release." in out and "--into" in out and "overrides" not in out.lower()


def test_version(run: Run) -> None:
    import tilth

    assert run("--version")[:2] == (0, f"{tilth.__version__}\n")


def test_completion_can_be_installed(run: Run) -> None:
    assert "--install-completion" in run("--help")[1]


def tilth(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")} | settings
    command = [sys.executable, "-m", "tilth", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_as_a_program() -> None:
    done = tilth("evn")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: unknown command `evn`\n\nhint: did you mean `tilth env`?\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m tilth config schema | head -c 1; echo ${{PIPESTATUS[0]}} >&2"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        ["bash", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "{"
    assert done.stderr in ("141\n", "0\n")


def test_names_that_are_no_text_can_be_printed() -> None:
    code = "from tilth.cli.main import main; main(['--version']); print('a\\udcffb')"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("a\\udcffb\n")


def test_say_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("hint: look", colour="cyan")
    assert capsys.readouterr() == ("", "hint: look\n")
