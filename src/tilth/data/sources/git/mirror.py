"""A URL -> a bare mirror on this machine: cloned once, then only what is new."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from tilth.data.sources.git import command
from tilth.data.sources.git.lists import path_of, without_secrets

TIMEOUT_SECONDS = 3600.0
"""A clone or fetch that takes longer is given up."""

_LOOK_SECONDS = 0.5

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
    url: str,
    folder: Path,
    *,
    offline: bool = False,
    timeout_seconds: float = TIMEOUT_SECONDS,
    stop: Event | None = None,
) -> Mirror:
    """Clone `url` into a bare mirror in `folder`, or bring the one there up to date.

    The mirror appears at once and whole: it is cloned beside its place and then renamed. Where the network
    fails, the mirror of an earlier run is used and the note says so.

    Args:
        url: URL, or `user@host:path`.
        folder: Folder of all mirrors; created.
        offline: Use what is there, ask nobody.
        timeout_seconds: Seconds that a clone or fetch may take.
        stop: Once set by another thread, a clone or fetch is given up.
    """
    limit = _Limit(timeout_seconds, stop)
    place = folder / _folder_name(url)
    exists = (place / "HEAD").is_file()
    if offline:
        return (
            Mirror(place, "offline: not brought up to date")
            if exists
            else Mirror(None, "offline, and no mirror")
        )
    if exists:
        failure = _fetch(url, place, limit)
        return Mirror(place, f"older mirror used: {failure}" if failure else "")
    folder.mkdir(parents=True, exist_ok=True)
    failure = _clone(url, place, limit)
    return Mirror(None, failure) if failure else Mirror(place)


@dataclass(frozen=True, slots=True)
class _Limit:
    """How long git may run."""

    seconds: float
    stop: Event | None

    def wait(self, process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
        """What git wrote; TimeoutExpired where its time is over, or where it shall stop."""
        end = time.monotonic() + self.seconds
        while True:
            left = end - time.monotonic()
            try:
                return process.communicate(timeout=max(min(left, _LOOK_SECONDS), 0))
            except subprocess.TimeoutExpired:
                if left <= _LOOK_SECONDS or (self.stop is not None and self.stop.is_set()):
                    raise


def _folder_name(url: str) -> str:
    # Readable, and unique: two owners' repositories of one name must not share a mirror.
    readable = re.sub(r"[^A-Za-z0-9.-]+", "-", path_of(url)).strip("-.")[-60:]
    return f"{readable}-{hashlib.sha256(without_secrets(url).encode()).hexdigest()[:16]}.git"


def _clone(url: str, place: Path, limit: _Limit) -> str:
    with tempfile.TemporaryDirectory(prefix=".clone-", dir=place.parent) as beside:
        fresh = os.path.join(beside, "mirror.git")
        failure = _git(["clone", "--mirror", "--quiet", "--template=", "--", url, fresh], limit)
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


def _fetch(url: str, place: Path, limit: _Limit) -> str:
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
    failure = _git([f"--git-dir={place}", *fetch], limit)
    return failure or _follow_head(url, place, limit)


def _follow_head(url: str, place: Path, limit: _Limit) -> str:
    """A fetch leaves HEAD alone, but the default branch may have been renamed since."""
    order = [command.program(), *_SETTINGS, "ls-remote", "--symref", "--", url, "HEAD"]
    code, out, messages = _run(order, limit)
    found = re.match(r"ref: (refs/heads/\S+)\tHEAD", out)
    if code or found is None:
        return _last_word(messages) if code else ""
    return _git([f"--git-dir={place}", "symbolic-ref", "HEAD", found[1]], limit)


def _git(arguments: list[str], limit: _Limit) -> str:
    """Run git; empty where it succeeded, else its last word."""
    code, _, messages = _run([command.program(), *_SETTINGS, *arguments], limit)
    return (_last_word(messages) or f"git ended with {code}") if code else ""


def _run(order: list[str], limit: _Limit) -> tuple[int, str, str]:
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
            out, messages = limit.wait(process)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            process.communicate()
            return 124, "", f"no end within {limit.seconds:g} s"
    return process.returncode, out.decode("utf-8", "replace"), messages.decode("utf-8", "replace")


def _last_word(messages: str) -> str:
    # The last `fatal:` says why; lines after it are advice.
    fatal = [line for line in messages.splitlines() if line.startswith(("fatal:", "error:", "ERROR:"))]
    line = command.last_line("\n".join(fatal) or messages)
    return re.sub(r"://[^/@\s]*@", "://", line)
