"""Git as governance runs it: over what strangers made, so without settings, hooks or questions."""

import os
import subprocess
from pathlib import Path

from tilth.errors import UserError

_TIMEOUT_SECONDS = 600


def git(folder: Path, *arguments: str) -> str:
    """What git says of a repository, with no settings but its own, no hooks, and no network.

    Raises:
        UserError: It cannot be read.
    """
    done = run_git(["-C", str(folder), *arguments])
    if done.returncode:
        raise UserError(
            f"git cannot read `{folder}`: {done.stderr.strip()[:300]}", hint="name a clone of the repository"
        )
    return done.stdout


def run_git(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Git without the settings of this user, without hooks, and without asking anything."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0"}
    quiet |= {"GIT_ALLOW_PROTOCOL": "https:file", "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}
    safe = ["-c", f"core.hooksPath={os.devnull}", "-c", "credential.helper=", "-c", "safe.directory=*"]
    return subprocess.run(
        ["git", *safe, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env=kept | quiet,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
