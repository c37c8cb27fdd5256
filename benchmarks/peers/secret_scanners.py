"""Secret scanners, each run over a folder by itself: the lines of the files in which it reports something.

None of them is asked to verify what it finds with its provider. detect-secrets is driven through its Python interface,
as its command reports nothing for a folder outside a repository.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import environment

from peers import debian

Places = set[tuple[str, int]]
"""A file's path in the folder, and the line, counted from 1, where a finding begins; 0 where the scanner names none."""


@dataclass(frozen=True)
class Scanner:
    """A peer: how to run it over a folder (results into a file), and how to read its results."""

    name: str
    version: str
    command: Callable[[Path, Path], list[str]]
    read: Callable[[str], Iterable[tuple[str, int]]]

    def scan(self, folder: Path, work: Path) -> tuple[Places, float]:
        """What it reports, and the processor seconds that it took."""
        out = work / f"{self.name}.json"
        out.unlink(missing_ok=True)
        before = os.times()
        process = subprocess.run(
            self.command(folder, out), capture_output=True, cwd=work, timeout=3_000, check=False
        )
        after = os.times()
        if not out.exists():
            out.write_bytes(process.stdout)
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        root = str(folder.absolute())
        found = {
            (path.removeprefix(root).lstrip("/"), line)
            for path, line in self.read(out.read_text(errors="replace"))
        }
        return found, seconds


def scanners(
    folder: Path, given: dict[str, Path], only: Sequence[str] = ()
) -> tuple[list[Scanner], dict[str, str]]:
    """The peers that can be had on this machine, and why the others cannot.

    Args:
        folder: Where to install them.
        given: Programs, or Pythons of environments, that are there already, by the peer's name.
        only: Their names, where not all are wanted.
    """
    found, missing = [], {}
    for name, make in _MAKERS.items():
        if only and name not in only:
            continue
        try:
            found.append(make(folder, given.get(name)))
        except (debian.NotInstallable, subprocess.CalledProcessError) as error:
            missing[name] = str(error)
    return found, missing


def _gitleaks(folder: Path, given: Path | None) -> Scanner:
    program = _debian(folder, "gitleaks", given)

    def command(target: Path, out: Path) -> list[str]:
        options = ["--no-banner", "--exit-code", "0", "--report-format", "json", "--report-path", str(out)]
        return [*program, "dir", str(target.absolute()), *options]

    def read(text: str) -> Iterable[tuple[str, int]]:
        yield from ((one["File"], one["StartLine"]) for one in json.loads(text or "[]"))

    return Scanner("gitleaks", debian.version(folder, "gitleaks"), command, read)


def _trufflehog(folder: Path, given: Path | None) -> Scanner:
    program = _debian(folder, "trufflehog", given)

    def command(target: Path, out: Path) -> list[str]:
        options = ["--json", "--no-verification", "--no-update", "--concurrency=1"]
        return [*program, "filesystem", str(target.absolute()), *options]

    def read(text: str) -> Iterable[tuple[str, int]]:
        for line in text.splitlines():
            if '"SourceMetadata"' in line:
                place = json.loads(line)["SourceMetadata"]["Data"]["Filesystem"]
                yield place["file"], place.get("line", 0)

    return Scanner("trufflehog", debian.version(folder, "trufflehog"), command, read)


def _debian(folder: Path, name: str, given: Path | None) -> list[str]:
    if given:
        return [str(given)]
    root = debian.unpacked(folder, [name])
    program = str(root / "usr" / "bin" / name)
    # Programs in Go need no library, and trufflehog starts itself anew, which the loader would take for its own.
    runs = subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    return [program] if runs else [*debian.loader(root), program]


def _kingfisher(folder: Path, given: Path | None) -> Scanner:
    version = "2.14.0"
    program = given or environment(folder, "kingfisher", [f"kingfisher-bin=={version}"]).with_name(
        "kingfisher"
    )

    def command(target: Path, out: Path) -> list[str]:
        options = ["--no-validate", "--no-update-check", "--jobs", "1", "--no-dedup", "--confidence", "low"]
        return [
            str(program),
            "scan",
            str(target.absolute()),
            "--format",
            "json",
            "--output",
            str(out),
            *options,
        ]

    def read(text: str) -> Iterable[tuple[str, int]]:
        for line in text.splitlines():
            if line.startswith("{"):
                for one in json.loads(line).get("findings", ()):
                    yield one["finding"]["path"], one["finding"]["line"]

    return Scanner("kingfisher", version, command, read)


def _detect_secrets(folder: Path, given: Path | None) -> Scanner:
    version = "1.5.0"
    python = given or environment(folder, "detect-secrets", [f"detect-secrets=={version}"])
    driver = Path(__file__).with_name("drivers") / "ask_detect_secrets.py"

    def command(target: Path, out: Path) -> list[str]:
        return [str(python), str(driver), str(target.absolute())]

    def read(text: str) -> Iterable[tuple[str, int]]:
        yield from map(tuple, json.loads(text or "[]"))

    return Scanner("detect-secrets", version, command, read)


def _credsweeper(folder: Path, given: Path | None) -> Scanner:
    version = "1.19.5"
    python = given or environment(folder, "credsweeper", [f"credsweeper=={version}"])

    def command(target: Path, out: Path) -> list[str]:
        start = [str(python), "-m", "credsweeper", "--path", str(target.absolute())]
        return [*start, "--save-json", str(out), "--jobs", "1", "--log", "error"]

    def read(text: str) -> Iterable[tuple[str, int]]:
        for one in json.loads(text or "[]"):
            yield from ((place["path"], place["line_num"]) for place in one["line_data_list"])

    return Scanner("credsweeper", version, command, read)


_MAKERS = {
    "gitleaks": _gitleaks,
    "trufflehog": _trufflehog,
    "kingfisher": _kingfisher,
    "detect-secrets": _detect_secrets,
    "credsweeper": _credsweeper,
}


def ours(batches: list[list[tuple[str, bytes]]], threshold: float) -> tuple[Places, float]:
    """The lines where what this project reports with at least that confidence begins, and its processor seconds."""
    from tilth.data.facts import secrets
    from tilth.data.facts.batch import Batch

    found: Places = set()
    seconds = 0.0
    for files in batches:
        batch = Batch.of(
            [""] * len(files), [path.split("/")[-1] for path, _ in files], [raw for _, raw in files]
        )
        begin = time.process_time()
        column = secrets.compute(batch)["secrets"]
        seconds += time.process_time() - begin
        for (path, _), text, findings in zip(files, batch.utf8, column.to_pylist(), strict=True):
            for one in findings:
                if one["confidence"] >= threshold:
                    found.add((path, text.count(b"\n", 0, one["start"]) + 1))
    return found, seconds
