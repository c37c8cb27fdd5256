"""How the benchmarks measure: a whole command from outside, its tree of processes together, several times."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Cost:
    """What one run of a command took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Largest proportional memory (PSS) of the command and its children together, seen every 0.1 s or less often."""


_LOOKS_SHARE = 0.01
"""Largest share of a core that looking at memory may take: it walks all pages, and the command waits meanwhile."""


def run(command: Sequence[str], *, cores: Sequence[int], env: dict[str, str] | None = None) -> Cost:
    """Runs a command to its end on the given cores; its output goes to standard error."""
    # An installed package has its bytecode; one that is used from its sources keeps it after the first run.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=sys.stderr,
        env=around | (env or {}),
        preexec_fn=lambda: os.sched_setaffinity(0, set(cores)),
    )
    peak = 0
    while process.poll() is None:
        began = time.perf_counter()
        peak = max(peak, _memory(process.pid))
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, (time.perf_counter() - began) / _LOOKS_SHARE))
    wall = time.perf_counter() - start
    after = os.times()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall, cpu, peak)


def _memory(pid: int) -> int:
    total = 0
    waiting = [pid]
    while waiting:
        at = waiting.pop()
        try:
            for line in Path(f"/proc/{at}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            waiting += map(int, Path(f"/proc/{at}/task/{at}/children").read_text().split())
        except OSError:
            continue
    return total


def environment(folder: Path, name: str, requirements: Sequence[str]) -> Path:
    """Python of a virtual environment that has just these requirements, made where it is not there yet."""
    home = folder / "environments" / name
    stamp = home / "requirements.txt"
    wanted = "\n".join(requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        command = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements]
        subprocess.run(command, check=True, stdout=sys.stderr)
        stamp.write_text(wanted)
    return home / "bin" / "python"


def tilth(folder: Path) -> list[str]:
    """The command `tilth` as `pip install tilth` gives it, with the pinned versions and nothing else beside it."""
    python = environment(folder, "tilth", ["-c", str(ROOT / "constraints.txt"), "-e", str(ROOT)])
    return [str(python), "-m", "tilth"]


def median(costs: Sequence[Cost], what: str = "wall_seconds") -> float:
    """Median of one figure."""
    return statistics.median(getattr(cost, what) for cost in costs)


def machine() -> str:
    """The machine in a few words."""
    model = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {sys.version.split()[0]}"


def finish(
    name: str, ours: dict[str, Any], peers: dict[str, Any], ratios: dict[str, float], goals: dict[str, str]
) -> None:
    """Prints the last line and ends: 0 where every goal is met. A goal is a bound such as `<= 3`."""
    checks = {
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
    }
    met = all(checks[goal.split()[0]](ratios[key], float(goal.split()[1])) for key, goal in goals.items())
    rounded = {key: round(value, 3) for key, value in ratios.items()}
    line = {
        "name": name,
        "machine": machine(),
        "ours": ours,
        "peers": peers,
        "ratios": rounded,
        "goals": goals,
        "met": met,
    }
    print(json.dumps(line))
    sys.exit(0 if met else 1)
