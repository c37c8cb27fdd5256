"""What a file says of the licences of paths below it: Debian's copyright files, REUSE.toml and REUSE's dep5.

Formats: Debian's "Machine-readable debian/copyright file", version 1.0 (a `*` takes in slashes); REUSE 3.3,
"REUSE.toml" (`*` stays in a folder, `**` does not). In both the last statement that fits a path holds.
"""

import re
import tomllib
from collections.abc import Iterator

from tilth.data.facts.licence.debian import meaning_of, paragraphs
from tilth.data.facts.licence.expressions import joined
from tilth.data.facts.licence.meanings import meaning

MAX_BYTES = 1_000_000
MAX_STATEMENTS = 2_000
EVERYTHING = ".*"
"""The paths of a statement that is about all of them."""
_SIGN = re.compile(r"\\.|\*+|.", re.DOTALL)


def places_in(data: bytes, form: str | None) -> list[dict[str, str]]:
    """The statements of a file in their order, each with a regular expression of whole paths, and an SPDX expression.

    Paths are relative to the folder that the file is about. A file that cannot be read states nothing.
    """
    if form not in _READERS or len(data) > MAX_BYTES:
        return []
    found: list[dict[str, str]] = []
    try:
        for paths, expression in _READERS[form](data.decode("utf-8", "replace")):
            found.append({"paths": paths, "expression": expression})
            if len(found) == MAX_STATEMENTS:
                break
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return []
    return found


def _debian(text: str) -> Iterator[tuple[str, str]]:
    for fields in paragraphs(text):
        name = fields.get("license", ("", ""))[0]
        globs = " ".join(fields.get("files", ())).split()
        if globs and name:
            yield _either(_pattern(glob, EVERYTHING) for glob in globs), meaning_of(name)


def _reuse(text: str) -> Iterator[tuple[str, str]]:
    for one in tomllib.loads(text).get("annotations", []):
        globs, names = one.get("path", []), one.get("SPDX-License-Identifier", [])
        globs, names = ([value] if isinstance(value, str) else value for value in (globs, names))
        said = joined([found for found in map(meaning, names) if found], "AND")
        if globs and said:
            yield _either(_pattern(glob, "[^/]*") for glob in globs), said


def _either(patterns: Iterator[str]) -> str:
    distinct = list(dict.fromkeys(patterns))
    return EVERYTHING if EVERYTHING in distinct else "|".join(distinct)


def _pattern(glob: str, star: str) -> str:
    parts = []
    for sign in _SIGN.findall(glob.removeprefix("./")):
        if sign[0] == "*":
            parts.append(star if len(sign) == 1 else EVERYTHING)
        elif sign == "?" and star == EVERYTHING:
            parts.append(".")
        else:
            parts.append(re.escape(sign[-1]))
    return "".join(parts)


_READERS = {"reuse.toml": _reuse, "dep5": _debian, "debian-copyright": _debian}
