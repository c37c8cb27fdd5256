"""Watches a running sandbox from outside: time, memory of all its processes, output; ends it where one is reached."""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from tilth.tasks.sandbox.program import Limits

_LOOK_SECONDS: Final = 0.02
"""Between two looks at its memory: what can be filled meanwhile is what the limit can be passed by."""
_READ_BYTES: Final = 1 << 16

Reached = Literal["wall_time", "memory", "output"]


@dataclass(slots=True)
class Watched:
    """What was seen of a run."""

    reached: Reached | None = None
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)


def watch(process: subprocess.Popen[bytes], limits: Limits) -> Watched:
    """Reads the output until the process has ended, or ends it at the first limit that is reached."""
    seen = Watched()
    end = time.monotonic() + limits.wall_seconds
    ended = os.pidfd_open(process.pid)
    try:
        with process, selectors.DefaultSelector() as waiting:
            waiting.register(ended, selectors.EVENT_READ)
            for pipe, text in ((process.stdout, seen.stdout), (process.stderr, seen.stderr)):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    waiting.register(pipe, selectors.EVENT_READ, text)
            try:
                _until_the_end(process.pid, waiting, seen, limits, end)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        os.close(ended)
    return seen


def _until_the_end(
    pid: int, waiting: selectors.BaseSelector, seen: Watched, limits: Limits, end: float
) -> None:
    next_look = 0.0
    over = False
    while not over and seen.reached is None:
        ready = waiting.select(_LOOK_SECONDS)
        # What it wrote is read before its end is believed: all of it is there by then.
        over = any(key.data is None for key, _ in ready)
        for key in [key for key in list(waiting.get_map().values()) if key.data is not None]:
            if not _read(key.fd, key.data, limits.output_bytes):
                waiting.unregister(key.fileobj)
            elif len(key.data) > limits.output_bytes:
                del key.data[limits.output_bytes :]
                seen.reached = "output"
        now = time.monotonic()
        if now > next_look and not over:
            next_look = now + _LOOK_SECONDS
            if _memory(pid) > limits.memory_bytes:
                seen.reached = "memory"
        if now > end and not over:
            seen.reached = "wall_time"


def _read(descriptor: int, text: bytearray, most: int) -> bool:
    """Adds what is there to the text, to one byte more than the most; False at the pipe's end."""
    while len(text) <= most:
        try:
            piece = os.read(descriptor, min(_READ_BYTES, most + 1 - len(text)))
        except BlockingIOError:
            return True
        if not piece:
            return False
        text += piece
    return True


def _memory(pid: int) -> int:
    """Bytes that a process and all below it hold and that no file backs; memory they share counts for each."""
    total = 0
    waiting = [str(pid)]
    while waiting:
        at = waiting.pop()
        # Any of them may be gone by now.
        with suppress(OSError):
            with open(f"/proc/{at}/status", "rb") as status:
                for line in status:
                    if line.startswith((b"RssAnon:", b"RssShmem:")):
                        total += int(line.split()[1]) * 1024
            for thread in os.listdir(f"/proc/{at}/task"):
                with open(f"/proc/{at}/task/{thread}/children") as children:
                    waiting += children.read().split()
    return total
