"""How a peer is asked: paths on its standard input, a line of JSON for each on its output, in the same order."""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Peer:
    """A tool that is installed."""

    name: str
    version: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)

    def ask(self, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """What it says of files, in their order.

        Raises:
            RuntimeError: It ended early or said another number of things.
        """
        if not paths:
            return []
        done = subprocess.run(
            self.command,
            input="".join(f"{path}\n" for path in paths).encode(),
            stdout=subprocess.PIPE,
            env=os.environ | self.environment,
            check=False,
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode or len(answers) != len(paths):
            raise RuntimeError(
                f"{self.name} ended with {done.returncode} and answered {len(answers)} of {len(paths)}"
            )
        return answers


def laid_out(folder: Path, files: Sequence[tuple[str, bytes]]) -> list[Path]:
    """Files with their own names, each in a folder of its own that is named by what it holds."""
    paths = []
    for name, raw in files:
        place = folder / hashlib.sha256(name.encode() + b"\0" + raw).hexdigest()[:20]
        place.mkdir(parents=True, exist_ok=True)
        path = place / name
        if not path.is_file():
            path.write_bytes(raw)
        paths.append(path.absolute())
    return paths


def remembered(peer: Peer, paths: Sequence[Path], folder: Path, part: int = 50) -> list[dict[str, Any]]:
    """What a slow peer says, kept by the file's name and contents, so that no file is asked about twice."""
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / f"{peer.name}-{peer.version}.jsonl".replace("/", "_").replace(" ", "_")
    known = {}
    if store.is_file():
        known = dict(json.loads(line) for line in store.read_text().splitlines())
    keys = [hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).hexdigest() for path in paths]
    missing = {key: path for key, path in zip(keys, paths, strict=True) if key not in known}
    left = list(missing.items())
    for at in range(0, len(left), part):
        asked = left[at : at + part]
        with store.open("a") as out:
            for (key, _), answer in zip(asked, peer.ask([path for _, path in asked]), strict=True):
                known[key] = answer
                out.write(json.dumps([key, answer]) + "\n")
    return [known[key] for key in keys]
