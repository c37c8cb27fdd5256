"""All evidence of a licence in one file."""

import re
from functools import lru_cache

from tilth.data.facts.licence.finding import PROPRIETARY, UNKNOWN, UNRECOGNISED, Finding
from tilth.data.facts.licence.heads import findings_of_head
from tilth.data.facts.licence.lines import statements_in
from tilth.data.facts.licence.metadata import metadata_in
from tilth.data.facts.licence.names import is_licence_file, is_primary, is_prose, metadata_format
from tilth.data.facts.licence.notices import (
    MASK,
    exceptions_in,
    is_choice_of_texts,
    llvm_exception,
    notices_in,
    with_exceptions,
)
from tilth.data.facts.licence.parts import as_parts
from tilth.data.facts.licence.references import prohibitions_in, references_in
from tilth.data.facts.licence.shingles import shingles
from tilth.data.facts.licence.spellings import named
from tilth.data.facts.licence.tags import tags_in
from tilth.data.facts.licence.texts import MAX_TEXTS, texts_in
from tilth.data.facts.licence.whole_texts import GRANTS, MIN_UNKNOWN_HITS, of_texts, outside
from tilth.data.facts.licence.words import Words

MAX_LICENCE_BYTES = 262_144
# A repository that follows REUSE has one small file beside each that can hold no tag, all the same.
_SMALL_BYTES = 4_096
_KEPT_FILES = 256
_LEGAL = re.compile(
    r"\b(?:permissions?|licen[sc]e[des]?|redistribut\w+|warrant\w+|liab\w+|licensee|granted?|copyright\w*|"
    r"rights|agreement|terms)\b"
)
_OTHER_PASSAGE_WORDS = 60
# A page of documentation that only takes in the licence file.
_POINTER_WORDS = 60
_INCLUDES = re.compile(
    rb"^[ \t]*(?:\.\. (?:literal)?include::|[`:]{3}\{(?:literal)?include\}|\{%-?[ ]*include\b|--8<--)[^\r\n]*",
    re.MULTILINE,
)
_PROPRIETARY_TITLE = re.compile(r"\ball rights reserved\b")


def findings_in(data: bytes, name: str, hint: int, spans: list[tuple[int, int]]) -> list[Finding]:
    """The evidence in a text.

    Args:
        data: The text as UTF-8.
        name: Its base name.
        hint: What the gate said of it: bit 1 for a licence word in its head, bit 2 for a tag.
        spans: Its passages (see `passages.passages`).
    """
    form = metadata_format(name)
    if form is not None:
        # Other words in it are the author's description, not a licence.
        return metadata_in(data, form) or (tags_in(data) if hint & 2 else [])
    if is_licence_file(name):
        tags = tags_in(data)
        is_notice = name.lower().startswith("copyright")
        if len(data) <= _SMALL_BYTES:
            found = list(_of_small_file(data, is_notice, is_primary(name)))
        else:
            read = data[:MAX_LICENCE_BYTES]
            found = _of_licence_file(read, is_notice=is_notice, is_primary=is_primary(name))
        if tags and all(
            one.rule in ("unknown-text", "all-rights-reserved") for one in found if one.expression
        ):
            # What a REUSE file says beside its tag (a name, a copyright) is no licence of its own.
            found = [one for one in found if one.expression is None or _grants(data, one)]
        found = tags + found
        if len(data) > MAX_LICENCE_BYTES:
            found.append(Finding(MAX_LICENCE_BYTES, len(data), "text", "not-read", UNKNOWN, 0.4))
        return found
    findings = tags_in(data) if hint & 2 else []
    if spans:
        findings += findings_of_head(data, spans, is_prose=is_prose(name))
    return findings


def _grants(data: bytes, one: Finding) -> bool:
    return GRANTS.search(Words(data[one.start : one.end]).joined) is not None


@lru_cache(_KEPT_FILES)
def _of_small_file(data: bytes, is_notice: bool, is_primary: bool) -> tuple[Finding, ...]:
    return tuple(_of_licence_file(data, is_notice=is_notice, is_primary=is_primary))


def _of_licence_file(data: bytes, *, is_notice: bool, is_primary: bool) -> list[Finding]:
    words = Words(data)
    if not words.listed:
        return []
    if len(words.listed) <= _POINTER_WORDS and (include := _INCLUDES.search(data)):
        return [Finding(include.start(), include.end(), "reference", "include", None, 0.9)]
    matches, num_hits = texts_in(shingles(words, data))
    found, listed = of_texts(words, matches)
    found = llvm_exception(found, listed)
    if len(matches) > 1 and len({match.name for match in matches}) <= 3 and is_choice_of_texts(listed):
        found = [
            Finding(one.start, one.end, one.kind, one.rule, one.expression, one.score, True) for one in found
        ]
    notices = notices_in(words, listed, is_prose=False, is_licence=not is_notice)
    found += notices + prohibitions_in(words, listed)
    found += outside(statements_in(data), found) if len(words.listed) < 400 or not matches else []
    found = with_exceptions(found, list(exceptions_in(words.joined)))
    if not any(one.expression for one in found):
        return found + _unknown(words, data, is_notice)
    if not matches and num_hits >= MIN_UNKNOWN_HITS and GRANTS.search(words.joined):
        # A title over a text that is cut or rewritten does not make it that licence.
        found.append(Finding(*words.span(0, len(words.listed) - 1), "text", "unknown-text", UNKNOWN, 0.5))
    if matches:
        found += _foreign_passages(words, listed, notices)
    if len(matches) == MAX_TEXTS:
        found.append(Finding(*words.span(0, len(words.listed) - 1), "text", "too-many-texts", UNKNOWN, 0.4))
    return as_parts(found, matches, words) if is_primary else found


def _unknown(words: Words, data: bytes, is_notice: bool) -> list[Finding]:
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
    if is_notice and len(_LEGAL.findall(words.joined)) < 8:
        return []
    if _PROPRIETARY_TITLE.search(words.joined) and not GRANTS.search(words.joined):
        return [Finding(*whole, "text", "all-rights-reserved", PROPRIETARY, 0.6)]
    return [Finding(*whole, "text", "unknown-text", UNKNOWN, 0.5)]


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
