"""Plain text tables: aligned columns for logs, cards and files, without a terminal library."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from tilth.report.numbers import count


def text_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Rows as aligned text with a header; numbers to the right, counts with commas.

    Args:
        rows: Each with the columns' values; a missing one is empty.
        columns: Which, and in what order; those of the first row by default.
    """
    names = list(columns if columns is not None else rows[0] if rows else ())
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    is_number = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in names]
    widths = [max(map(_width, column)) for column in zip(names, *cells, strict=True)] if names else []
    lines = [names, ["-" * width for width in widths], *cells]
    return "\n".join(_aligned(line, widths, is_number) for line in lines) + "\n" if names else ""


def markdown_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> str:
    """Rows as a Markdown table; what would end a cell is escaped."""
    names = list(columns if columns is not None else rows[0] if rows else ())
    is_number = [all(isinstance(row.get(name), int | float | None) for row in rows) for name in names]
    lines = [names, ["--:" if right else "---" for right in is_number]]
    lines += [[_cell(row.get(name)) for name in names] for row in rows]
    return "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines) if names else ""


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    return f"{value:,.4g}" if isinstance(value, float) else " ".join(str(value).split())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _width(text: str) -> int:
    """Columns that the text takes in a terminal: wide East Asian characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _aligned(line: Sequence[str], widths: Sequence[int], is_number: Sequence[bool]) -> str:
    padded = [
        " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
        for cell, width, right in zip(line, widths, is_number, strict=True)
    ]
    return "  ".join(padded).rstrip()
