"""Group of facts ``language``: the language of a file, how it was found, and whether the file was generated.

Names and types of languages follow GitHub's Linguist (version in ``tables/languages.json``), and so does the order
of the questions: editor modeline, file name, first line, extension, content. One difference is meant: a first line
``#!/bin/sh`` does not overrule an extension that has a single language, because scripts that start themselves
through a shell are common and shell scripts named ``.py`` are not.
"""

import os
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.first_line import interpreter_language, interpreter_languages
from tilth.data.facts.generated import generated
from tilth.data.facts.modeline import modeline_language
from tilth.data.facts.tables.content_rules import content_rules
from tilth.data.facts.tables.languages import language_table

NAME: Final = "language"
VERSION: Final = f"1-encoding{encoding.VERSION}"
SCHEMA: Final = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("language_how", pa.string()),
        pa.field("language_type", pa.string()),
        pa.field("is_generated", pa.bool_()),
        pa.field("generated_how", pa.string()),
    ]
)

# Longer than any extension of the table, so that a hostile name cannot cost more than a common one.
_TAIL_OF_NAME = 40
_MAN_SUFFIXES = tuple(f".{section}" for section in range(1, 10))
_FILENAME_CHOICES = {"HOSTS": "Hosts File", "hosts": "Hosts File"}


def compute(batch: Batch) -> dict[str, Any]:
    """Columns of SCHEMA, one value per document of the batch."""
    types = language_table().types
    languages: list[str | None] = []
    hows: list[str] = []
    reasons: list[str | None] = []
    for name, text, codec in zip(batch.names, batch.utf8, batch.encodings, strict=True):
        if codec is None:
            languages.append(None)
            hows.append("binary")
            reasons.append(None)
            continue
        language, how = language_of(name, text)
        languages.append(language)
        hows.append(how)
        reasons.append(generated(name, text))
    return {
        "language": languages,
        "language_how": hows,
        "language_type": [types[language] if language else None for language in languages],
        "is_generated": [reason is not None for reason in reasons],
        "generated_how": reasons,
    }


def language_of(name: str, text: bytes) -> tuple[str | None, str]:
    """Linguist's name of a text's language, or None where it is unknown, and how it was found.

    Args:
        name: The file's name without its folders.
        text: The whole text as UTF-8.

    Returns:
        The language and one of modeline, filename, extension, shebang, xml, heuristic, default, none. Default
        means that nothing in the content spoke for one of several candidates: the commonest was taken.
    """
    if language := modeline_language(text):
        return language, "modeline"
    if named := language_table().filenames.get(name):
        return _of_filename(name, named, text), "filename"
    extension, candidates = _by_extension(name)
    if len(candidates) == 1 and content_rules(extension) is None:
        return candidates[0], "extension"
    if text[:2] == b"#!":
        spoken = interpreter_languages(text)
        both = [language for language in candidates if language in spoken]
        if len(both) == 1:
            return both[0], "shebang"
        if not both and (language := interpreter_language(text)):
            return language, "shebang"
    if candidates:
        return _by_content(extension, candidates, text)
    return _without_name(name, text)


def _by_extension(name: str) -> tuple[str, tuple[str, ...]]:
    """The longest extension of the name that the table knows, and its languages."""
    extensions = language_table().extensions
    tail = name[-_TAIL_OF_NAME:].lower()
    at = tail.find(".")
    while at >= 0:
        if found := extensions.get(tail[at:]):
            return tail[at:], found
        at = tail.find(".", at + 1)
    return "", ()


def _by_content(extension: str, candidates: tuple[str, ...], text: bytes) -> tuple[str | None, str]:
    rules = content_rules(extension)
    if rules is None:
        return candidates[0], "default"
    if language := rules.first(text):
        return language, "heuristic"
    return (rules.default, "default") if rules.default else (None, "none")


def _of_filename(name: str, candidates: tuple[str, ...], text: bytes) -> str:
    if len(candidates) == 1:
        return candidates[0]
    if "JSON" in candidates[0]:
        return candidates[0] if text.lstrip()[:1] in (b"{", b"[", b"/") else "YAML"
    return _FILENAME_CHOICES.get(name, candidates[0])


def _without_name(name: str, text: bytes) -> tuple[str | None, str]:
    if text[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"<?xml":
        return "XML", "xml"
    # libfoo.3ossl and the like: a manual page with a section of its own.
    suffix = os.path.splitext(name)[1].lower()
    if suffix[:2] in _MAN_SUFFIXES and (rules := content_rules(".1")) and (language := rules.first(text)):
        return language, "heuristic"
    return None, "none"
