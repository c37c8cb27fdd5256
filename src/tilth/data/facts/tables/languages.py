"""Linguist's table of languages, turned round: from names, extensions and interpreters to languages."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# Names that editors use in modelines and that Linguist's aliases lack.
_EDITOR_NAMES = {
    "help": "Vim Help File",
    "idlang": "IDL",
    "idlwave": "IDL",
    "cperl": "Perl",
    "objcpp": "Objective-C++",
    "nxml": "XML",
    "js2": "JavaScript",
    "cuda": "Cuda",
    "plain-tex": "TeX",
    "latex": "TeX",
    "conf-unix": "INI",
    "dosini": "INI",
}


@dataclass(frozen=True, slots=True)
class LanguageTable:
    """Look-ups from what a file shows to the languages that it may be in."""

    version: str
    types: Mapping[str, str]
    """Name of a language to programming, markup, data or prose."""
    groups: Mapping[str, str]
    """Name of a language to the one that it counts with (TSX with TypeScript), where that is another."""
    generic: frozenset[str]
    """Extensions that too many formats share: only content or a first line makes a file one of their languages."""
    filenames: Mapping[str, tuple[str, ...]]
    extensions: Mapping[str, tuple[str, ...]]
    """Lower-case extension with its leading dot; ``.html.erb`` is one extension."""
    interpreters: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str]
    """Lower-case name or alias to the name."""


@cache
def language_table() -> LanguageTable:
    """The table that ships with the package (source and version are written in ``languages.json``)."""
    stored = json.loads(Path(__file__).with_name("languages.json").read_bytes())
    types: dict[str, str] = {}
    groups: dict[str, str] = {}
    aliases: dict[str, str] = {}
    filenames, extensions, interpreters = (defaultdict[str, list[str]](list) for _ in range(3))
    for name, kind, group, own_extensions, own_filenames, own_interpreters, own_aliases in stored["rows"]:
        types[name] = kind
        if group:
            groups[name] = group
        for extension in own_extensions:
            extensions[extension.lower()].append(name)
        for filename in own_filenames:
            filenames[filename].append(name)
        for interpreter in own_interpreters:
            interpreters[interpreter].append(name)
        for alias in own_aliases:
            aliases.setdefault(alias.lower(), name)
    aliases.update(_EDITOR_NAMES)
    # A full name beats another language's alias.
    aliases.update({name.lower(): name for name in types})
    return LanguageTable(
        version=stored["version"],
        types=types,
        groups=groups,
        generic=frozenset(stored["generic"]),
        filenames={key: tuple(found) for key, found in filenames.items()},
        extensions={key: tuple(dict.fromkeys(found)) for key, found in extensions.items()},
        interpreters={key: tuple(found) for key, found in interpreters.items()},
        aliases=aliases,
    )
