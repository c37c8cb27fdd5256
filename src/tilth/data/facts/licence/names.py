"""Which file names promise a licence, and which are package metadata."""

import re

_LICENCE_FILE = re.compile(
    r"(?:(?:un)?licen[sc]es?|copying|copyright)(?:[-_. ][\w+. -]{0,60})?\Z|"
    # The file with a tag that REUSE puts beside one that can hold none.
    r".{1,200}\.license\Z|"
    r"(?:mit|apache|bsd|gpl|lgpl|agpl|mpl)[-_]licen[sc]e(?:\.(?:txt|md|rst))?\Z",
    re.IGNORECASE,
)
_PRIMARY = re.compile(r"(?:licen[sc]e|copying)(?:\.(?:txt|md|rst))?\Z", re.IGNORECASE)
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
    "cargo.toml": "cargo.toml",
    "pyproject.toml": "pyproject.toml",
    "setup.cfg": "setup.cfg",
    "composer.json": "composer.json",
    "description": "description",
}


def is_licence_file(name: str) -> bool:
    """True for LICENSE, LICENCE.md, COPYING.LESSER, UNLICENSE, LICENSE-MIT, MIT-LICENSE, `logo.png.license`."""
    return _LICENCE_FILE.match(name) is not None and _PROGRAM.search(name) is None


def is_primary(name: str) -> bool:
    """True for LICENSE or COPYING alone; LICENSE.third-party has no licence of the whole in it."""
    return _PRIMARY.match(name) is not None


def metadata_format(name: str) -> str | None:
    """The metadata format that a file of this name has, or None."""
    return _METADATA.get(name.lower())


def is_prose(name: str) -> bool:
    """True for names of documents, which speak about other people's licences as often as about their own."""
    lowered = name.lower()
    return lowered.startswith(
        ("readme", "changelog", "contributing", "changes", "news", "history")
    ) or lowered.endswith((".md", ".rst", ".html", ".htm", ".adoc", ".markdown", ".tex", ".ipynb", ".org"))
