"""Whether a path shows that a file is another project's (vendored), a test, documentation, configuration or generated.

Vendored files and documentation are those that GitHub's Linguist leaves out of a repository's languages, by its own
patterns (``tables/linguist_paths.json``) and by more of the kind (``tables/path_rules.txt``). Tests follow the
conventions of common test runners, configuration those of common tools.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import re2

from tilth.data.facts.tables.rows import pattern_set, rows_of

VERSION: Final = "3"
COLUMNS: Final = {
    "is_vendor": "vendored",
    "is_test": "test",
    "is_documentation": "documentation",
    "is_configuration": "configuration",
    "is_generated_place": "generated",
}
"""Column of a listing -> kind of the rules that set it. A generated place is a folder that a program fills: with what
a tool fetched, built or reported. Configuration sets up a tool or a build, and holds no program of the project."""

_FORMS = {"folder": "(^|/)({})/", "file": "(^|/)({})$", "path": "{}"}


def flags_of(paths: Iterable[str]) -> dict[str, list[bool]]:
    """The flags of many paths (with ``/`` between their parts): a list for each of `COLUMNS`."""
    found = list(map(_kinds, paths))
    return {column: [kind in kinds for kinds in found] for column, kind in COLUMNS.items()}


def reasons_of(path: str) -> dict[str, str]:
    """For each flag that a path has, the pattern that says so."""
    rules, kinds, patterns = _rules()
    hits = sorted(rules.Match(_line(path)) or ())
    return {
        column: next(patterns[hit] for hit in hits if kinds[hit] == kind)
        for column, kind in COLUMNS.items()
        if any(kinds[hit] == kind for hit in hits)
    }


def _kinds(path: str) -> set[str]:
    # A set gives all answers in one pass.
    rules, kinds, _ = _rules()
    return {kinds[hit] for hit in rules.Match(_line(path)) or ()}


def _line(path: str) -> bytes:
    # A line break in a path must not look like the start of another.
    return path.replace("\n", " ").encode("utf-8", "surrogatepass")


@cache
def _rules() -> tuple[re2.Set, list[str], list[str]]:
    rows = [(kind, _FORMS[form].format(pattern)) for kind, form, pattern in rows_of("path_rules.txt", 3)]
    stored = json.loads((Path(__file__).parent / "tables" / "linguist_paths.json").read_bytes())
    rows += [(kind, pattern) for kind, pattern in stored["rows"]]
    return pattern_set(pattern for _, pattern in rows), [kind for kind, _ in rows], [row[1] for row in rows]
