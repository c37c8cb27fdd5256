"""Labels of files that somebody else wrote: Debian's copyright files and the tags of REUSE, in SPDX names.

A label is a set of licences. AND, OR and exceptions are left out, of labels and of answers alike: few of Debian's
labels name them as SPDX does. A label that has one name without a certain SPDX counterpart is no label.
"""

import re
from collections.abc import Iterable

from license_expression import get_spdx_licensing

Label = frozenset[str]

_SPDX = {key.lower(): key for key in get_spdx_licensing().known_symbols}
_GNU = re.compile(
    r"(gpl|lgpl|agpl|gfdl)-?v?(\d(?:\.\d)?)(?:\.0)?(\+|-or-later|-only)?(?:-(?:niv|no-invariants))?"
)
_NAMES = {
    "expat": ["MIT"],
    "mit/expat": ["MIT"],
    "gpl": ["GPL-1.0-or-later"],
    "gpl+": ["GPL-1.0-or-later"],
    "lgpl": ["LGPL-2.0-or-later"],
    "perl": ["GPL-1.0-or-later", "Artistic-1.0"],
    "artistic": ["Artistic-1.0"],
    "artistic-1": ["Artistic-1.0"],
    "artistic-2": ["Artistic-2.0"],
    "apache-2": ["Apache-2.0"],
    "asl-2.0": ["Apache-2.0"],
    "boost-1.0": ["BSL-1.0"],
    "bsl-1": ["BSL-1.0"],
    "bsl": ["BSL-1.0"],
    "bsd-2-clauses": ["BSD-2-Clause"],
    "bsd-3-clauses": ["BSD-3-Clause"],
    "bsd-4-clauses": ["BSD-4-Clause"],
    "cc0": ["CC0-1.0"],
    "cc0-1": ["CC0-1.0"],
    "mpl-2": ["MPL-2.0"],
    "public-domain": ["public-domain"],
    "pd": ["public-domain"],
    "psf-2": ["Python-2.0"],
    "python": ["Python-2.0"],
    "sil-1.1": ["OFL-1.1"],
    "sil-ofl-1.1": ["OFL-1.1"],
    "ofl": ["OFL-1.1"],
    "zlib/libpng": ["Zlib"],
    "all-permissive": ["FSFAP"],
    "gnu-all-permissive": ["FSFAP"],
    "gnu-all-permissive-license": ["FSFAP"],
    "hpnd-sell": ["HPND-sell-variant"],
    "tcl/tk": ["TCL"],
    "tcltk": ["TCL"],
}
# Names of one licence that labels do not tell apart.
_SAME = {
    "Artistic-1.0-Perl": "Artistic-1.0",
    "Artistic-1.0-cl8": "Artistic-1.0",
    "PSF-2.0": "Python-2.0",
    "OFL-1.1-RFN": "OFL-1.1",
    "OFL-1.1-no-RFN": "OFL-1.1",
    "LicenseRef-scancode-public-domain": "public-domain",
    "LicenseRef-tilth-public-domain": "public-domain",
    "LicenseRef-scancode-public-domain-disclaimer": "public-domain",
}
_GNU_PLAIN = re.compile(r"(A?GPL|LGPL|GFDL)-(\d\.\d)(\+?)$")


def atoms(expressions: Iterable[str | None]) -> Label:
    """The licences that SPDX expressions name. A LicenseRef that is not the public domain is left out."""
    found = set()
    for expression in expressions:
        text = re.sub(r"\bWITH\s+[\w.+-]+", " ", expression or "")
        for word in re.findall(r"[\w.+-]+", text):
            if word in ("AND", "OR", "NONE", "NOASSERTION"):
                continue
            word = _SAME.get(word, word)
            if plain := _GNU_PLAIN.match(word):
                word = f"{plain[1]}-{plain[2]}-{'or-later' if plain[3] else 'only'}"
            if not word.startswith("LicenseRef-"):
                found.add(_SAME.get(_SPDX.get(word.lower(), word), _SPDX.get(word.lower(), word)))
    return frozenset(found)


def debian_label(text: str) -> Label | None:
    """The label that the short name of a paragraph states, or None where one of its names is not certain."""
    found: set[str] = set()
    text = re.sub(r"\bwith\b.*?(?:\bexceptions?\b|(?=\s(?:and|or)\s)|$)", " ", text.strip().lower())
    parts = [part.strip() for part in re.split(r"\s(?:and/or|and|or)\s|[,|]", text)]
    for part in filter(None, parts):
        names = _spdx_of(part)
        if names is None:
            return None
        found.update(names)
    return frozenset(found) or None


def _spdx_of(name: str) -> list[str] | None:
    if name in _NAMES:
        return _NAMES[name]
    if gnu := _GNU.fullmatch(name):
        version = gnu[2] if "." in gnu[2] else f"{gnu[2]}.0"
        later = "or-later" if gnu[3] in ("+", "-or-later") else "only"
        return [f"{gnu[1].upper()}-{version}-{later}"]
    key = _SPDX.get(name) or _SPDX.get(f"{name}.0")
    if key is None or key.startswith("LicenseRef"):
        return None
    return sorted(atoms([key]))


_JOINED = re.compile(r"(?i)\sand\s|,")


class Copyright:
    """A machine-readable debian/copyright (DEP-5): which paragraph covers a path."""

    def __init__(self, text: str) -> None:
        """Reads the paragraphs about files.

        Raises:
            ValueError: It is not in the machine-readable format.
        """
        paragraphs = [_fields(part) for part in re.split(r"\n[ \t]*\n", text)]
        if "copyright-format" not in paragraphs[0].get("format", "") and "dep5" not in paragraphs[0].get(
            "format", ""
        ):
            raise ValueError("not machine-readable")
        self._rules: list[tuple[re.Pattern[str], str, bool]] = []
        for paragraph in paragraphs:
            globs = paragraph.get("files", "").split()
            name = paragraph.get("license", "").split("\n")[0]
            for glob in globs:
                self._rules.append((_pattern(glob), name, glob == "*"))

    def label(self, path: str) -> tuple[Label | None, bool]:
        """The label of a path, and whether it is the one that the whole package has; the last rule that fits holds."""
        for pattern, name, is_default in reversed(self._rules):
            if pattern.fullmatch(path):
                if is_default and _JOINED.search(name):
                    # All that is somewhere in the package, which says nothing of one file.
                    return None, True
                return debian_label(name), is_default
        return None, True


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    key = ""
    for line in paragraph.splitlines():
        if line[:1] in (" ", "\t") and key:
            fields[key] = (
                f"{fields[key]}\n{line.strip()}".strip() if key == "files" else fields[key] + f"\n{line}"
            )
        elif ":" in line and not line.startswith("#"):
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
    return fields


def _pattern(glob: str) -> re.Pattern[str]:
    glob = glob.removeprefix("./")
    parts = re.findall(r"\\[*?\\]|.", glob)
    return re.compile(
        "".join({"*": ".*", "?": "."}.get(part, re.escape(part[-1])) for part in parts), re.DOTALL
    )


_TAG = re.compile(rb"SPDX-License-Identifier:[ \t]*([^\r\n]+)")
_TAG_LINES = re.compile(
    rb"(?m)^.*SPDX-(?:License-Identifier|FileCopyrightText|SnippetBegin|SnippetEnd).*\r?\n?"
)
_END = re.compile(r"\s*(?:\*/|-->|--%>|\"\"\"|'''|\*\)|\]\]|#\}|%>)?[\s;\"',]*$")


def reuse_label(raw: bytes) -> Label | None:
    """The label that the tags of a file state, or None where there is none or one is no expression."""
    stated = [_END.sub("", match.decode("utf-8", "replace")).strip() for match in _TAG.findall(raw)]
    if not stated:
        return None
    names = atoms(stated)
    return names if names and all(name.lower() in _SPDX or name in _SAME.values() for name in names) else None


def without_tags(raw: bytes) -> bytes:
    """The file without the lines that hold SPDX tags."""
    return _TAG_LINES.sub(b"", raw)
