"""One program, from its start to its outcome."""

import fcntl
import marshal
import os
import resource
import secrets
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from typing import Final

from tilth.errors import WorkFailed
from tilth.tasks.sandbox import inside, system_calls
from tilth.tasks.sandbox.means import DEVICES, ENVIRONMENT, FOLDER, Means, command, hidden, links, shown
from tilth.tasks.sandbox.program import Ended, Limits, Outcome, Program
from tilth.tasks.sandbox.watch import watch

_FIRST_USER: Final = 2**30
"""Users from here on own nothing: each run of root's gets one by chance."""


def run_by(means: Means, program: Program, limits: Limits) -> Outcome:
    """Runs a program by the means named, whatever they protect from.

    Raises:
        WorkFailed: The sandbox could not be set up.
    """
    with ExitStack() as until_done:
        folder = FOLDER
        if means == "limits":
            folder = until_done.enter_context(
                tempfile.TemporaryDirectory(prefix="tilth-", ignore_cleanup_errors=True)
            )
        job_file = _file_of(marshal.dumps(_job(means, program, limits, folder)), until_done)
        report = _file_of(b"", until_done, sealed=False)
        stdin = _file_of(program.stdin, until_done)
        started = time.monotonic()
        process = subprocess.Popen(
            command(means, program, job_file, report),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(job_file, report),
            env={},
            cwd="/",
            start_new_session=True,
        )
        seen = watch(process, limits)
        seconds = time.monotonic() - started
        ready, _, status = os.pread(report, 1 << 16, 0).partition(b" ")
    ended: Ended | None = seen.reached
    if ended is None and (ready != inside.READY or not status):
        said = (ready + b" " + status if ready != inside.READY else bytes(seen.stderr)).decode(
            "utf-8", "replace"
        )
        raise WorkFailed(f"the sandbox could not be set up: {said.strip() or bytes(seen.stderr)!r}")
    code = int(status or 0)
    if ended is None:
        ended = "exit" if code >= 0 else "cpu_time" if code == -signal.SIGXCPU else "signal"
    return Outcome(ended, code if ended == "exit" else None, bytes(seen.stdout), bytes(seen.stderr), seconds)


def _file_of(content: bytes, until_done: ExitStack, *, sealed: bool = True) -> int:
    """A file in memory with this content, open at its beginning; sealed, nothing can be written into it."""
    opened = os.memfd_create("tilth", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    until_done.callback(os.close, opened)
    with os.fdopen(opened, "r+b", closefd=False) as file:
        file.write(content)
    os.lseek(opened, 0, os.SEEK_SET)
    if sealed:
        fcntl.fcntl(opened, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
    return opened


def _job(means: Means, program: Program, limits: Limits, folder: str) -> inside.Job:
    as_root = os.geteuid() == 0
    around = ENVIRONMENT if means != "limits" else ENVIRONMENT | {"HOME": folder, "TMPDIR": folder}
    return {
        "build": means == "namespaces",
        "walled": means != "limits",
        "shown": shown(program),
        "hidden": hidden(program),
        "devices": list(DEVICES),
        "links": links(),
        "tmpfs": f"size={limits.disk_bytes},nr_inodes={limits.files},mode=1777",
        "limits": [
            (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
            (resource.RLIMIT_DATA, limits.memory_bytes, limits.memory_bytes),
            *(
                [(resource.RLIMIT_NPROC, limits.processes + 2, limits.processes + 2)]
                if means != "limits"
                else []
            ),
            (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
            (resource.RLIMIT_CORE, 0, 0),
            (resource.RLIMIT_MEMLOCK, 0, 0),
            (resource.RLIMIT_MSGQUEUE, 0, 0),
            (resource.RLIMIT_SIGPENDING, 256, 256),
            (resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes),
        ],
        "user": _FIRST_USER + secrets.randbelow(2**29) if as_root and means != "limits" else None,
        "folder": folder,
        "files": {name: bytes(content) for name, content in program.files.items()},
        "command": list(program.command),
        "environment": {**around, **program.environment},
        "filter": system_calls.program(),
    }
