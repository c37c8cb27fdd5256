"""All evidence of a licence in one file."""

import re
from dataclasses import replace
from typing import NamedTuple

from tilth.data.facts.licence.expressions import canonical, family
from tilth.data.facts.licence.finding import PROPRIETARY, UNKNOWN, UNRECOGNISED, Finding
from tilth.data.facts.licence.metadata import ONLY_WHERE_STATED, metadata_in
from tilth.data.facts.licence.names import identifier_of, is_prose
from tilth.data.facts.licence.references import references_in
from tilth.data.facts.licence.repeated import repeated_statements
from tilth.data.facts.licence.restrictions import prohibitions_in
from tilth.data.facts.licence.scan import Match
from tilth.data.facts.licence.spellings import named
from tilth.data.facts.licence.statements import statements
from tilth.data.facts.licence.tags import tags_in
from tilth.data.facts.licence.words import Words

MAX_LICENCE_BYTES = 1_048_576
"""Bytes of a licence file that are read."""
_LEGAL = re.compile(
    r"\b(?:permissions?|licen[sc]e[des]?|redistribut\w+|warrant\w+|liab\w+|licensee|granted?|copyright\w*|"
    r"rights|agreement|terms)\b"
)
_GRANTS = re.compile(
    r"\b(?:permission is (?:hereby )?granted|permission to use|redistribution and use|hereby granted|"
    r"gives unlimited permission|copying and distribution of this file|this software is provided|grants? you|"
    r"terms and conditions for use)\b"
)
# A page of documentation that only takes in the licence file, or a link that was checked out as a file.
_POINTER_WORDS = 60
_POINTS = re.compile(
    rb"^[ \t]*(?:\.\. (?:literal)?include::|[`:]{3}\{(?:literal)?include\}|\{%-?[ ]*include\b|--8<--)[^\r\n]*|"
    rb"\A\s*[\w./\\-]+\s*\Z",
    re.MULTILINE,
)
_CHOICE = re.compile(
    r"\b(?:dual|dually|tri|multi) ?licen[sc]|\beither of\b|\balternatively\b|\bat your (?:option|choice)\b(?! any)"
)
_THIRD = re.compile(r"\b(?:third part|portions|bundle|components|parts of|derived)")
_FOREIGN_WORDS = 60
_WHOLE_TEXT_WORDS = 250
_STERN_BYTES = 65_536


class File(NamedTuple):
    """A text to examine."""

    data: bytes
    """The text as UTF-8."""
    name: str
    """Its base name."""
    form: str | None
    """Its metadata format."""
    is_licence: bool
    """Whether its name promises a licence."""
    region: tuple[int, int]
    """The bytes in which it has legal words."""
    may_refer: bool
    """Whether they may send the reader to a licence file."""
    may_prohibit: bool
    """Whether they may take back what a licence beside them grants."""
    has_tags: bool
    """Whether they may hold SPDX tags."""


def findings_in(file: File, matches: list[Match]) -> list[Finding]:
    """The evidence in a text, of which `matches` are the rules that hold in it, in order of place."""
    data, name = file.data, file.name
    tags = tags_in(data) if file.has_tags else []
    if file.form is not None:
        # Other words in it are the author's description, not a licence.
        stated = metadata_in(data, file.form)
        if stated or file.form not in ONLY_WHERE_STATED:
            return stated or tags
        if file.form == "pom.xml":
            # The comment in front may say what the file itself is under; its elements speak of the package.
            matches = [match for match in matches if match.end <= data.find(b"<project")]
    own = matches
    if file.has_tags:
        texts = [match for match in matches if match.matched >= _WHOLE_TEXT_WORDS]
        # A text that shows how it is to be named speaks of others' files.
        tags = [tag for tag in tags if not any(one.start < tag.start and tag.end < one.end for one in texts)]
        own = [match for match in matches if not _is_tag(data, match, tags)]
    if file.is_licence:
        return _of_licence_file(
            data, name, tags, statements(data, own, is_prose=is_prose(name), is_licence=True)
        )
    found = repeated_statements(data, own, is_prose=is_prose(name)) if own else []
    if file.may_prohibit:
        found = [*found, *_beside(data, found, file.region)]
    if file.may_refer and not any(one.expression for one in found + tags):
        found += references_in(data, *file.region)
    return tags + found


def _is_tag(data: bytes, match: Match, tags: list[Finding]) -> bool:
    """True where the words of the rule are an SPDX tag's: read as one, or in a string and about one."""
    if match.matched >= _WHOLE_TEXT_WORDS:
        return False
    if any(one.start < match.end and match.start < one.end for one in tags):
        return True
    return (
        match.matched <= 12
        and b"spdx-license-identifier" in data[max(0, match.start - 28) : match.end].lower()
    )


def _beside(data: bytes, found: list[Finding], region: tuple[int, int]) -> list[Finding]:
    spans = [(one.start, one.end) for one in found if one.expression]
    return [
        one
        for one in prohibitions_in(data, *region)
        if not any(start <= one.start and one.end <= end for start, end in spans)
    ]


def _of_licence_file(data: bytes, name: str, tags: list[Finding], found: list[Finding]) -> list[Finding]:
    words = Words(data[:MAX_LICENCE_BYTES])
    if not words.listed:
        return []
    if len(words.listed) <= _POINTER_WORDS and (pointer := _POINTS.search(data)):
        said = named(data.decode("utf-8", "replace").strip()) if pointer.start() == 0 else None
        if said is not None and said != UNRECOGNISED:
            return [Finding(*pointer.span(), "notice", "whole-name", said, 0.8)]
        if pointer.group().strip()[:2] in (b"..", b"``", b"::", b"{%", b"--") or not any(
            one.expression for one in found + tags
        ):
            return [*tags, Finding(*pointer.span(), "reference", "include", None, 0.9)]
    found = _as_named(name, [*found, *_beside(data, found, (0, _STERN_BYTES))])
    texts = [one for one in found if one.kind == "text" and one.expression]
    if not any(one.expression for one in found + tags):
        if any(one.kind == "reference" and 2 * (one.end - one.start) >= len(data.strip()) for one in found):
            return found
        return found + _unknown(words, data, name)
    if texts:
        found += _foreign_passages(words, found)
        if 1 < len({one.expression for one in texts}) <= 3 and _offers_choice(words, texts):
            found = [replace(one, choice=one.kind == "text" or one.choice) for one in found]
    elif _GRANTS.search(words.joined) and not any(
        one.kind == "notice" and one.end - one.start > 300 for one in found
    ):
        # A title over a text that is cut or rewritten does not make it that licence.
        found.append(Finding(*words.span(0, len(words.listed) - 1), "text", "unknown-text", UNKNOWN, 0.5))
    if len(data) > MAX_LICENCE_BYTES:
        found.append(Finding(MAX_LICENCE_BYTES, len(data), "text", "not-read", UNKNOWN, 0.4))
    return tags + found


def _as_named(name: str, found: list[Finding]) -> list[Finding]:
    """The findings, the bare text of a family as the member after which the file is named."""
    identifier = identifier_of(name)
    said = canonical(identifier) if identifier else None
    if said is None:
        return found
    return [
        replace(one, expression=said)
        if one.kind == "text" and one.expression and family(one.expression) == family(said)
        else one
        for one in found
    ]


def _offers_choice(words: Words, texts: list[Finding]) -> bool:
    """True where the words in front of the first text offer the texts as alternatives."""
    first = int((words.starts() < texts[0].start).sum())
    before = " ".join(words.listed[:first][-80:])
    return bool(_CHOICE.search(before)) and not _THIRD.search(before)


def _unknown(words: Words, data: bytes, name: str) -> list[Finding]:
    """What a licence-named file says when nothing in it was recognised."""
    text = data.decode("utf-8", "replace")
    whole = words.span(0, len(words.listed) - 1)
    if len(words.listed) <= 12:
        said = named(text.strip())
        if said is not None and said != UNRECOGNISED:
            return [Finding(*whole, "notice", "whole-name", said, 0.8)]
        if re.search(r"\b(?:licen[sc]e|copying)\b", words.joined):
            return [Finding(*whole, "reference", "licence-file", None, 0.6)]
    if name.lower().startswith("copyright") and len(_LEGAL.findall(words.joined)) < 8:
        return []
    if "all rights reserved" in words.joined and not _GRANTS.search(words.joined):
        return [Finding(*whole, "text", "all-rights-reserved", PROPRIETARY, 0.6)]
    return [Finding(*whole, "text", "unknown-text", UNKNOWN, 0.5)]


def _foreign_passages(words: Words, found: list[Finding]) -> list[Finding]:
    """Long passages of legal words that no rule explains."""
    starts = words.starts()
    explained = sorted((one.start, one.end) for one in found)
    passages, begin = [], 0
    for start, end in [*explained, (1 << 60, 1 << 60)]:
        first, last = int(starts.searchsorted(begin)), int(starts.searchsorted(start))
        if last - first >= _FOREIGN_WORDS:
            passage = " ".join(words.listed[first:last])
            if _GRANTS.search(passage) and len(set(_LEGAL.findall(passage))) >= 4:
                span = words.span(first, last - 1)
                passages.append(Finding(*span, "text", "unknown-passage", UNKNOWN, 0.4))
        begin = max(begin, end)
    return passages
