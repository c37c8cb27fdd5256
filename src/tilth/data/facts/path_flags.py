"""Whether a path shows that a file is another project's (vendored), a test, or documentation.

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

VERSION: Final = "2"

_FORMS = {"folder": "(^|/)({})/", "file": "(^|/)({})$", "path": "{}"}


def flags(path: str) -> tuple[bool, bool, bool]:
    """Whether a path (with ``/`` between its parts) is vendored, a test, documentation."""
    vendored, test, documentation = flags_of([path])
    return vendored[0], test[0], documentation[0]


def flags_of(paths: Iterable[str]) -> tuple[list[bool], list[bool], list[bool]]:
    """The flags vendored, test and documentation of many paths, one list a flag."""
    rules, kinds = _rules()
    vendored: list[bool] = []
    test: list[bool] = []
    documentation: list[bool] = []
    for path in paths:
        # A set gives all answers in one pass; a line break in a path must not look like the start of another.
        hits = rules.Match(path.replace("\n", " ").encode("utf-8", "surrogatepass"))
        found = {kinds[hit] for hit in hits} if hits else ()
        vendored.append("vendored" in found)
        test.append("test" in found)
        documentation.append("documentation" in found)
    return vendored, test, documentation


def configurations_of(paths: Iterable[str]) -> list[bool]:
    """Whether each path is that of a file that sets up a tool or a build, and holds no program of the project."""
    return _each("configuration", paths)


def generated_places_of(paths: Iterable[str]) -> list[bool]:
    """Whether each path lies in a folder that a program fills: what a tool fetched, built or reported."""
    return _each("generated", paths)


def _each(flag: str, paths: Iterable[str]) -> list[bool]:
    rules, kinds = _rules()
    found = (rules.Match(path.replace("\n", " ").encode("utf-8", "surrogatepass")) for path in paths)
    return [any(kinds[hit] == flag for hit in hits or ()) for hits in found]


@cache
def _rules() -> tuple[re2.Set, list[str]]:
    rows = [(kind, _FORMS[form].format(pattern)) for kind, form, pattern in rows_of("path_rules.txt", 3)]
    stored = json.loads((Path(__file__).parent / "tables" / "linguist_paths.json").read_bytes())
    rows += [(kind, pattern) for kind, pattern in stored["rows"]]
    return pattern_set(pattern for _, pattern in rows), [kind for kind, _ in rows]
