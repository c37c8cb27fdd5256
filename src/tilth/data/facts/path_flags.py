"""Whether a path shows that a file is another project's (vendored), a test, or documentation.

The rules are in ``tables/path_rules.txt``. Those for vendored files and documentation follow in spirit what GitHub's
Linguist leaves out of a repository's languages; those for tests follow the conventions of common test runners.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

import re2

from tilth.data.facts.tables.rows import pattern_set, rows_of

VERSION: Final = "1"

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


@cache
def _rules() -> tuple[re2.Set, list[str]]:
    rows = list(rows_of("path_rules.txt", 3))
    return pattern_set(_FORMS[form].format(pattern) for _, form, pattern in rows), [
        kind for kind, _, _ in rows
    ]
