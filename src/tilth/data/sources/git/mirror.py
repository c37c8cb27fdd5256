"""A URL -> a bare mirror on this machine: cloned once, then only what is new."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tilth.data.sources.git import command
from tilth.data.sources.git.lists import path_of, without_secrets

TIMEOUT_SECONDS = 3600.0
"""A clone or fetch that takes longer is given up."""

# A connection that stalls is cut long before the timeout; housekeeping must not run on after the fetch.
_SETTINGS = (
    *(
        "-c",
        "http.lowSpeedLimit=1000",
        "-c",
        "http.lowSpeedTime=60",
        "-c",
        "gc.auto=0",
        "-c",
        "maintenance.auto=false",
    ),
    *("-c", "safe.directory=*", "-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false"),
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirror that can be read, or the reason why there is none."""

    path: Path | None
    note: str = ""
    """What went wrong: why there is no mirror, or why an older one is used. Without passwords."""


def mirror(
    url: str, folder: Path, *, offline: bool = False, timeout_seconds: float = TIMEOUT_SECONDS
) -> Mirror:
    """Clone `url` into a bare mirror in `folder`, or bring the one there up to date.

    The mirror appears at once and whole: it is cloned beside its place and then renamed. Where the network
    fails, the mirror of an earlier run is used and the note says so.

    Args:
        url: URL, or `user@host:path`.
        folder: Folder of all mirrors; created.
        offline: Use what is there, ask nobody.
        timeout_seconds: Seconds that a clone or fetch may take.
    """
    place = folder / _folder_name(url)
    exists = (place / "HEAD").is_file()
    if offline:
        return (
            Mirror(place, "offline: not brought up to date")
            if exists
            else Mirror(None, "offline, and no mirror")
        )
    if exists:
        failure = _fetch(url, place, timeout_seconds)
        return Mirror(place, f"older mirror used: {failure}" if failure else "")
    folder.mkdir(parents=True, exist_ok=True)
    failure = _clone(url, place, timeout_seconds)
    return Mirror(None, failure) if failure else Mirror(place)


def _folder_name(url: str) -> str:
    # Readable, and unique: two owners' repositories of one name must not share a mirror.
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", path_of(url)).strip("-.")[-60:]
    return f"{readable}-{hashlib.sha256(without_secrets(url).encode()).hexdigest()[:16]}.git"


def _clone(url: str, place: Path, timeout_seconds: float) -> str:
    with tempfile.TemporaryDirectory(prefix=".clone-", dir=place.parent) as beside:
        fresh = os.path.join(beside, "mirror.git")
        failure = _git(["clone", "--mirror", "--quiet", "--template=", "--", url, fresh], timeout_seconds)
        if failure:
            return failure
        try:
            os.rename(fresh, place)
        except OSError as error:
            if not (place / "HEAD").is_file():
                return f"{type(error).__name__}: {error.strerror}"
            # Another process was faster with the same mirror: its copy is as good.
            shutil.rmtree(fresh, ignore_errors=True)
    return ""


def _fetch(url: str, place: Path, timeout_seconds: float) -> str:
    fetch = [
        "fetch",
        "--prune",
        "--quiet",
        "--no-recurse-submodules",
        "--no-auto-gc",
        "--force",
        "--",
        url,
        "+refs/*:refs/*",
    ]
    failure = _git([f"--git-dir={place}", *fetch], timeout_seconds)
    return failure or _follow_head(url, place, timeout_seconds)


def _follow_head(url: str, place: Path, timeout_seconds: float) -> str:
    """A fetch leaves HEAD alone, but the default branch may have been renamed since."""
    order = [command.program(), *_SETTINGS, "ls-remote", "--symref", "--", url, "HEAD"]
    code, out, messages = _run(order, timeout_seconds)
    found = re.match(r"ref: (refs/heads/\S+)\tHEAD", out)
    if code or found is None:
        return _last_word(messages) if code else ""
    return _git([f"--git-dir={place}", "symbolic-ref", "HEAD", found[1]], timeout_seconds)


def _git(arguments: list[str], timeout_seconds: float) -> str:
    """Run git; empty where it succeeded, else its last word."""
    code, _, messages = _run([command.program(), *_SETTINGS, *arguments], timeout_seconds)
    return (_last_word(messages) or f"git ended with {code}") if code else ""


def _run(order: list[str], timeout_seconds: float) -> tuple[int, str, str]:
    # A session of its own: without a terminal ssh cannot ask either, and the helpers can be stopped with git.
    with subprocess.Popen(
        order,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=command.network_environment(),
        start_new_session=True,
    ) as process:
        try:
            out, messages = process.communicate(timeout=timeout_seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            process.communicate()
            return 124, "", f"no end within {timeout_seconds:g} s"
    return process.returncode, out.decode("utf-8", "replace"), messages.decode("utf-8", "replace")


def _last_word(messages: str) -> str:
    # The last `fatal:` says why; lines after it are advice.
    fatal = [line for line in messages.splitlines() if line.startswith(("fatal:", "error:", "ERROR:"))]
    line = command.last_line("\n".join(fatal) or messages)
    return re.sub(r"://[^/@\s]*@", "://", line)
