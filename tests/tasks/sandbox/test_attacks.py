"""Programs that try to do harm: each of them is contained, by each means there is."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tilth.tasks.sandbox.means import MEANS, Means, there
from tilth.tasks.sandbox.program import Limits, Program
from tilth.tasks.sandbox.protections import probe
from tilth.tasks.sandbox.running import run_by

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.py"))
LIMITS = Limits(
    wall_seconds=2,
    cpu_seconds=1,
    memory_bytes=128 * 2**20,
    disk_bytes=16 * 2**20,
    file_bytes=8 * 2**20,
    files=512,
    processes=16,
    output_bytes=2**16,
)
ENDS = {
    "endless_sleep": "wall_time",
    "stop_parent": "wall_time",
    "endless_loop": "cpu_time",
    "output_flood": "output",
    "error_flood": "output",
    "memory_bomb_shared": "memory",
    "memory_bomb_many": "memory",
}
"""Those that a limit ends; the others end by themselves, or may end either way."""


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What an attack aims at, all of it real: a readable file, servers that listen, a secret in the environment."""
    secret = tmp_path / "secret"
    secret.write_text("what nobody may read")
    for folder in (secret, *list(tmp_path.parents)[:2], tmp_path):
        folder.chmod(0o755)
    monkeypatch.setenv("TILTH_TEST_SECRET", "what nobody may read")
    abstract = f"tilth-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + abstract)
        unix.listen()
        yield {
            "secret": str(secret),
            "home": str(Path.home()),
            "port": listening.getsockname()[1],
            "abstract": abstract,
            "parent": os.getpid(),
        }
    assert secret.read_text() == "what nobody may read"


def walls() -> list[Means]:
    """The means that protect from everything, of those there are here."""
    return [means for means in MEANS if there(means) and not probe(means).missing]


def processes_of(marker: str) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if marker in line]


@pytest.mark.parametrize("means", ["bubblewrap", "namespaces"])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda path: path.stem)
def test_it_is_contained(attack: Path, means: Means, target: dict[str, Any]) -> None:
    if means not in walls():
        pytest.skip(f"{means} does not work on this machine")
    marker = f"attack-{os.getpid()}-{time.monotonic_ns()}"
    program = Program.python(attack.read_text(), marker, files={"target.json": json.dumps(target).encode()})
    # On a machine with much to do, what another limit should end gets little done in two seconds.
    is_timed = ENDS.get(attack.stem, "wall_time") == "wall_time"
    outcome = run_by(means, program, LIMITS if is_timed else replace(LIMITS, wall_seconds=50))
    assert b"ESCAPED" not in outcome.stdout, outcome.stdout
    assert outcome.ended == ENDS.get(attack.stem, outcome.ended)
    if attack.stem not in ENDS and b"Traceback" in outcome.stderr:
        assert b"MemoryError" in outcome.stderr or b"Resource" in outcome.stderr, outcome.stderr.decode()
    assert len(outcome.stdout) <= LIMITS.output_bytes and len(outcome.stderr) <= LIMITS.output_bytes
    assert outcome.wall_seconds < 60
    assert processes_of(marker) == []


def test_there_are_forty() -> None:
    assert len(ATTACKS) >= 40
    assert ENDS.keys() <= {attack.stem for attack in ATTACKS}


def test_the_targets_can_be_reached_from_outside(target: dict[str, Any]) -> None:
    """Otherwise the attacks would prove nothing."""
    reached = Path(target["secret"]).read_text()
    with socket.create_connection(("127.0.0.1", target["port"]), 5):
        assert reached
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect("\0" + target["abstract"])
