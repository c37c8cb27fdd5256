"""The language of a text whose name says nothing.

Most such texts are in no language that has a name: data of a program's own, notes, keys, lists. So the words alone
are not enough. The name must not be known to be of something else, the text must not read as prose or as numbers,
and where a language has an unmistakable mark, the text must have it (``tables/nameless.txt``).
"""

import re
from dataclasses import dataclass
from functools import cache

import re2

from tilth.data.facts.by_words import guess_of, is_sure, with_unix_lines
from tilth.data.facts.tables.heuristics import heuristics
from tilth.data.facts.tables.languages import language_table
from tilth.data.facts.tables.rows import pattern_set, rows_of

# Shorter names of languages are extensions of much else.
_TELLING_LETTERS = 4
# Less says too little of a language.
_BYTES_MIN = 48
_NAME_BYTES = 255
_XML_BYTES = 64
_MAN_PAGE = re.compile(r"\.(?:[1-9](?![0-9])[a-z_0-9]*|0p|n|man|mdoc)(?:\.in)?$", re.IGNORECASE)
# What was made from the file that the rest names is in another form.
_MADE_FROM = frozenset(
    "asc cover err gz hash log map md5 out output result sha256 sig stderr stdout sum".split()
)
_BEHIND_WHOLE_NAME = re.compile(r"[.\-_]")

_SPACES = b" \t\n\v\f"
_LETTERS = bytes(byte for byte in range(128) if chr(byte).isalpha())
_FOREIGN = bytes(range(128, 256))
# What code is full of and sentences are not.
_CODE_SIGNS = b"#$%&*+/;<=>@[\\]^_`{|}~"
_PROSE_HEAD = 16 * 1024
_PROSE_SIGNS_MAX = 0.03
_PROSE_LETTERS_MIN = 0.7
_PROSE_WORDS_A_LINE_MIN = 6
_PROSE_WORDS_MIN = 12

# An extension outside the table is likelier that of a format outside it than of a language.
_TIMES_BESIDE_EXTENSION = 1.25
# Some languages do read like sentences (SQL, Inform 7).
_TIMES_BESIDE_PROSE = 2.0
_EXTENSION = re.compile(r"[^.]\.[A-Za-z][\w+-]*$")


@dataclass(frozen=True, slots=True)
class _Rules:
    unspoken: frozenset[str]
    prose: list[tuple[str | None, re.Pattern[str]]]
    needs: dict[str, re2.Set]
    never: dict[str, re2.Set]


def language_without_name(name: str, text: bytes) -> tuple[str | None, str]:
    """As `language_of`, for a name that is of no language: mostly none."""
    if text[:_XML_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")[:5] == b"<?xml":
        return "XML", "xml"
    # libfoo.3ossl and the like: a manual page with a section of its own.
    if _MAN_PAGE.search(name) and (rules := heuristics(".1")):
        found, spoken = rules.first(with_unix_lines(text))
        return (found[0], "heuristic") if spoken else (None, "none")
    if len(text) < _BYTES_MIN or is_unspoken(name):
        return None, "none"
    return _by_form(name, with_unix_lines(text))


def is_unspoken(name: str) -> bool:
    """Whether files of that name are known to be in no language that has a name here (``PKG-INFO``)."""
    return name.lower() in _rules().unspoken


def _by_form(name: str, head: bytes) -> tuple[str | None, str]:
    if 4 * len(head.translate(None, _LETTERS + _FOREIGN)) > 3 * len(head):
        # Tables of numbers look like each other, whatever they are of.
        return None, "none"
    if 3 * len(head.translate(None, _SPACES + _FOREIGN)) < 2 * len(head.translate(None, _SPACES)):
        # Other scripts than the Latin stand in few samples, so that any of them looks like those.
        return None, "none"
    if reads_as_prose(head) or is_for_readers(name):
        return _prose(name, head)
    return _by_words(name, head)


def _prose(name: str, head: bytes) -> tuple[str | None, str]:
    guess = guess_of(head)
    sentences = reads_as_prose(head)
    if guess and _may_be(guess.language, head):
        marked = not sentences and guess.language in _rules().needs
        times = 1.0 if marked or language_table().types[guess.language] == "prose" else _TIMES_BESIDE_PROSE
        if is_sure(guess, times):
            return guess.language, "classifier"
    answer = _answer_for_readers(name)
    return (answer, "filename") if answer and sentences else (None, "none")


def _by_words(name: str, head: bytes) -> tuple[str | None, str]:
    guess = guess_of(head)
    if not guess:
        return None, "none"
    meant, part = _meant_by_name(name)
    # A whole name says enough without a mark.
    possible = [language for language in meant if part == "filename" or _may_be(language, head)]
    # The words must not speak for something else.
    if len(possible) == 1 and (own := guess_of(head, possible)) and own.score >= guess.score / 2:
        return possible[0], part
    if not _may_be(guess.language, head):
        return None, "none"
    # A mark stands in for an extension, where no part of the name speaks against it.
    supported = guess.language in possible or (not possible and guess.language in _rules().needs)
    times = _TIMES_BESIDE_EXTENSION if _EXTENSION.search(name) and not supported else 1.0
    return (guess.language, "classifier") if is_sure(guess, times) else (None, "none")


def _may_be(language: str, head: bytes) -> bool:
    rules = _rules()
    if (needs := rules.needs.get(language)) and not needs.Match(head):
        return False
    never = rules.never.get(language)
    return not (never and never.Match(head))


def _meant_by_name(name: str) -> tuple[tuple[str, ...], str]:
    """The languages that a part of a name means, and which part.

    An extension outside the table that is a language's name (``.teal``), a whole name in front (``Makefile.gcc``), or
    an extension before another that is unknown (``a.py.disabled``).
    """
    table = language_table()
    stem, _, last = name.rpartition(".")
    language = table.aliases.get(last.lower()) if stem and len(last) >= _TELLING_LETTERS else None
    if language:
        return (language,), "extension"
    for front in (stem, _BEHIND_WHOLE_NAME.split(name, maxsplit=1)[0]):
        if front != name and (named := _no_prose(table.filenames.get(front, ()))):
            return named, "filename"
    inner = "" if last.lower() in _MADE_FROM else stem.rpartition(".")[2].lower()
    return _no_prose(table.extensions.get(f".{inner}", ())), "extension"


def _no_prose(languages: tuple[str, ...]) -> tuple[str, ...]:
    types = language_table().types
    return tuple(language for language in languages if types[language] != "prose")


def reads_as_prose(head: bytes) -> bool:
    """Whether a text is sentences: few signs, many letters, many words a line."""
    part = head[:_PROSE_HEAD]
    dense = part.translate(None, _SPACES)
    words = len(part.split())
    if words < _PROSE_WORDS_MIN:
        return False
    lines = sum(1 for line in part.split(b"\n") if line and not line.isspace())
    signs = len(dense) - len(dense.translate(None, _CODE_SIGNS))
    letters = len(dense) - len(dense.translate(None, _LETTERS + _FOREIGN))
    return (
        words >= _PROSE_WORDS_A_LINE_MIN * lines
        and signs <= _PROSE_SIGNS_MAX * len(dense)
        and letters >= _PROSE_LETTERS_MIN * len(dense)
    )


def is_for_readers(name: str) -> bool:
    """Whether a name is that of a text for readers: a licence, a readme, a list of authors."""
    return any(pattern.fullmatch(name[:_NAME_BYTES].lower()) for _, pattern in _rules().prose)


def _answer_for_readers(name: str) -> str | None:
    lowered = name[:_NAME_BYTES].lower()
    return next((answer for answer, pattern in _rules().prose if pattern.fullmatch(lowered)), None)


@cache
def _rules() -> _Rules:
    unspoken: set[str] = set()
    prose: list[tuple[str | None, re.Pattern[str]]] = []
    patterns: dict[str, dict[str, list[str]]] = {"needs": {}, "never": {}}
    for kind, about, words in rows_of("nameless.txt", 3):
        if kind == "unspoken":
            unspoken.update(words.split())
        elif kind == "prose":
            prose.append((None if about == "-" else about, re.compile(words, re.DOTALL)))
        else:
            patterns[kind].setdefault(about, []).append(words)
    needs, never = (
        {of: pattern_set(rows) for of, rows in patterns[kind].items()} for kind in ("needs", "never")
    )
    return _Rules(frozenset(unspoken), prose, needs, never)
