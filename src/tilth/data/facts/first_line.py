"""The interpreter that a ``#!`` line names, and the languages that it runs."""

import re
from functools import lru_cache

from tilth.data.facts.tables.languages import language_table

# The interpreters with several languages, and the one that a file without another hint is in.
_PREFERRED = {
    "bun": "TypeScript",
    "deno": "TypeScript",
    "lua": "Lua",
    "node": "JavaScript",
    "ocaml": "OCaml",
    "parrot": "Parrot Internal Representation",
    "perl": "Perl",
    "perl6": "Raku",
}

_LINE_BYTES = 256
_RESTARTS_BYTES = 1024
# `exec perl -x -S "$0" "$@"`: a shell line that hands the file to its real interpreter.
_RESTART = re.compile(rb"^\s*exec[ \t]+(?:env[ \t]+)?([\w./+-]+)[^\n]*\$\{?0", re.MULTILINE)


def interpreter_languages(text: bytes) -> tuple[str, ...]:
    """Languages that the interpreter of a text's first line runs; none where it is missing or unknown."""
    return language_table().interpreters.get(interpreter(text) or "", ())


def interpreter_language(text: bytes) -> str | None:
    """The one language to assume of a text from its first line alone, or None."""
    found = interpreter(text)
    languages = language_table().interpreters.get(found or "", ())
    return _PREFERRED.get(found or "", languages[0]) if languages else None


def interpreter(text: bytes) -> str | None:
    """Name of a known interpreter in the first line: ``python3`` for ``#!/usr/bin/env -S python3.11 -u``."""
    if text[:2] != b"#!":
        return None
    end = text.find(b"\n", 0, _LINE_BYTES)
    found = _interpreter_in(text[2 : end if end >= 0 else _LINE_BYTES])
    if found == "sh" and (restart := _RESTART.search(text[:_RESTARTS_BYTES])):
        return _known(restart[1].decode("latin-1").rpartition("/")[2]) or found
    return found


@lru_cache(maxsize=4096)
def _interpreter_in(line: bytes) -> str | None:
    words = line.decode("latin-1").split()
    if words and words[0].rpartition("/")[2] == "env":
        # Options of env and settings such as PATH=/bin stand before the program.
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    if program == "osascript" and "-l" in words:
        return "node" if "JavaScript" in words else None
    return _known(program)


def _known(program: str) -> str | None:
    """The program's name as the table has it: with its version, with a part of it, or without."""
    interpreters = language_table().interpreters
    while program and program not in interpreters:
        shorter = program.rstrip("0123456789") if program[-1].isdigit() else program.rstrip(".-")
        if shorter == program:
            return None
        program = shorter
    return program or None
