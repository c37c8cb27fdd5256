"""Which protections hold on this machine: a program is run that tries to do without each of them."""

import os
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from typing import Final

from tilth.errors import WorkFailed
from tilth.tasks.sandbox.means import MEANS, Means, there
from tilth.tasks.sandbox.program import Limits, Program
from tilth.tasks.sandbox.running import run_by

PROTECTIONS: Final = {
    "network": "It reaches no network, not even this machine's own.",
    "files": "It reads what it is shown, and writes only below its own `/tmp`, which is gone with it.",
    "processes": "It sees and reaches only its own processes, and all of them end with it.",
    "rights": "It has none of root's rights, and no program that it starts can gain one.",
    "system_calls": "The kernel refuses it calls that no such program has use for.",
    "process_count": "It cannot start more processes than its limit.",
    "memory": "It cannot take more memory than its limit.",
}
"""Name -> what holds with it. Limits of time, output, files' sizes and open files hold everywhere."""

_PROBE: Final = """
import os, resource, socket, sys
secret = sys.argv[1]
port, parent, processes, memory = map(int, sys.argv[2:])

def fails(attempt, *errors):
    try:
        attempt()
    except errors:
        return True
    return False

def write(folder):
    path = os.path.join(folder, "tilth-probe")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    os.unlink(path)

def fork_all():
    for _ in range(processes + 3):
        if not os.fork():
            import time
            time.sleep(60)

status = dict(line.split(":", 1) for line in open("/proc/self/status"))
held = {
    "network": fails(lambda: socket.create_connection(("127.0.0.1", port), 1), OSError),
    "files": fails(lambda: open(secret), OSError)
    and all(fails(lambda: write(folder), OSError) for folder in ("/", "/usr", "/dev", sys.base_prefix)),
    "processes": fails(lambda: os.kill(parent, 0), ProcessLookupError) and not os.path.exists(f"/proc/{parent}"),
    "rights": int(status["CapPrm"], 16) == 0 and status["NoNewPrivs"].strip() == "1",
    "system_calls": status["Seccomp"].strip() == "2",
    "memory": fails(lambda: bytearray(memory), MemoryError),
    "process_count": fails(fork_all, BlockingIOError),
}
print(*[name for name, holds in held.items() if holds])
"""


@dataclass(frozen=True, slots=True)
class Protections:
    """What holds by the best means there is here."""

    means: Means
    holds: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Those that do not hold."""
        return tuple(name for name in PROTECTIONS if name not in self.holds)


@cache
def protections() -> Protections:
    """The first means by which all hold, else the one by which most do; found out once in a process."""
    tried = []
    for means in MEANS:
        if there(means):
            found = probe(means)
            if not found.missing:
                return found
            tried.append(found)
    return max(tried, key=lambda found: len(found.holds))


def probe(means: Means) -> Protections:
    """What holds by one means; nothing where it cannot be set up."""
    limits = Limits(wall_seconds=20, memory_bytes=256 * 2**20, processes=8)
    with socket.create_server(("127.0.0.1", 0)) as listening, tempfile.NamedTemporaryFile(mode="w") as secret:
        # Nothing but the wall keeps it from being read.
        os.chmod(secret.name, 0o644)
        port = listening.getsockname()[1]
        asked = (secret.name, port, os.getpid(), limits.processes, 2 * limits.memory_bytes)
        try:
            outcome = run_by(means, Program.python(_PROBE, *map(str, asked)), limits)
        except WorkFailed:
            return Protections(means, ())
    held = outcome.stdout.decode().split() if outcome.passed else []
    return Protections(means, tuple(name for name in PROTECTIONS if name in held))
