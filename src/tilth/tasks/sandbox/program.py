"""What is run, how much it may take, and what came of it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, Self

from tilth.errors import UserError

Ended = Literal["exit", "signal", "wall_time", "cpu_time", "memory", "output"]
"""How a program ended: by itself, by a signal, or because it reached the limit of that name."""

PYTHON = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
"""The interpreter that runs Python programs: the one that runs tilth, outside any virtual environment."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command, and the files that lie in the folder where it starts.

    Args:
        command: The program and its arguments; a bare name is looked for in `/usr/local/bin`, `/usr/bin`, `/bin`.
        files: Path below the folder where it starts -> content. The program may change them; they are copies.
        stdin: What it reads from standard input.
        environment: Variables that it sees besides `PATH`, `HOME`, `TMPDIR` and `LANG`; nothing is inherited.
        visible: Folders and files that it may read, at their own paths, besides the system's programs and libraries.

    Raises:
        UserError: There is no command, it holds a NUL, or a file's path leads out of the folder.
    """

    command: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    visible: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.command:
            raise UserError(
                "a program without a command cannot be run", hint="command=('python3', 'main.py')"
            )
        if any("\0" in text for text in (*self.command, *self.environment, *self.environment.values())):
            raise UserError("a command or an environment variable holds a NUL, which no system can pass on")
        for name in self.files:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
                raise UserError(
                    f"{name!r} is no path below the program's folder", hint="give relative paths without '..'"
                )

    @classmethod
    def python(
        cls,
        source: str,
        *arguments: str,
        files: Mapping[str, bytes] | None = None,
        stdin: bytes = b"",
        visible: tuple[Path, ...] = (),
    ) -> Self:
        """Python source, run as `main.py` by the interpreter that runs tilth, without its installed packages.

        Lone surrogates, which no encoding of a file can hold, become question marks.
        """
        text = source.encode("utf-8", "replace")
        return cls(
            (PYTHON, "main.py", *arguments), {**(files or {}), "main.py": text}, stdin, visible=visible
        )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a program may take, all its processes together where nothing else is said."""

    wall_seconds: float = 10.0
    """Time from its start to its end."""
    cpu_seconds: int = 10
    """Processor time of each process."""
    memory_bytes: int = 512 * 2**20
    """Memory, what lies in its own `/tmp` not counted."""
    disk_bytes: int = 64 * 2**20
    """What lies in its own `/tmp`."""
    file_bytes: int = 16 * 2**20
    """One file."""
    files: int = 4096
    """Files and folders in its own `/tmp`."""
    processes: int = 32
    """Processes and threads at one time."""
    open_files: int = 128
    """Files that one process holds open."""
    output_bytes: int = 2**20
    """Standard output and standard error, each."""

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise UserError(f"{name} must be above 0, not {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    ended: Ended
    exit_code: int | None
    """What it returned; None where it did not end by itself, or was ended by a signal."""
    stdout: bytes
    stderr: bytes
    wall_seconds: float

    @property
    def passed(self) -> bool:
        """Whether it ended by itself with exit code 0."""
        return self.exit_code == 0
