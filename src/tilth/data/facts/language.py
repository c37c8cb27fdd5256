"""Group of facts ``language``: the language of a file, how it was found, and whether the file was generated.

Names and types of languages follow GitHub's Linguist (version in ``tables/languages.json``), and so does the order
of the questions: editor modeline, file name, first line, extension, rules on content, a classifier. Two differences
are meant. A text whose name says nothing goes to the classifier too, which may stay silent. And a first line
``#!/bin/sh`` does not overrule an extension that has a single language, because scripts that start themselves
through a shell are common and shell scripts named ``.py`` are not.
"""

import re
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.data.facts.by_words import guess_of, is_sure, with_unix_lines
from tilth.data.facts.classifier import FEATURES_VERSION
from tilth.data.facts.first_line import interpreter_language, interpreter_languages
from tilth.data.facts.generated import generated
from tilth.data.facts.modeline import modeline_language
from tilth.data.facts.nameless import is_unspoken, language_without_name
from tilth.data.facts.tables.content_rules import content_rules
from tilth.data.facts.tables.heuristics import heuristics
from tilth.data.facts.tables.languages import language_table
from tilth.data.facts.tables.mends import NO_LANGUAGE, mended

NAME: Final = "language"
VERSION: Final = f"4-{FEATURES_VERSION}-encoding{encoding.VERSION}"
SCHEMA: Final = pa.schema(
    [
        pa.field("language", pa.string()),
        pa.field("language_how", pa.string()),
        pa.field("language_type", pa.string()),
        pa.field("language_group", pa.string()),
        pa.field("is_generated", pa.bool_()),
        pa.field("generated_how", pa.string()),
    ]
)

_TAIL_OF_NAME = 40
# The part of a file that another takes in: ``tables.c.inc`` is in C.
_OF_ANOTHER = frozenset({"inc"})
# What pip reads, under the names that people give to it.
_REQUIREMENTS = re.compile(r"(?:[\w.-]*[-_.])?requirements(?:[-_.][\w.-]*)?\.(?:txt|in)")
# Copies and templates of the file that the rest of the name names.
_COPIES = frozenset("bak default dist example in old orig sample save skel src tmpl template tpl".split())


def compute(batch: Batch) -> dict[str, Any]:
    """Columns of SCHEMA, one value per document of the batch."""
    # Compiled code takes half a second to import, and a build that finds every fact in its store needs none.
    from tilth.data.facts.stems import MODELINE, SIGNATURE, stems_of

    types, groups = language_table().types, language_table().groups
    languages: list[str | None] = []
    hows: list[str] = []
    reasons: list[str | None] = []
    for name, text, codec, stems in zip(
        batch.names, batch.utf8, batch.encodings, stems_of(batch), strict=True
    ):
        if codec is None:
            languages.append(None)
            hows.append("binary")
            reasons.append(None)
            continue
        language, how = language_of(name, text, bool(stems & MODELINE))
        languages.append(language)
        hows.append(how)
        reasons.append(generated(name, text, bool(stems & SIGNATURE)))
    return {
        "language": languages,
        "language_how": hows,
        "language_type": [types[language] if language else None for language in languages],
        "language_group": [groups.get(language, language) if language else None for language in languages],
        "is_generated": [reason is not None for reason in reasons],
        "generated_how": reasons,
    }


def language_of(name: str, text: bytes, may_have_modeline: bool = True) -> tuple[str | None, str]:
    """Linguist's name of a text's language, or None where it is unknown, and how it was found.

    Args:
        name: The file's name without its folders.
        text: The whole text as UTF-8.
        may_have_modeline: False where the text is known to lack what every modeline has.

    Returns:
        The language and one of modeline, filename, extension, shebang, xml, heuristic, classifier, default, none.
        Default means that nothing in the content spoke for one of several candidates: the commonest was taken.
    """
    if may_have_modeline and (language := modeline_language(text)):
        return language, "modeline"
    extension, candidates, how = _by_name(name)
    if len(candidates) == 1:
        return candidates[0], how
    if text[:2] == b"#!":
        spoken = interpreter_languages(text)
        both = tuple(language for language in candidates if language in spoken)
        if len(both) == 1:
            return both[0], "shebang"
        if not both and (language := interpreter_language(text)):
            return language, "shebang"
        candidates = both or candidates
    if len(candidates) > 1 or extension in language_table().generic:
        return _by_content(extension, candidates, text)
    return language_without_name(name, text)


@lru_cache(maxsize=1 << 16)
def _by_name(name: str) -> tuple[str, tuple[str, ...], str]:
    """The extension that rules on content go by, the languages that a name allows, and what of it says so."""
    stem, _, last = name.rpartition(".")
    if last.lower() in _OF_ANOTHER and (inner := _by_whole_name(stem))[1] and inner[2] == "extension":
        return inner
    if is_unspoken(name) and name not in language_table().filenames:
        return "", (), "none"
    found = _by_whole_name(name)
    return _by_whole_name(stem) if found[2] == "none" and last.lower() in _COPIES else found


def _by_whole_name(name: str) -> tuple[str, tuple[str, ...], str]:
    table = language_table()
    if named := table.filenames.get(name):
        return name.lower(), named, "filename"
    if _REQUIREMENTS.fullmatch(name.lower()[-_TAIL_OF_NAME:]):
        return "requirements.txt", ("Text", "Pip Requirements"), "filename"
    # Longer than any extension of the table, so that a hostile name costs no more than a common one.
    tail = name[-_TAIL_OF_NAME:].lower()
    at = tail.find(".")
    while at >= 0:
        if tail[at:] in table.generic:
            return tail[at:], (), "extension"
        if found := table.extensions.get(tail[at:]):
            return tail[at:], found, "extension"
        at = tail.find(".", at + 1)
    return "", (), "none"


def _by_content(extension: str, candidates: tuple[str, ...], text: bytes) -> tuple[str | None, str]:
    """One of the candidates, or for a generic extension a language that a rule is sure of."""
    head = with_unix_lines(text)
    if language := mended(extension, head):
        return (None, "none") if language == NO_LANGUAGE else (language, "heuristic")
    if rules := heuristics(extension):
        found, spoken = rules.first(head)
        if len(found) == 1:
            return found[0], "heuristic" if spoken else "default"
        candidates = found or candidates
    if not candidates:
        return None, "none"
    guess = guess_of(head, candidates)
    if guess and is_sure(guess):
        return guess.language, "classifier"
    own = content_rules(extension)
    if own and (language := own.first(head)) and language in candidates:
        return language, "heuristic"
    if own and own.default in candidates:
        return own.default, "default"
    return (guess.language, "classifier") if guess and guess.score > 0 else (candidates[0], "default")
