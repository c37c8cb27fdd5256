"""How a peer is asked: paths on its standard input, a line of JSON for each on its output, in the same order."""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
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

    at_once: int | None = None
    """How many files it is asked about at once, where it says nothing before it has seen all."""

    def answers(self, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
        """What it says of files, in their order, as soon as it says it.

        Raises:
            RuntimeError: It ended early or said another number of things.
        """
        step = self.at_once or max(1, len(paths))
        for at in range(0, len(paths), step):
            yield from self._answers(paths[at : at + step])

    def _answers(self, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
        said = 0
        with tempfile.TemporaryFile() as listing:
            listing.write("".join(f"{path}\n" for path in paths).encode())
            listing.seek(0)
            process = subprocess.Popen(
                self.command, stdin=listing, stdout=subprocess.PIPE, env=os.environ | self.environment
            )
            for line in process.stdout or ():
                said += 1
                yield json.loads(line)
        if process.wait() or said != len(paths):
            raise RuntimeError(
                f"{self.name} ended with {process.returncode} after {said} of {len(paths)} files"
            )


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


def remembered(peer: Peer, paths: Sequence[Path], folder: Path) -> list[dict[str, Any]]:
    """What a slow peer says, kept by the file's name and contents, so that no file is asked about twice."""
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / f"{peer.name}-{peer.version}.jsonl".replace("/", "_").replace(" ", "_")
    known = {}
    if store.is_file():
        known = dict(json.loads(line) for line in store.read_text().splitlines())
    keys = [hashlib.sha256(path.name.encode() + b"\0" + path.read_bytes()).hexdigest() for path in paths]
    missing = {key: path for key, path in zip(keys, paths, strict=True) if key not in known}
    with store.open("a") as out:
        for key, answer in zip(missing, peer.answers(list(missing.values())), strict=True):
            known[key] = answer
            out.write(json.dumps([key, answer]) + "\n")
            out.flush()
    return [known[key] for key in keys]
