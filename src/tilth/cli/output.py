"""Data to stdout, words to stderr; a table for eyes, tab-separated text for pipes, JSON for programs."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from tilth.cli.options import OutputFormat
from tilth.report.numbers import count

Row = Mapping[str, Any]

_COLOURS = {"red": "31", "yellow": "33", "cyan": "36", "green": "32"}


def emit(found: Row | Iterable[Row], output: OutputFormat = "auto", *, stream: TextIO | None = None) -> None:
    """Print what a command found.

    Args:
        found: One mapping (name -> value), or rows that share their keys.
        output: auto, table, json, or quiet (only the first column: the ids).
        stream: Standard output by default.
    """
    out = stream or sys.stdout
    whole = found if isinstance(found, Mapping) else list(found)
    rows = [whole] if isinstance(whole, Mapping) else whole
    if output == "json":
        _json(whole, out)
    elif output == "table" or (output == "auto" and out.isatty()):
        _table(whole, out)
    elif output == "quiet":
        _lines([list(row.values())[:1] for row in rows if row], out)
    elif isinstance(whole, Mapping):
        _lines([[key, value] for key, value in whole.items()], out)
    elif rows:
        _lines([list(rows[0]), *([row.get(key) for key in rows[0]] for row in rows)], out)


def say(text: str, *, colour: str = "", stream: TextIO | None = None) -> None:
    """Print words for people, on standard error; the part before the first colon in colour where there is one."""
    err = stream or sys.stderr
    head, colon, rest = text.partition(":")
    err.write(f"{paint(head + colon, colour, err)}{rest}\n" if colour and colon else f"{text}\n")
    err.flush()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """The text in a colour, where the stream is a terminal and nobody asked for none (`NO_COLOR`)."""
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def _json(found: Any, out: TextIO) -> None:
    is_unicode = (out.encoding or "").lower().replace("-", "") == "utf8"
    out.write(json.dumps(found, indent=2, ensure_ascii=not is_unicode, default=str, allow_nan=False) + "\n")


def _lines(rows: Sequence[Sequence[Any]], out: TextIO) -> None:
    out.writelines("\t".join(map(_flat, row)) + "\n" for row in rows)


def _flat(value: Any) -> str:
    """One cell of tab-separated text: it can hold neither a tab nor the end of a line."""
    text = "" if value is None else json.dumps(value, default=str) if _is_nested(value) else str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _readable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:,.4g}"
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_readable(one)}" for key, one in value.items())
    return "\n".join(map(_readable, value)) if _is_nested(value) else str(value)


def _table(found: Row | Sequence[Row], out: TextIO) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_header=not isinstance(found, Mapping), pad_edge=False)
    if isinstance(found, Mapping):
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for key, value in found.items():
            table.add_row(Text(key), Text(_readable(value)))
    else:
        for key in found[0] if found else ():
            is_number = all(isinstance(row.get(key), int | float | None) for row in found)
            table.add_column(Text(key), justify="right" if is_number else "left", overflow="fold")
        for row in found:
            table.add_row(*(Text(_readable(row.get(key))) for key in found[0]))
    # A pipe has no width: rich would cut the rows at 80 characters.
    Console(file=out, highlight=False, width=None if out.isatty() else 10_000, soft_wrap=False).print(table)
