"""Who hears of progress: bars in a terminal, plain lines in a log, JSON objects for programs."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tilth.errors import UserError
from tilth.report.numbers import count, duration, percent, quantity, rate

if TYPE_CHECKING:
    from rich.progress import TaskID

    from tilth.report.progress import Pulse, Sink

LINE_EVERY_SECONDS = 30.0
"""A log stays of bounded size: a ten-hour stage writes 1,200 lines."""


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether bars can be drawn there."""
    out = stream or sys.stderr
    return out.isatty() and os.environ.get("TERM") != "dumb"


def terminal_sink(kind: str, stream: IO[str] | None) -> "Sink":
    """The sink that people look at: rich, plain or json; on standard error by default."""
    out = stream or sys.stderr
    if kind == "rich":
        return RichSink(out)
    return JsonSink(out) if kind == "json" else PlainSink(out)


def figures(pulse: "Pulse") -> str:
    """How far a stage is, in words: `1,200 of 4,000 files (30.0 %), 312 files/s, 12 s left`."""
    if pulse.total is None:
        parts = [quantity(pulse.done, pulse.unit)]
    else:
        share = f"({percent(pulse.done, pulse.total)})"
        parts = [f"{quantity(pulse.done, pulse.unit)} of {quantity(pulse.total, pulse.unit)} {share}"]
        if pulse.unit != "bytes":
            parts = [f"{count(pulse.done)} of {quantity(pulse.total, pulse.unit)} {share}"]
    parts += [rate(pulse.rate, pulse.unit)] if pulse.rate else []
    if pulse.num_bytes and pulse.unit != "bytes":
        parts += [rate(pulse.bytes_rate, "bytes")]
    return ", ".join(parts)


class PlainSink:
    """One line now and then, for logs and for screens that cannot draw."""

    every_seconds = LINE_EVERY_SECONDS

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def start(self, pulse: "Pulse") -> None:
        """A line that names what there is to do."""
        total = "" if pulse.total is None else f": {quantity(pulse.total, pulse.unit)}"
        self.note(f"{pulse.stage}{total} …")

    def progress(self, pulse: "Pulse") -> None:
        """A line with count, rate and time left."""
        left = "" if pulse.eta_seconds is None else f", {duration(pulse.eta_seconds)} left"
        self.note(f"{pulse.stage}: {figures(pulse)}{left}")

    def end(self, pulse: "Pulse", note: str) -> None:
        """A line with the sums."""
        speed = f", {rate(pulse.mean_rate, pulse.unit)}" if pulse.mean_rate else ""
        text = (
            f"{pulse.stage}: {quantity(pulse.done, pulse.unit)} in {duration(pulse.elapsed_seconds)}{speed}"
        )
        self.note(text + (f" ({note})" if note else ""))

    def note(self, text: str) -> None:
        """The line itself."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def close(self) -> None:
        """Nothing to do: the stream belongs to the caller."""


class JsonSink:
    """One JSON object a line: time, event, stage, unit, done, total, bytes, rate, eta_seconds, note."""

    every_seconds = 1.0

    def __init__(
        self, out: IO[str], *, owned: bool = False, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._out = out
        self._owned = owned
        self._now = now

    @classmethod
    def to_file(cls, where: str | Path | int) -> "JsonSink":
        """Append to a file, or write to an open file descriptor (which stays open).

        Raises:
            UserError: It cannot be opened.
        """
        try:
            out = open(where, "a", encoding="utf-8", buffering=1, closefd=not isinstance(where, int))
        except OSError as error:
            raise UserError(
                f"events cannot be written to `{where}`: {(error.strerror or str(error)).lower()}",
                hint="name a file in a folder that is there, or an open file descriptor",
            ) from error
        return cls(out, owned=True)

    def start(self, pulse: "Pulse") -> None:
        """stage_start."""
        self._write("stage_start", pulse)

    def progress(self, pulse: "Pulse") -> None:
        """Progress."""
        self._write("progress", pulse)

    def end(self, pulse: "Pulse", note: str) -> None:
        """stage_end, with a note."""
        self._write("stage_end", pulse, note=note)

    def note(self, text: str) -> None:
        """Note."""
        self._write("note", None, note=text)

    def close(self) -> None:
        """Close the file, where this sink opened it."""
        if self._owned:
            self._out.close()

    def _write(self, event: str, pulse: "Pulse | None", note: str = "") -> None:
        line: dict[str, Any] = {"time": self._now().isoformat(timespec="milliseconds"), "event": event}
        if pulse is not None:
            line |= {"stage": pulse.stage, "unit": pulse.unit, "done": pulse.done, "total": pulse.total}
            line |= {"bytes": pulse.num_bytes, "elapsed_seconds": round(pulse.elapsed_seconds, 3)}
            line |= {"rate": round(pulse.rate, 3)}
            line |= {"eta_seconds": None if pulse.eta_seconds is None else round(pulse.eta_seconds, 1)}
        if note:
            line["note"] = note
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


class RichSink:
    """A bar for each stage, with rate and time left; a line stays when a stage is over."""

    every_seconds = 0.1

    def __init__(self, out: IO[str]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._console = Console(file=out, highlight=False)
        self._bars = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[figures]}", markup=False),
            console=self._console,
            # What has ended is told by a line of its own, so that a hundred stages do not pile up as bars.
            transient=True,
        )
        self._tasks: dict[str, list[TaskID]] = {}
        self._plain = PlainSink(_Above(self._console))  # type: ignore[arg-type]
        self._bars.start()

    def start(self, pulse: "Pulse") -> None:
        """A bar."""
        task = self._bars.add_task(pulse.stage, total=pulse.total, figures="")
        self._tasks.setdefault(pulse.stage, []).append(task)

    def progress(self, pulse: "Pulse") -> None:
        """The bar grows."""
        left = "" if pulse.eta_seconds is None else f", {duration(pulse.eta_seconds)} left"
        self._bars.update(
            self._tasks[pulse.stage][-1],
            completed=pulse.done,
            total=pulse.total,
            figures=figures(pulse) + left,
        )

    def end(self, pulse: "Pulse", note: str) -> None:
        """The bar becomes a line."""
        self._bars.remove_task(self._tasks[pulse.stage].pop())
        self._plain.end(pulse, note)

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._plain.note(text)

    def close(self) -> None:
        """The bars go away and the cursor comes back."""
        self._bars.stop()


class _Above:
    """A stream whose lines appear above the bars."""

    def __init__(self, console: Any) -> None:
        self._console = console

    def write(self, text: str) -> None:
        self._console.out(text, end="", highlight=False)

    def flush(self) -> None:
        """The console writes at once."""
