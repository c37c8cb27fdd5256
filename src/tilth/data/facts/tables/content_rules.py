"""Reads ``content_rules.txt``: what in the content tells apart the languages that share an extension."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import re2

from tilth.data.facts.tables.rows import pattern_set

WHOLE_HEAD_BYTES = 16 * 1024
"""How much of a file the rules look at: the language of a file shows early, and a scan costs."""


@dataclass(frozen=True, slots=True)
class ContentRules:
    """The rules of one extension."""

    head_bytes: int
    languages: tuple[str, ...]
    """The language that each pattern of the set speaks for, in the order of the rows."""
    patterns: re2.Set
    default: str | None
    """The answer where no row fits, or None: then the file stays unknown."""

    def first(self, text: bytes) -> str | None:
        """Language of the first row that fits the head of a text, or None."""
        hits = self.patterns.Match(text if len(text) <= self.head_bytes else text[: self.head_bytes])
        return self.languages[min(hits)] if hits else None


@cache
def content_rules(extension: str) -> ContentRules | None:
    """The rules of a lower-case extension (``.h``), compiled at the first call, or None where it has none."""
    written = written_rules().get(extension)
    if written is None:
        return None
    head_bytes, rows = written
    asked = [(language, pattern) for language, pattern in rows if pattern]
    patterns = pattern_set(pattern for _, pattern in asked)
    default = next((language for language, pattern in rows if not pattern), None)
    languages = tuple(language for language, _ in asked)
    return ContentRules(head_bytes, languages, patterns, default)


@cache
def written_rules() -> dict[str, tuple[int, list[tuple[str, str]]]]:
    """Extension to (bytes to look at, rows of language and pattern), as written; no pattern is the default."""
    shared: dict[str, str] = {}
    found: dict[str, tuple[int, list[tuple[str, str]]]] = {}
    rows: list[tuple[str, str]] = []
    text = Path(__file__).with_name("content_rules.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("@"):
            name, pattern = line.split("  ", 1)
            shared[name] = _either(shared.get(name), pattern)
        elif line.startswith("."):
            head_bytes, rows = WHOLE_HEAD_BYTES, []
            for word in line.split():
                if word.startswith("<"):
                    head_bytes = int(word[1:])
            found.update({word: (head_bytes, rows) for word in line.split() if word.startswith(".")})
        elif line.startswith("  "):
            language, _, pattern = line.strip().partition("  ")
            pattern = shared.get(pattern, pattern)
            if rows and pattern and rows[-1][0] == language:
                pattern = _either(rows.pop()[1], pattern)
            rows.append((language, pattern))
    return {extension: (head, rows) for extension, (head, rows) in found.items()}


def _either(one: str | None, other: str) -> str:
    # Groups of their own keep a (?i) from spreading to the next row.
    return f"{one}|(?:{other})" if one else f"(?:{other})"
