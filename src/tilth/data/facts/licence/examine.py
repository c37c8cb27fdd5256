"""All evidence of a licence in one file."""

import re

import re2

from tilth.data.facts.licence.finding import PROPRIETARY, UNKNOWN, UNRECOGNISED, Finding
from tilth.data.facts.licence.gate import HEAD_BYTES
from tilth.data.facts.licence.lines import statements_in
from tilth.data.facts.licence.metadata import metadata_in
from tilth.data.facts.licence.names import is_licence_file, is_prose, metadata_format
from tilth.data.facts.licence.notices import (
    MASK,
    is_choice_of_texts,
    llvm_exception,
    notices_in,
    with_exceptions,
)
from tilth.data.facts.licence.references import prohibitions_in, references_in
from tilth.data.facts.licence.shingles import shingles
from tilth.data.facts.licence.spellings import named
from tilth.data.facts.licence.tags import tags_in
from tilth.data.facts.licence.texts import MAX_TEXTS, TextMatch, texts_in
from tilth.data.facts.licence.words import Words

MAX_LICENCE_BYTES = 262_144
# A text that begins in the head may end behind it.
_TEXT_BYTES = 16_384
_GRANTS = re2.compile(
    r"\b(?:permission is (?:hereby )?granted|permission to use|redistribution and use|permission is granted|"
    r"hereby granted free|"
    r"this software is provided|grants? you|terms and conditions for use)\b"
)
_LEGAL = re.compile(
    r"\b(?:permissions?|licen[sc]e[des]?|redistribut\w+|warrant\w+|liab\w+|licensee|granted?|copyright\w*|"
    r"rights|agreement|terms)\b"
)
_OTHER_PASSAGE_WORDS = 60
_PROPRIETARY_TITLE = re.compile(r"\ball rights reserved\b")


def findings_in(data: bytes, name: str, hint: int) -> list[Finding]:
    """The evidence in a text.

    Args:
        data: The text as UTF-8.
        name: Its base name.
        hint: What the gate said of it: bit 1 for a licence word in its head, bit 2 for a tag.
    """
    form = metadata_format(name)
    if form is not None:
        # Other words in it are the author's description, not a licence.
        return metadata_in(data, form) or (tags_in(data) if hint & 2 else [])
    if is_licence_file(name):
        found = tags_in(data) + _of_licence_file(data[:MAX_LICENCE_BYTES], name)
        if len(data) > MAX_LICENCE_BYTES:
            found.append(Finding(MAX_LICENCE_BYTES, len(data), "text", "not-read", UNKNOWN, 0.4))
        return found
    findings = tags_in(data) if hint & 2 else []
    if hint & 1:
        findings += _of_head(data, name)
    return findings


def _of_head(data: bytes, name: str) -> list[Finding]:
    head = data[:HEAD_BYTES]
    words = Words(head)
    listed = words.listed
    found: list[Finding] = []
    if _GRANTS.search(words.joined):
        head = data[:_TEXT_BYTES]
        words = Words(head)
        matches, num_hits = texts_in(shingles(words, head))
        found, listed = _of_texts(words, matches)
        if not matches and num_hits >= _MIN_UNKNOWN_HITS and not is_prose(name):
            grant = _GRANTS.search(words.joined)
            at = words.word_at(grant.start()) if grant else 0
            found.append(
                Finding(*words.span(at, min(at + 8, len(listed) - 1)), "text", "unknown-text", UNKNOWN, 0.5)
            )
    prose = is_prose(name)
    found += notices_in(words, listed, is_prose=prose, is_licence=False)
    if not prose:
        found += _outside(statements_in(head), found) + prohibitions_in(words, listed)
    found = with_exceptions(found, words.joined)
    return found + references_in(words, listed)


# Shingles of licence texts in a head that grants something: fewer come by chance or from a mere notice.
_MIN_UNKNOWN_HITS = 12


def _of_licence_file(data: bytes, name: str) -> list[Finding]:
    words = Words(data)
    if not words.listed:
        return []
    matches, num_hits = texts_in(shingles(words, data))
    found, listed = _of_texts(words, matches)
    found = llvm_exception(found, listed)
    if len(matches) > 1 and len({match.name for match in matches}) <= 3 and is_choice_of_texts(listed):
        found = [
            Finding(one.start, one.end, one.kind, one.rule, one.expression, one.score, True) for one in found
        ]
    notices = notices_in(words, listed, is_prose=False, is_licence=not _is_notice(name))
    found += notices + prohibitions_in(words, listed)
    found += _outside(statements_in(data), found) if len(words.listed) < 400 or not matches else []
    found = with_exceptions(found, words.joined)
    if not any(one.expression for one in found):
        return found + _unknown(words, data, name)
    if not matches and num_hits >= _MIN_UNKNOWN_HITS and _GRANTS.search(words.joined):
        # A title over a text that is cut or rewritten does not make it that licence.
        found.append(Finding(*words.span(0, len(words.listed) - 1), "text", "unknown-text", UNKNOWN, 0.5))
    if matches:
        found += _foreign_passages(words, listed, notices)
    if len(matches) == MAX_TEXTS:
        found.append(Finding(*words.span(0, len(words.listed) - 1), "text", "too-many-texts", UNKNOWN, 0.4))
    return found


def _of_texts(words: Words, matches: list[TextMatch]) -> tuple[list[Finding], list[str]]:
    """Findings for whole texts, and the words with those of the texts masked."""
    listed = list(words.listed)
    found = []
    for at, match in enumerate(matches):
        listed[match.first : match.last + 1] = [MASK] * (match.last + 1 - match.first)
        if match.name == "GPL-3.0-only" and at and matches[at - 1].name == "LGPL-3.0-only":
            # LGPL-3.0 is the GPL-3.0 with permissions added: the second text belongs to the first.
            continue
        span = words.span(match.first, match.last)
        found.append(Finding(*span, "text", f"text:{match.name}", match.name, match.score))
        if match.is_altered and "GPL" not in match.name:
            found.append(Finding(*span, "text", f"altered:{match.name}", UNKNOWN, match.score))
    return found, listed


def _outside(statements: list[Finding], found: list[Finding]) -> list[Finding]:
    """Statements of lines that say something new; a title above the text that it names does not."""
    spans = [(one.start, one.end) for one in found if one.expression is not None]
    kept = []
    for one in statements:
        if any(start < one.end and one.start < end for start, end in spans):
            continue
        is_title = any(other.kind == "text" for other in found) and one.rule.startswith("title")
        if not is_title:
            kept.append(one)
            spans.append((one.start, one.end))
    return kept


def _unknown(words: Words, data: bytes, name: str) -> list[Finding]:
    """What a licence-named file says when nothing in it was recognised."""
    listed, text = words.listed, data.decode("utf-8", "replace")
    whole = words.span(0, len(listed) - 1)
    if len(listed) <= 12:
        said = named(text.strip())
        if said is not None and said != UNRECOGNISED:
            return [Finding(*whole, "notice", "whole-name", said, 0.8)]
    references = references_in(words, listed)
    if len(listed) <= 60 and (references or re.fullmatch(r"[\w./\\ -]+", text.strip())):
        return references or [Finding(*whole, "reference", "path", None, 0.6)]
    if _is_notice(name) and len(_LEGAL.findall(words.joined)) < 8:
        return []
    if _PROPRIETARY_TITLE.search(words.joined) and not _GRANTS.search(words.joined):
        return [Finding(*whole, "text", "all-rights-reserved", PROPRIETARY, 0.6)]
    return [Finding(*whole, "text", "unknown-text", UNKNOWN, 0.5)]


def _is_notice(name: str) -> bool:
    return name.lower().startswith(("notice", "copyright", "legal"))


def _foreign_passages(words: Words, listed: list[str], notices: list[Finding]) -> list[Finding]:
    """Long passages of legal words that no known text explains."""
    found = []
    begin = 0
    for at in range(len(listed) + 1):
        if at < len(listed) and listed[at] != MASK:
            continue
        passage = " ".join(listed[begin:at])
        if at - begin >= _OTHER_PASSAGE_WORDS and len(set(_LEGAL.findall(passage))) >= 3:
            start, end = words.span(begin, at - 1)
            if not any(start <= one.start < end for one in notices):
                found.append(Finding(start, end, "text", "unknown-passage", UNKNOWN, 0.4))
        begin = at + 1
    return found
