"""How staleness, speed and the number of servers hang together, by the orchestrator with a clock in place of models.

A script and no command: it answers a question of design, and a user has nothing to run with it.
"""

import sys
import time
from typing import Any

from tilth.train.asynchronous.settings import Bounds
from tilth.train.asynchronous.simulation import Setting, Simulation

SLOTS = 16
ANSWERS = 8


def run(
    servers: int, staleness: int, *, in_order: bool = False, slowest: float = 1.0, steps: int = 30
) -> Any:
    """One run whose batch fills all slots: figures of the second half of the steps."""
    bounds = Bounds(servers * SLOTS // ANSWERS, ANSWERS, staleness, in_order, SLOTS, SLOTS)
    began = time.process_time()
    made = Simulation(Setting(bounds, servers, slowest=slowest), steps)
    rows = made.run()
    skipped = rows[steps // 2]
    took = rows[-1]["at_seconds"] - skipped["at_seconds"]
    account = made.it.account
    assert account.produced == account.trained + account.in_flight + sum(account.dropped.values())
    return {
        "rate": (rows[-1]["trained"] - skipped["trained"]) / took,
        "staleness": sum(row["staleness_mean"] for row in rows) / len(rows),
        "oldest": max(row["staleness_max"] for row in rows),
        "servers_idle": sum(row["servers_idle_fraction"] for row in rows[steps // 2 :])
        / len(rows[steps // 2 :]),
        "trainer_idle": sum(row["trainer_idle_fraction"] for row in rows[steps // 2 :])
        / len(rows[steps // 2 :]),
        "dropped": sum(account.dropped.values()),
        "cpu_seconds": time.process_time() - began,
    }


def main() -> None:
    """Prints the tables of docs/design/asynchronous.md."""
    counts = [1, 8, 64] if "--quick" in sys.argv else [1, 8, 64, 256, 1024]
    print("| servers | staleness | order | slowest | answers/s | against 0 | mean age | oldest | servers idle |"
          " trainer idle | dropped | CPU s |")  # fmt: skip
    print("|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for servers in counts:
        steps = 30 if servers <= 64 else 12
        cases = [(0, False, 1.0), (1, False, 1.0), (2, False, 1.0), (4, False, 1.0)]
        if servers <= 64:
            cases += [(1, True, 1.0), (2, True, 1.0), (4, True, 1.0), (4, False, 0.25)]
        still = 0.0
        for staleness, in_order, slowest in cases:
            one = run(servers, staleness, in_order=in_order, slowest=slowest, steps=steps)
            still = still or one["rate"]
            print(f"| {servers} | {staleness} | {'data' if in_order else 'ready'} | {slowest} | {one['rate']:.2f} |"
                  f" {one['rate'] / still:.2f} | {one['staleness']:.2f} | {one['oldest']} |"
                  f" {one['servers_idle']:.2f} | {one['trainer_idle']:.2f} |"
                  f" {one['dropped']} | {one['cpu_seconds']:.1f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
