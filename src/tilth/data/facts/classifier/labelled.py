"""Texts with a known language, to learn from: Linguist's samples, and the examples of two highlighters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tilth.data.facts.tables.languages import language_table

# Folders of Linguist's samples that cannot have the language's name.
_FOLDERS = {"Fstar": "F*", "ProC": "Pro*C"}
_TAG = re.compile(r"^\s*tag\s+['\"]([^'\"]+)['\"]\s*$(.*?)(?=^\s*tag\s|\Z)", re.DOTALL | re.MULTILINE)
_ALIASES = re.compile(r"^\s*aliases\s+(.*(?:,\s*\n.*)*)", re.MULTILINE)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A file and the language that it is known to be in."""

    language: str
    name: str
    raw: bytes


def linguist_samples(root: Path) -> Iterator[Labelled]:
    """Linguist's samples, in the order of their paths."""
    for folder in sorted((root / "samples").iterdir()):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield Labelled(_FOLDERS.get(folder.name, folder.name), path.name, path.read_bytes())


def rouge_examples(root: Path) -> Iterator[Labelled]:
    """Rouge's demos and visual samples, named by the tag of their lexer, where the tag is a name that Linguist has."""
    tags: dict[str, list[str]] = {}
    for path in sorted((root / "lib/rouge/lexers").glob("*.rb")):
        for tag, body in _TAG.findall(path.read_text("utf-8", "replace")):
            aliases = _ALIASES.search(body)
            tags[tag] = [tag, *(_QUOTED.findall(aliases[1]) if aliases else [])]
    for folder in ("lib/rouge/demos", "spec/visual/samples"):
        for path in sorted((root / folder).iterdir()):
            if path.is_file() and (language := _known(tags.get(path.name, [path.name]))):
                yield Labelled(language, path.name, path.read_bytes())


def highlight_examples(root: Path) -> Iterator[Labelled]:
    """The examples that highlight.js tells languages apart by, where Linguist has their name."""
    for path in sorted((root / "test/detect").glob("*/*.txt")):
        if language := _known([path.parent.name]):
            yield Labelled(language, path.name, path.read_bytes())


def _known(names: list[str]) -> str | None:
    aliases = language_table().aliases
    for name in names:
        for form in (name.lower(), name.lower().replace("_", "-"), name.lower().replace("_", "")):
            if form in aliases:
                return aliases[form]
    return None
