"""Which file names promise a licence, and which are package metadata."""

import re
from functools import cache

from tilth.data.facts.licence.expressions import family, identifiers

_LICENCE_FILE = re.compile(
    r"(?:(?:un)?licen[sc]es?|copying|copyright)(?:[-_. ][\w+. -]{0,60})?\Z|"
    # The file with a tag that REUSE puts beside one that can hold none.
    r".{1,200}\.license\Z|"
    r"(?:mit|apache|bsd|gpl|lgpl|agpl|mpl)[-_]licen[sc]e(?:\.(?:txt|md|rst))?\Z",
    re.IGNORECASE,
)
# REUSE keeps the texts as `LICENSES/ID.txt`; "JSON.txt" and "Vim.txt" are more often something else.
_TEXT = re.compile(
    r"(?P<id>[A-Za-z][\w.+-]*-\d[\w.+-]*|LicenseRef-[\w.-]+|0BSD|MIT|ISC|X11|Zlib|Unlicense|WTFPL|NCSA)\.txt\Z"
)
# `license.py` is a program about licences, not a licence.
_PROGRAM = re.compile(
    r"\.(?:py|pyi|js|mjs|cjs|jsx|ts|tsx|go|rs|java|kt|c|cc|cpp|h|hpp|cs|rb|php|pl|pm|sh|swift|scala|json|"
    r"ya?ml|toml|xml|"
    r"css|scss|vue|lua|sql|proto|m|mm|ipynb|csv|svg|png|gif|ico|lock|pyc|t|el|ex|exs|erl|hs|ml|dart|r|ps1|"
    r"bat)\Z",
    re.IGNORECASE,
)
_METADATA = {
    "pkg-info": "core-metadata",
    "metadata": "core-metadata",
    "package.json": "package.json",
    "bower.json": "package.json",
    "component.json": "package.json",
    "meta.json": "meta.json",
    "manifest.json": "manifest.json",
    "cargo.toml": "cargo.toml",
    "pyproject.toml": "pyproject.toml",
    "setup.cfg": "setup.cfg",
    "composer.json": "composer.json",
    "description": "description",
    "pom.xml": "pom.xml",
    "copyright": "debian-copyright",
    "dep5": "dep5",
    "reuse.toml": "reuse.toml",
}
_COPY = re.compile(r"\.(?:orig|in|bak|template|tmpl)\Z")
_METADATA_ENDINGS = {"gemspec": "gemspec", "pom": "pom.xml"}


def is_licence_file(name: str) -> bool:
    """True for LICENSE, LICENCE.md, COPYING.LESSER, UNLICENSE, LICENSE-MIT, MIT-LICENSE, `a.license`, MPL-2.0.txt."""
    if _LICENCE_FILE.match(name) is not None:
        return _PROGRAM.search(name) is None
    return name.endswith(".txt") and identifier_of(name) is not None


def identifier_of(name: str) -> str | None:
    """The SPDX identifier after which a text is named (`GPL-3.0-or-later.txt`), or None."""
    found = _TEXT.match(name)
    if found is None or not (found["id"] in _identifiers() or found["id"].startswith("LicenseRef-")):
        return None
    return found["id"]


@cache
def _identifiers() -> frozenset[str]:
    known = identifiers()
    # `GPL-3.0` and `GPL-3.0+`, which SPDX gave up, still name files.
    families = [family(name) for name in known if family(name) != name]
    return frozenset([*known, *families, *(f"{name}+" for name in families)])


def metadata_format(name: str) -> str | None:
    """The metadata format that a file of this name has, or None."""
    lowered = _COPY.sub("", name.lower())
    return _METADATA.get(lowered) or _METADATA_ENDINGS.get(
        lowered.rpartition(".")[2] if "." in lowered else ""
    )


def is_prose(name: str) -> bool:
    """True for names of documents, which speak about other people's licences as often as about their own."""
    lowered = name.lower()
    return lowered.startswith(
        ("readme", "changelog", "contributing", "changes", "news", "history")
    ) or lowered.endswith((".md", ".rst", ".html", ".htm", ".adoc", ".markdown", ".tex", ".ipynb", ".org"))
