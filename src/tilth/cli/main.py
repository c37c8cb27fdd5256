"""The command `tilth`: finds the command, runs it, and turns mistakes into words and exit codes.

Exit codes: 0 done, 1 failed, 2 a mistake in what was given, 3 checks did not pass, 130 interrupted, 141 the reader of
the output went away.
"""

import atexit
import errno
import gc
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError

from tilth import __version__
from tilth.cli.output import paint
from tilth.errors import UserError

COMMANDS = {
    "data": ("tilth.cli.data:app", "Build a code dataset, look at it, check it, compare it."),
    "governance": (
        "tilth.cli.governance:app",
        "Requests to leave something out: take them in, decide, apply, prove.",
    ),
    "tasks": ("tilth.cli.tasks:app", "Tasks from a release: build, check, look at them."),
    "train": ("tilth.cli.train:app", "Train a model; look at what it would learn from."),
    "config": ("tilth.cli.config:app", "Check a recipe; print the schema that editors complete from."),
    "env": ("tilth.cli.env:env", "Versions and limits of this machine, for bug reports."),
}
"""Noun -> (where it is, its help): a noun is imported only when it is used, so `tilth --help` is quick."""

INTERRUPTED, READER_GONE = 130, 141

# Failures of the machine, not of tilth: a traceback would hide what there is to do.
_MACHINE = {
    errno.ENOSPC: "free some space, then run the same command again",
    errno.EDQUOT: "free some space, then run the same command again",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "check who may read and write there",
    errno.EPERM: "check who may read and write there",
    errno.EMFILE: "raise the number of open files (`ulimit -n`)",
}


def build_app() -> App:
    """The tree of commands."""
    app = App(
        name="tilth",
        version=__version__,
        help="Repositories in, a governed code dataset out; rows in, a better model out.",
        help_format="plaintext",
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )
    for name, (where, text) in COMMANDS.items():
        app.command(where, name=name, help=text)
    app.register_install_completion_command(
        help="Complete commands and options with the Tab key in your shell."
    )
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: The arguments without the program's name; those of this process by default.

    Returns:
        The exit code.
    """
    tokens = list(sys.argv[1:] if argv is None else argv)
    _write_anything()
    try:
        result = build_app()(tokens)
        sys.stdout.flush()
    except UserError as error:
        where = f"{error.where}: " if error.where else ""
        return _fail(where + error.what, error.hint or _misspelt_option(tokens), error.exit_code)
    except CycloptsError as error:
        return _fail(*_parser_words(error), 2)
    except KeyboardInterrupt:
        return _fail("interrupted", "run the same command again to go on", INTERRUPTED)
    except BrokenPipeError:
        # Python flushes once more at its end, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        return _machine_failure(error)
    except Exception:
        return _bug()
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def program() -> NoReturn:
    """The program `tilth`: one command line, and the end of the process."""
    # What a command makes lives until it ends, so looking for cycles every 700 objects finds nothing and takes a tenth
    # of the time; and so does taking everything apart at the end, which the system does at once.
    gc.set_threshold(100_000)
    # Arrow's own allocators keep what was freed: two workers held 0.2 GB more with them, and were no faster.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def _write_anything() -> None:
    """Names of files may hold anything; printing one must not fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _fail(what: str, hint: str, code: int) -> int:
    err = sys.stderr
    err.write(f"{paint('error:', 'red', err)} {what}\n")
    if hint:
        err.write(f"\n{paint('hint:', 'cyan', err)} {hint}\n")
    err.flush()
    return code


def _parser_words(error: CycloptsError) -> tuple[str, str]:
    """The parser's finding as (what, hint)."""
    command = " ".join(["tilth", *(error.command_chain or ())])
    if isinstance(error, UnknownCommandError):
        return _unknown_command(error, command)
    error.verbose = False
    # cyclopts wraps its sentences for its own box.
    text = " ".join(str(error).split())
    what, suggestion, nearest = text.partition(" Did you mean ")
    what = what[:1].lower() + what[1:].rstrip(".")
    if suggestion:
        return what, f"did you mean {nearest}"
    option = next((word for word in what.split() if word.startswith("--")), "")
    if "." in option.rstrip("."):
        return what, "write changes to a recipe after its file: `recipe.yaml --part.key VALUE`"
    return what, f"`{command} --help` lists what there is"


def _unknown_command(error: UnknownCommandError, command: str) -> tuple[str, str]:
    # The parser's own words would import every noun to see whether it is shown.
    word = (error.unused_tokens or [""])[0]
    is_option = word.startswith("-")
    known = [name for name in error.app or () if name.startswith("-") == is_option]
    close = get_close_matches(word, known, 1)
    hint = f"did you mean `{command} {close[0]}`?" if close else f"`{command} --help` lists what there is"
    return f"unknown {'option' if is_option else 'command'} `{word}`", hint


def _misspelt_option(tokens: Sequence[str]) -> str:
    """A command that takes changes to a recipe takes every option: was one of its own meant?"""
    try:
        command, bound, *_ = build_app().parse_args(tokens)
    except (CycloptsError, UserError):
        return ""
    own = [
        f"--{parameter.name.replace('_', '-')}"
        for parameter in inspect.signature(command).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    for token in map(str, bound.arguments.get("overrides", ())):
        word = token.partition("=")[0]
        if word.startswith("--") and "." not in word and (close := get_close_matches(word, own, 1, 0.75)):
            return f"`{word}` is no option of this command; did you mean `{close[0]}`?"
    return ""


def _machine_failure(error: OSError) -> int:
    if error.errno not in _MACHINE:
        return _bug()
    place = f": `{os.fsdecode(error.filename)}`" if isinstance(error.filename, str | bytes) else ""
    return _fail(f"{(error.strerror or str(error)).lower()}{place}", _MACHINE[error.errno], 1)


def _bug() -> int:
    traceback.print_exc()
    return _fail("this is a bug in tilth", "report it with the lines above and the output of `tilth env`", 1)
