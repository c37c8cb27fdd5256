"""Runs a second of the sandbox: small Python programs, each from its start to its outcome, on two cores.

`python benchmarks/sandbox.py [--quick]`. The peer is the same program run by `subprocess` without a wall.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from measure import finish

from tilth.tasks.sandbox import Limits, Pool, Program, protections
from tilth.tasks.sandbox.program import PYTHON

SOURCE = "def add(a, b):\n    return a + b\n\n\nassert add(1, 2) == 3\nprint('passed')\n"
CORES = 2


def rate(run_all: Callable[[int], list[bytes]], number: int) -> float:
    """Runs a second, each of them right."""
    began = time.perf_counter()
    said = run_all(number)
    seconds = time.perf_counter() - began
    if said != [b"passed\n"] * number:
        raise SystemExit(f"a program did not pass: {said}")
    return number / seconds


def bare(_: int) -> bytes:
    return subprocess.run([PYTHON, "-c", SOURCE], capture_output=True, check=True, env={}).stdout


def main(arguments: list[str]) -> None:
    number, rounds = (40, 3) if "--quick" in arguments else (200, 5)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    here = protections()
    with Pool(CORES) as pool, ThreadPoolExecutor(CORES) as threads:
        walled, without = [], []
        for _ in range(rounds):
            walled.append(
                rate(
                    lambda n: [o.stdout for o in pool.run_all([Program.python(SOURCE)] * n, Limits())], number
                )
            )
            without.append(rate(lambda n: list(threads.map(bare, range(n))), number))
    rates = {"runs_per_second": statistics.median(walled)}
    finish(
        "sandbox",
        {
            "runs_per_second": [round(r, 1) for r in walled],
            "means": here.means,
            "missing": list(here.missing),
        },
        {"subprocess_runs_per_second": [round(r, 1) for r in without]},
        rates | {"of_bare_subprocess": statistics.median(walled) / statistics.median(without)},
        {"runs_per_second": ">= 20"},
    )


if __name__ == "__main__":
    main(sys.argv[1:])
