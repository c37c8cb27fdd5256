"""The blocks of a page that are marked to run: files to write, and commands with what they print."""

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^<!-- (?P<mark>run|file: (?P<name>\S+)) -->\n```\w+\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Command:
    """A command line and the lines that it prints, `…` for anything."""

    line: str
    printed: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A file to write."""

    name: str
    text: str


def blocks(page: Path) -> list[Command | File]:
    """What a page marks, in its order."""
    found: list[Command | File] = []
    for match in _BLOCK.finditer(page.read_text("utf-8")):
        if match["name"]:
            found.append(File(match["name"], match["body"]))
            continue
        for part in re.split(r"^\$ ", match["body"], flags=re.MULTILINE)[1:]:
            line, *printed = part.strip("\n").splitlines()
            found.append(Command(line, tuple(printed)))
    return found


def fits(printed: str, expected: tuple[str, ...]) -> bool:
    """Whether the output is as the page shows it; columns may be aligned in another way, `…` is anything."""
    if not expected:
        return printed == ""
    lines = [flat(line) for line in expected]
    pattern = "".join(
        "(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in lines if line
    )
    text = "".join(flat(line) + "\n" for line in printed.splitlines() if flat(line))
    return re.fullmatch(pattern, text) is not None


def flat(line: str) -> str:
    """The words of a line; a terminal's table writes thousands with commas, a pipe does not."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", " ".join(line.split()))
