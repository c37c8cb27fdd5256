import io
import json
from typing import Any

import pytest

from tilth.cli.output import emit, paint


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


ROWS: list[dict[str, Any]] = [
    {"path": "a\tb\nc", "lines": 1234567, "share": 0.5, "ok": True},
    {"path": "ü[red]", "lines": None, "share": 1e-9, "ok": False},
]


def printed(found: Any, output: Any, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    emit(found, output, stream=stream)
    return stream.getvalue()


@pytest.mark.parametrize("output", ["auto", "table", "json", "quiet"])
def test_nothing_to_print(output: str) -> None:
    assert printed([], output).strip() in ("", "[]")
    assert printed({}, output).strip() in ("", "{}")


def test_a_pipe_gets_tabs_and_every_cell_stays_in_its_place() -> None:
    assert printed(ROWS, "auto") == (
        "path\tlines\tshare\tok\na\\tb\\nc\t1234567\t0.5\tTrue\nü[red]\t\t1e-09\tFalse\n"
    )
    assert printed({"a": 1, "b": [1, 2]}, "auto") == "a\t1\nb\t[1, 2]\n"


def test_json_is_for_programs() -> None:
    assert json.loads(printed(ROWS, "json")) == ROWS
    assert json.loads(printed({"a": None}, "json")) == {"a": None}
    assert json.loads(printed(({"n": n} for n in range(2)), "json")) == [{"n": 0}, {"n": 1}]


def test_quiet_is_the_first_column() -> None:
    assert printed(ROWS, "quiet") == "a\\tb\\nc\nü[red]\n"
    assert printed({"path": "x", "rows": 1}, "quiet") == "x\n"


def test_a_terminal_gets_a_table() -> None:
    text = printed(ROWS, "auto", Terminal())
    assert "1,234,567" in text
    assert "ü[red]" in text
    assert "yes" in text


def test_a_table_in_a_pipe_is_not_cut() -> None:
    assert "x" * 500 in printed([{"a": "x" * 500}], "table")


def test_colour_only_where_it_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert paint("a", "red", Terminal()) == "\x1b[31ma\x1b[0m"
    assert paint("a", "red", io.StringIO()) == "a"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("a", "red", Terminal()) == "a"
