"""Reads the tables of rules that ship as text: rows of words, and last a pattern that may hold spaces."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import re2


def rows_of(table: str, columns: int) -> Iterator[list[str]]:
    """The rows of a text table of this package, each with so many columns, which stand two spaces apart.

    Lines that are empty or begin with ``#`` are left out.
    """
    for line in Path(__file__).with_name(table).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("  ", columns - 1)


def pattern_set(patterns: Iterable[str]) -> re2.Set:
    """Patterns as one automaton: ``Match(text)`` gives the numbers of all that occur in bytes, or None.

    ``^`` and ``$`` stand at lines. Classes and dots are bytes, so that a text in any encoding can be scanned.
    """
    patterns_set = re2.Set.SearchSet(pattern_options())
    for pattern in patterns:
        # A group of its own keeps a (?i) from spreading.
        patterns_set.Add(f"(?m:{pattern})".encode())
    patterns_set.Compile()
    return patterns_set


def pattern_options() -> re2.Options:
    """How patterns of the tables are read: on bytes, without groups that capture."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.log_errors = False
    # With the 8 MiB that RE2 starts from, the largest sets would drop their states and crawl.
    options.max_mem = 64 << 20
    return options
