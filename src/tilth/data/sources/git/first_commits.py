"""First commits of histories, remembered between runs: the walk to one reads the whole history."""

import re
import zlib
from pathlib import Path
from threading import Lock

_LINE = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40}) ([0-9a-f]{8})")


class FirstCommits:
    """Commit -> the first one of its history by first parents, kept in a file of lines that only grows.

    What a commit id stands for never changes, so nothing in the file ever gets old. A line that is damaged does
    not count; where the file cannot be read or written, nothing is remembered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._known: dict[str, str] | None = None

    def get(self, commit: str) -> str | None:
        """The first commit, where it is known."""
        with self._lock:
            if self._known is None:
                self._known = _read(self._path)
            return self._known.get(commit)

    def add(self, commit: str, first: str) -> None:
        """Remember a first commit; a store that does not exist yet is not made for it."""
        words = f"{commit} {first}"
        with self._lock:
            if self._known is not None:
                self._known[commit] = first
            if not self._path.parent.parent.is_dir():
                return
            try:
                self._path.parent.mkdir(exist_ok=True)
                with self._path.open("a", encoding="ascii") as file:
                    # The line end stands first too: what a kill left of an earlier line stays a line of its own.
                    file.write(f"\n{words} {_check(words)}\n")
            except OSError:
                return  # a full disk or a read-only folder costs time later, nothing else


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text("ascii", "replace")
    except OSError:
        return {}
    lines = (_LINE.fullmatch(line) for line in text.split("\n"))
    return {line[1]: line[2] for line in lines if line and line[3] == _check(f"{line[1]} {line[2]}")}


def _check(words: str) -> str:
    return f"{zlib.crc32(words.encode()):08x}"
