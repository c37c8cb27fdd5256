"""Reads ``mends.txt``: what overrules Linguist's rules on content where they are known to be wrong."""

from collections import defaultdict
from functools import cache

import re2

from tilth.data.facts.tables.rows import pattern_set, rows_of

NO_LANGUAGE = "-"


def mended(extension: str, head: bytes) -> str | None:
    """The language of the first row that fits the head of a text, NO_LANGUAGE for none, or None where no row fits."""
    found = _mends().get(extension)
    if found is None:
        return None
    languages, patterns = found
    hits = patterns.Match(head)
    return languages[min(hits)] if hits else None


@cache
def _mends() -> dict[str, tuple[list[str], re2.Set]]:
    rows = defaultdict[str, list[tuple[str, str]]](list)
    for extensions, language, pattern in rows_of("mends.txt", 3):
        for extension in extensions.split():
            rows[extension].append((language, pattern))
    return {
        extension: ([language for language, _ in found], pattern_set(pattern for _, pattern in found))
        for extension, found in rows.items()
    }
