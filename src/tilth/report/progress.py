"""The pulse of a long job: stages that count, told to every sink that listens (a terminal, a log, a file of events).

    with Progress.open(events="events.jsonl") as progress:
        stage = progress.stage("read", total=1200, unit="files")
        stage.advance(32, num_bytes=400_000)
        stage.done("3 files could not be read")

Counting is cheap enough for every batch: a sink is called at most as often as it asked for.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Protocol, Self

from tilth.report.sinks import JsonSink, PlainSink, is_terminal, terminal_sink

Kind = Literal["auto", "rich", "plain", "json", "none"]

RECENT_SECONDS = 60.0
"""The rate behind an ETA is that of this last stretch: a job's speed changes with what it meets."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far one stage is, at one moment."""

    stage: str
    unit: str
    done: int
    total: int | None
    num_bytes: int
    elapsed_seconds: float
    rate: float
    """Units a second, lately."""
    mean_rate: float
    """Units a second, over the whole stage."""
    bytes_rate: float
    """Bytes a second, over the whole stage."""
    eta_seconds: float | None
    """Seconds to the end; None where the total or the rate is unknown."""


class Sink(Protocol):
    """Whoever listens. Called under a lock, never from two threads at once."""

    every_seconds: float
    """The least time between two calls of `progress` for one stage."""

    def start(self, pulse: Pulse) -> None:
        """A stage began."""

    def progress(self, pulse: Pulse) -> None:
        """A stage went on."""

    def end(self, pulse: Pulse, note: str) -> None:
        """A stage is over."""

    def note(self, text: str) -> None:
        """Something to tell, apart from any stage."""

    def close(self) -> None:
        """Nothing comes after this."""


class Stage:
    """One part of a job, with a count that only grows."""

    def __init__(self, progress: "Progress", name: str, total: int | None, unit: str, already: int) -> None:
        self.name = name
        self.unit = unit
        self.total = total
        self.is_over = False
        self._progress = progress
        self._already = self._done = already
        self._bytes = already if unit == "bytes" else 0
        self._began = progress.clock()
        self._recent: deque[tuple[float, int]] = deque([(self._began, already)])
        self._next = [self._began + sink.every_seconds for sink in progress.sinks]

    def advance(self, number: int = 1, *, num_bytes: int = 0) -> None:
        """Count work that is done.

        Args:
            number: Units more.
            num_bytes: Bytes more, where bytes are not the unit.
        """
        with self._progress.lock:
            self._done += number
            self._bytes += number if self.unit == "bytes" else num_bytes
            now = self._progress.clock()
            if not self.is_over and self._next and now >= min(self._next):
                self._tell(now)

    def grow(self, number: int) -> None:
        """Add to a total that becomes known bit by bit."""
        with self._progress.lock:
            self.total = (self.total or 0) + number

    def done(self, note: str = "") -> None:
        """End the stage; ending it again does nothing."""
        with self._progress.lock:
            if not self.is_over:
                self.is_over = True
                pulse = self.pulse(self._progress.clock())
                for sink in self._progress.sinks:
                    sink.end(pulse, note)

    def pulse(self, now: float) -> Pulse:
        """How far the stage is."""
        elapsed = max(now - self._began, 1e-9)
        then, before = self._recent[0]
        mean = (self._done - self._already) / elapsed
        rate = (self._done - before) / (now - then) if now > then else mean
        left = None if self.total is None else max(self.total - self._done, 0)
        eta = 0.0 if left == 0 else left / rate if left is not None and rate > 0 else None
        bytes_rate = mean if self.unit == "bytes" else self._bytes / elapsed
        return Pulse(
            stage=self.name,
            unit=self.unit,
            done=self._done,
            total=self.total,
            num_bytes=self._bytes,
            elapsed_seconds=elapsed,
            rate=rate,
            mean_rate=mean,
            bytes_rate=bytes_rate,
            eta_seconds=eta,
        )

    def _tell(self, now: float) -> None:
        if now - self._recent[-1][0] >= 1:
            self._recent.append((now, self._done))
        while len(self._recent) > 2 and now - self._recent[1][0] > RECENT_SECONDS:
            self._recent.popleft()
        pulse = self.pulse(now)
        for at, sink in enumerate(self._progress.sinks):
            if now >= self._next[at]:
                self._next[at] = now + sink.every_seconds
                sink.progress(pulse)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done("" if error is None else _stopped(error))


class Progress:
    """The stages of one job and the sinks that hear of them; safe to use from several threads."""

    def __init__(self, sinks: Iterable[Sink] = (), *, clock: Callable[[], float] = time.monotonic) -> None:
        self.sinks = tuple(sinks)
        self.clock = clock
        self.lock = threading.RLock()
        self._stages: list[Stage] = []

    @classmethod
    def open(
        cls,
        kind: Kind = "auto",
        stream: IO[str] | None = None,
        *,
        events: str | Path | int | None = None,
        quiet: bool = False,
    ) -> "Progress":
        """Progress for people, and for programs beside it.

        Args:
            kind: rich (bars), plain (a line every 30 s), json (events), none; auto is rich in a terminal, else plain.
            stream: Where it goes; standard error by default.
            events: A file (appended to) or an open file descriptor that gets one JSON object a line as well.
            quiet: Nothing on the stream.
        """
        with ExitStack() as opened:
            sinks: list[Sink] = []
            if kind != "none" and not quiet:
                sinks.append(terminal_sink(_resolved(kind, stream), stream))
                opened.callback(sinks[0].close)
            if events is not None:
                sinks.append(JsonSink.to_file(events))
            opened.pop_all()
        return cls(sinks)

    def stage(self, name: str, total: int | None = None, unit: str = "files", *, already: int = 0) -> Stage:
        """Begin a stage.

        Args:
            name: What is done, as a verb: `read`, `decide`, `write`.
            total: Units there will be, where that is known.
            unit: files, bytes, rows, …
            already: Units that an earlier run did; they count, but not for the rate.
        """
        with self.lock:
            stage = Stage(self, name, total, unit, already)
            self._stages.append(stage)
            pulse = stage.pulse(self.clock())
            for sink in self.sinks:
                sink.start(pulse)
        return stage

    def note(self, text: str) -> None:
        """Tell something between the counts, such as a unit that could not be read."""
        with self.lock:
            for sink in self.sinks:
                sink.note(text)

    def close(self, note: str = "") -> None:
        """End what is not over yet, and the sinks."""
        with self.lock:
            for stage in self._stages:
                stage.done(note)
            for sink in self.sinks:
                sink.close()
            self.sinks = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close("" if error is None else _stopped(error))


def _stopped(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"stopped by {type(error).__name__}"


def _resolved(kind: Kind, stream: IO[str] | None) -> Kind:
    if kind != "auto":
        return kind
    return "rich" if is_terminal(stream) else "plain"


__all__ = ["JsonSink", "Kind", "PlainSink", "Progress", "Pulse", "Sink", "Stage"]
