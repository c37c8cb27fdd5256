"""How git is started: no prompts, no hooks, no stranger's settings, no fetching behind one's back."""

import contextlib
import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from tilth.data.sources.git.layout import Layout
from tilth.data.sources.limits import CHUNK_BYTES
from tilth.errors import UserError

_LOCAL = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # Before git 2.45 the line above means nothing: with no transport allowed, nothing can be fetched either.
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "LC_ALL": "C",
}
_PIPE_BYTES = 2**20  # what Linux lets any user ask for
_SETTINGS = ("-c", "safe.directory=*", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false")
# What points at the surrounding repository inside a hook (`git rev-parse --local-env-vars`).
_SURROUNDING = frozenset(
    """GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_OBJECT_DIRECTORY GIT_DIR
    GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS GIT_PREFIX
    GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_COMMON_DIR GIT_NAMESPACE GIT_QUARANTINE_PATH""".split()
)


@functools.cache
def program() -> str:
    """Path of git.

    Raises:
        UserError: Git is not installed.
    """
    found = shutil.which("git")
    if found is None:
        raise UserError("git is not installed", hint="install git 2.31 or newer, and see that it is on PATH")
    return found


def local(git_dir: str, *arguments: str) -> list[str]:
    """Command line for a repository on this machine."""
    return [program(), *_SETTINGS, f"--git-dir={git_dir}", *arguments]


def run(command: Sequence[str], environment: dict[str, str], given: bytes = b"") -> tuple[int, bytes, str]:
    """Run git to its end: exit code, output, messages.

    The descriptors are inherited on purpose: Python can then start git without copying its own page tables.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE if given else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        close_fds=False,
    ) as process:
        out, messages = process.communicate(given or None)
    return process.returncode, out, messages.decode("utf-8", "replace")


@contextlib.contextmanager
def stream(
    order: Sequence[str], environment: dict[str, str], given: bytes = b""
) -> Iterator[tuple[IO[bytes], subprocess.Popen[bytes]]]:
    """Start git, and read what it writes while it runs; it ends with the block."""
    read_end, write_end = os.pipe()
    _widen(read_end)
    with open(read_end, "rb", buffering=CHUNK_BYTES) as output, tempfile.TemporaryFile() as asked:
        try:
            asked.write(given)
            asked.seek(0)
            process = subprocess.Popen(
                order,
                stdin=asked,
                stdout=write_end,
                stderr=subprocess.DEVNULL,
                env=environment,
                close_fds=False,
            )
        finally:
            os.close(write_end)
        try:
            yield output, process
        finally:
            process.kill()
            process.wait()


@functools.cache
def local_environment() -> dict[str, str]:
    """Environment for local work: nobody's settings, nothing fetched."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**plain, **_LOCAL}


def network_environment() -> dict[str, str]:
    """Environment for clones and fetches: the user's own settings, no question ever asked."""
    kept = {key: value for key, value in os.environ.items() if key not in _SURROUNDING}
    return {**kept, **_NETWORK}


@contextlib.contextmanager
def objects_only(layout: Layout) -> Iterator[tuple[str, dict[str, str]]]:
    """An empty repository that borrows the objects of `layout`: yields its folder and environment.

    The repository's own configuration is never read, so nothing in it can start a program, and a partial
    clone has nowhere to fetch from: a missing object is missing, at once.
    """
    with tempfile.TemporaryDirectory(prefix="tilth-git-") as folder:
        os.mkdir(os.path.join(folder, "refs"))
        with open(os.path.join(folder, "HEAD"), "w", encoding="ascii") as file:
            file.write("ref: refs/heads/none\n")
        if layout.shallow_file:
            shutil.copyfile(layout.shallow_file, os.path.join(folder, "shallow"))
        yield folder, {**local_environment(), "GIT_OBJECT_DIRECTORY": layout.objects_dir}


def last_line(messages: str) -> str:
    """Git's last word, for the value of a refusal."""
    lines = [line for line in messages.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (OSError, AttributeError):
        pass  # slower, never wrong: another system, or the user's limit on pipes is reached
