"""The folder that a language's files lie in."""

import re

_NAMED = {
    "C++": "c++",
    "C#": "c-sharp",
    "F#": "f-sharp",
    "F*": "f-star",
    "Q#": "q-sharp",
    "Objective-C++": "objective-c++",
}


def folder_of(language: str | None) -> str:
    """Lower-case name that is safe in paths and URLs; `unknown` for no language."""
    if language is None:
        return "unknown"
    return _NAMED.get(language) or re.sub(r"[^a-z0-9+.]+", "-", language.lower()).strip("-")
