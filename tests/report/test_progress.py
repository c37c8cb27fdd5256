import io
import json
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import UserError
from tilth.report.progress import Progress, Pulse
from tilth.report.sinks import JsonSink, PlainSink


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Recorder:
    every_seconds = 0.0

    def __init__(self) -> None:
        self.heard: list[tuple[str, Pulse | str]] = []

    def start(self, pulse: Pulse) -> None:
        self.heard.append(("start", pulse))

    def progress(self, pulse: Pulse) -> None:
        self.heard.append(("progress", pulse))

    def end(self, pulse: Pulse, note: str) -> None:
        self.heard.append((f"end {note}".strip(), pulse))

    def note(self, text: str) -> None:
        self.heard.append(("note", text))

    def close(self) -> None:
        self.heard.append(("close", ""))


def test_events_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="events cannot be written"):
        Progress.open("none", events=tmp_path / "no" / "folder")
    with pytest.raises(UserError, match="events cannot be written"):
        Progress.open("none", events=987654)


def test_an_error_ends_the_stages_and_says_why() -> None:
    heard = Recorder()
    with pytest.raises(ValueError, match="x"), Progress([heard]) as progress:
        progress.stage("read")
        raise ValueError("x")
    assert [kind for kind, _ in heard.heard] == ["start", "end stopped by ValueError", "close"]
    with pytest.raises(KeyboardInterrupt), Progress([heard := Recorder()]) as progress:
        progress.stage("read")
        raise KeyboardInterrupt
    assert heard.heard[1][0] == "end interrupted"


def test_what_comes_after_the_end_is_no_error() -> None:
    with Progress([heard := Recorder()]) as progress:
        stage = progress.stage("read", total=1)
        stage.done("first")
        stage.done("again")
        stage.advance(5)
    stage.advance()
    progress.note("too late")
    assert [kind for kind, _ in heard.heard] == ["start", "end first", "close"]


def test_nothing_at_all() -> None:
    with Progress.open("none") as progress, progress.stage("read", total=0) as stage:
        stage.advance(0)


def test_rate_and_eta_are_those_of_the_last_minute() -> None:
    clock = Clock()
    progress = Progress([heard := Recorder()], clock=clock)
    stage = progress.stage("read", total=10_000)
    for _ in range(100):
        clock.now += 1
        stage.advance(10)
    for _ in range(100):
        clock.now += 1
        stage.advance(40)
    pulse = heard.heard[-1][1]
    assert isinstance(pulse, Pulse)
    # 100 x 10 + 100 x 40 = 5,000 done; 5,000 left at 40 a second are 125 seconds; over all it was 25 a second.
    assert (pulse.done, pulse.rate, pulse.eta_seconds, pulse.mean_rate) == (5000, 40, 125, 25)


def test_what_an_earlier_run_did_counts_but_not_for_the_rate() -> None:
    clock = Clock()
    progress = Progress([heard := Recorder()], clock=clock)
    stage = progress.stage("read", total=1000, already=900)
    clock.now = 10
    stage.advance(50)
    pulse = heard.heard[-1][1]
    assert isinstance(pulse, Pulse)
    assert (pulse.done, pulse.rate, pulse.mean_rate, pulse.eta_seconds) == (950, 5, 5, 10)


def test_without_a_total_there_is_no_eta() -> None:
    progress = Progress([Recorder()], clock=Clock())
    stage = progress.stage("read")
    stage.advance(5)
    assert stage.pulse(10).eta_seconds is None
    stage.grow(10)
    stage.grow(5)
    assert (stage.total, stage.pulse(10).eta_seconds) == (15, 20)


def test_a_log_gets_one_line_in_thirty_seconds() -> None:
    clock, out = Clock(), io.StringIO()
    with Progress([PlainSink(out)], clock=clock) as progress:
        stage = progress.stage("read", total=1200, unit="files")
        for _ in range(600):
            clock.now += 0.1
            stage.advance(2, num_bytes=1_000_000)
        stage.done("3 files could not be read")
    assert out.getvalue().splitlines() == [
        "read: 1,200 files …",
        "read: 600 of 1,200 files (50.0 %), 20 files/s, 10.0 MB/s, 30 s left",
        "read: 1,200 of 1,200 files (100.0 %), 20 files/s, 10.0 MB/s, 0 ms left",
        "read: 1,200 files in 1 min, 20 files/s (3 files could not be read)",
    ]


def test_bytes_are_written_as_sizes() -> None:
    clock, out = Clock(), io.StringIO()
    with Progress([PlainSink(out)], clock=clock) as progress:
        stage = progress.stage("write", total=4_000_000_000, unit="bytes")
        clock.now = 40
        stage.advance(1_000_000_000)
    assert "write: 1.00 GB of 4.00 GB (25.0 %), 25.0 MB/s, 2 min left" in out.getvalue()


def test_events_and_lines_at_once(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "events.jsonl"
    for _ in range(2):
        with Progress.open("plain", out, events=path) as progress:
            progress.stage("read", total=1).advance()
            progress.note("ünit\nrefused")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["event"] for event in events] == ["stage_start", "note", "stage_end"] * 2
    assert events[0].keys() >= {"time", "stage", "done", "total", "rate", "eta_seconds"}
    assert events[1]["note"] == "ünit\nrefused"
    assert (events[2]["stage"], events[2]["done"], events[2]["eta_seconds"]) == ("read", 1, 0)
    assert "ünit" in out.getvalue()


def test_events_come_at_most_once_a_second() -> None:
    clock, out = Clock(), io.StringIO()
    with Progress([JsonSink(out)], clock=clock) as progress:
        stage = progress.stage("read")
        for _ in range(100):
            clock.now += 0.125
            stage.advance()
    events = [json.loads(line)["event"] for line in out.getvalue().splitlines()]
    assert events == ["stage_start", *["progress"] * 12, "stage_end"]


@pytest.mark.parametrize("kind", ["auto", "rich"])
def test_bars_in_a_terminal(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with Progress.open(kind, out) as progress:  # type: ignore[arg-type]
        for _ in range(2):
            with progress.stage("read [bold]", total=2) as stage:
                stage.advance(2)
            progress.note("a [red] note")
    text = out.getvalue()
    assert "read [bold]: 2 files in" in text
    assert "a [red] note" in text
    # The cursor is back.
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    with Progress.open("auto", out) as progress:
        progress.stage("read")
    assert "\x1b" not in out.getvalue()


def test_quiet_is_quiet_but_events_go_on(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "events.jsonl"
    with Progress.open("plain", out, events=path, quiet=True) as progress:
        progress.stage("read")
    assert out.getvalue() == ""
    assert len(path.read_text().splitlines()) == 2


def test_many_threads_lose_no_count() -> None:
    progress = Progress([heard := Recorder()])
    stage = progress.stage("read")
    threads = [threading.Thread(target=lambda: [stage.advance() for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    progress.close()
    last = heard.heard[-2][1]
    assert isinstance(last, Pulse)
    assert last.done == 4000


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 100))), st.none() | st.integers(0, 10**9))
def test_any_course_of_work_has_sane_figures(steps: list[tuple[int, float]], total: int | None) -> None:
    clock = Clock()
    progress = Progress([heard := Recorder(), PlainSink(io.StringIO()), JsonSink(io.StringIO())], clock=clock)
    stage = progress.stage("read", total=total)
    for number, seconds in steps:
        clock.now += seconds
        stage.advance(number)
    progress.close()
    for _, pulse in heard.heard:
        if isinstance(pulse, Pulse):
            assert pulse.rate >= 0 and pulse.mean_rate >= 0
            assert pulse.eta_seconds is None or pulse.eta_seconds >= 0
    last = heard.heard[-2][1]
    assert isinstance(last, Pulse)
    assert last.done == sum(number for number, _ in steps)
