"""Small tasks that leave files behind, for the tests of every engine."""

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tilth.errors import UserError


def square(folder: str, number: int, seconds: float = 0.0) -> dict[str, Any]:
    """Writes number squared into a file named for it."""
    time.sleep(seconds)
    Path(folder, f"{number}.txt").write_text(str(number * number))
    return {"square": number * number, "process": os.getpid()}


def mark_start(folder: str, number: int, seconds: float) -> dict[str, Any]:
    """Like `square`, and says first that it began, and in which process."""
    Path(folder, f"started-{number}-{os.getpid()}").touch()
    return square(folder, number, seconds)


def die(folder: str, times: int) -> dict[str, Any]:
    """Kills its own process the first `times` times that it is called."""
    marks = Path(folder)
    before = len(list(marks.glob("death-*")))
    if before < times:
        Path(marks, f"death-{before}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"deaths": before}


def refuse() -> dict[str, Any]:
    """A user's mistake."""
    raise UserError("there is no such branch", where="recipe.yaml", hint="did you mean `main`?")


class Stubborn(Exception):
    """An error that pickles but cannot be read back."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} is not {two}")
        self.held = open(os.devnull) if one < 0 else None


def stumble(one: int) -> dict[str, Any]:
    """A bug: an error that cannot be read back, or for one < 0 not even be sent."""
    raise Stubborn(one, 2)


def tick(folder: str, seconds: float = 60.0) -> dict[str, Any]:
    """Appends a byte to a file of its own every 20 milliseconds."""
    end = time.monotonic() + seconds
    with Path(folder, f"ticks-{os.getpid()}").open("ab", buffering=0) as file:
        while time.monotonic() < end:
            file.write(b".")
            time.sleep(0.02)
    return {}


def tick_in_child(folder: str) -> dict[str, Any]:
    """Like `tick`, in a program that it starts, as git is started."""
    loop = 'while :; do printf . >> "$1/ticks-$$"; sleep 0.02; done'
    subprocess.run(["sh", "-c", loop, "sh", folder], check=True)
    return {}
