"""The licence that a machine-readable Debian copyright file states for everything.

Format: Debian's "Machine-readable debian/copyright file", version 1.0 (DEP-5); REUSE takes it over as `.reuse/dep5`.
"""

import re

from tilth.data.facts.licence.expressions import canonical, joined
from tilth.data.facts.licence.finding import UNRECOGNISED
from tilth.data.facts.licence.meanings import Stated, meaning

_FIELD = re.compile(
    r"^(?P<name>[A-Za-z][\w-]*):[ \t]*(?P<first>[^\n]*)(?P<more>(?:\n[ \t]+[^\n]*)*)", re.MULTILINE
)
_FORMAT = re.compile(r"copyright-format|dep-?5|reuse\.software", re.IGNORECASE)
_FORMAT_FIELDS = ("format", "format-specification")
_HEADER_CHARACTERS = 4_000
_EVERYTHING = frozenset({"*", "./*"})
_MAX_NAME_CHARACTERS = 400
_MAX_OPERANDS = 30
# Short names of the format that are not SPDX identifiers.
_NAMES = {"expat": "MIT", "artistic": "Artistic-1.0", "perl": "Artistic-1.0-Perl OR GPL-1.0-or-later"}
_PERL = {"Artistic-1.0", "GPL-1.0-or-later"}
_INVARIANTS = re.compile(r"gfdl-niv-(\d\.\d)(\+?)\Z", re.IGNORECASE)
_EXCEPTION = re.compile(r"(?P<base>.+?) with (?P<name>[\w.-]+?)(?:[ -]exceptions?)?\Z", re.IGNORECASE)
_VERSIONS = ("", "-2.0", "-2.2", "-3.0", "-3.1")

Paragraph = dict[str, tuple[str, str]]
"""The fields of a paragraph by their lower-case names: the first line and the lines that follow it."""


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a machine-readable copyright file, the header first; none of another file."""
    text = text.replace("\r\n", "\n").lstrip("\n")
    head = text[:_HEADER_CHARACTERS].split("\n\n", 1)[0]
    form = next((one["first"] for one in _FIELD.finditer(head) if one["name"].lower() in _FORMAT_FIELDS), "")
    if not _FORMAT.search(form):
        return []
    blocks = re.split(r"\n(?:[ \t]*\n)+", text)
    found = [
        {one["name"].lower(): (one["first"].strip(), one["more"]) for one in _FIELD.finditer(block)}
        for block in blocks
    ]
    return [fields for fields in found if fields]


def debian_copyright(text: str) -> Stated:
    """What the file states for everything: for `Files: *`, else in its header, else for all files together."""
    every = paragraphs(text)
    stated = [(one["files"], one["license"][0]) for one in every if "files" in one and "license" in one]
    whole = [name for files, name in stated if _EVERYTHING & set(" ".join(files).split())]
    if not whole and every and "license" in every[0]:
        whole = [every[0]["license"][0]]
    names = [name for name in whole or [name for _, name in stated] if name][:_MAX_OPERANDS]
    return [(names[0], joined([meaning_of(name) for name in names], "AND"))] if names else []


def meaning_of(value: str) -> str:
    """What a short name, or several with `and`, `or` and commas between them, means; a comma binds least."""
    value = " ".join(value.split())[:_MAX_NAME_CHARACTERS]
    for pattern in (r", (and|or) ", r" (or) ", r" (and) "):
        parts = re.split(pattern, value, flags=re.IGNORECASE)
        if len(parts) > 1 and len({operator.lower() for operator in parts[1::2]}) == 1:
            meanings = [meaning_of(part) for part in parts[::2]]
            if set(meanings) == _PERL:
                return _NAMES["perl"]
            return joined(meanings, parts[1].upper()) or UNRECOGNISED
    return _short(value)


def _short(name: str) -> str:
    invariants = _INVARIANTS.match(name)
    if invariants:
        return f"GFDL-{invariants[1]}-no-invariants-{'or-later' if invariants[2] else 'only'}"
    known = _NAMES.get(name.lower())
    if known is not None:
        return known
    exception = _EXCEPTION.match(name)
    if exception is None:
        return meaning(name) or UNRECOGNISED
    base = _short(exception["base"])
    # An exception only adds a permission: without it the licence is read more narrowly, never more widely.
    wholes = (canonical(f"{base} WITH {exception['name']}-exception{version}") for version in _VERSIONS)
    return next((whole for whole in wholes if whole), base)
