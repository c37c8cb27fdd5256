r"""What comments and strings look like, by families of languages: the table that the scanner of tokens walks by.

A language that is not here has no tokens: in prose and in most data white space says something, and of what is left the
table would have to guess. Where a family's rules are looser than a language's, they err towards text that stays: a
string is copied as it is, and what opens a comment that never ends is no comment.
"""

import hashlib
from dataclasses import astuple, dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

LINE, BLOCK, STRING, HASHED, DELIMITED, CHARACTER, TEMPLATE, HEREDOC, REGEX, PLAIN, ESCAPED = range(11)
"""Kinds of openers: `LINE` ends with its line, `BLOCK` and `STRING` at a closer, `HASHED` at a closer with as many
marks as the opener has (Rust's `r##"`, Lua's `[==[`), `DELIMITED` is C++'s `R"x(`, `CHARACTER` one character between
quotes, `TEMPLATE` JavaScript's, `PLAIN` is no opener though it begins as one, `ESCAPED` takes the next character with
it."""

COMMENT, NESTED, MULTILINE, DOUBLED, APART, LINE_START, ALONE, CONTINUED, AFTER_VALUE = (
    1 << n for n in range(9)
)
"""Flags of openers: is a comment; holds others of its kind; may have several lines; its closer doubled is no closer;
counts only after white space or a bracket, at the start of a line, beside no other operator; goes on after a backslash
at the end of its line; is no opener after a word or a closing bracket."""

FREE, LINES, INDENTED, BRACKETED = range(4)
"""Layouts: line ends say nothing, end a statement, end one whose indentation counts, or do so but between brackets."""

OPENER_COLUMNS: Final = 24
_OPEN_BYTES = _CLOSE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Opener:
    """What begins a comment or a string."""

    opens: str
    kind: int
    closes: str = ""
    flags: int = 0
    escape: str = ""


@dataclass(frozen=True, slots=True)
class Syntax:
    """A family of languages."""

    name: str
    openers: tuple[Opener, ...]
    languages: str
    """Names, as Linguist has them, between bars."""
    layout: int = FREE
    tight: str = ""
    """Signs that are parts of words (`a-b`), so that white space beside them says something."""
    directives: bool = False
    """Lines that begin with `#` end with their line."""


_SIGNS = r"!#$%&*+-./:<=>?@\^|~"
_TIGHT = r"!#$%*+-./:=?@\^~"


def _line(opens: str, flags: int = 0) -> Opener:
    return Opener(opens, LINE, flags=COMMENT | flags)


def _block(opens: str, closes: str, flags: int = 0) -> Opener:
    return Opener(opens, BLOCK, closes, COMMENT | MULTILINE | flags)


def _string(quote: str, flags: int = 0, *, escape: str = "\\", closes: str = "") -> Opener:
    return Opener(quote, STRING, closes or quote, flags, escape)


def _raw(opens: str, closes: str, flags: int = MULTILINE) -> Opener:
    return Opener(opens, STRING, closes, flags)


_SLASHES, _STARS = _line("//", CONTINUED), _block("/*", "*/")
_HASH, _HASH_APART = _line("#"), _line("#", APART)
_DOUBLE, _SINGLE, _CHARACTER = _string('"'), _string("'"), Opener("'", CHARACTER)
_LONG_DOUBLE, _LONG_SINGLE = _string('"""', MULTILINE), _string("'''", MULTILINE)
_LINES_DOUBLE = _string('"', MULTILINE)
_C = (_SLASHES, _STARS, _DOUBLE, _CHARACTER)
_NESTED_C = (_line("//"), _block("/*", "*/", NESTED), _CHARACTER)
_RAW_CPP = tuple(Opener(f'{mark}R"', DELIMITED) for mark in ("", "L", "u", "U", "u8"))
_POD = tuple(
    _block(f"={word}", "\n=cut", LINE_START) for word in ("pod", "head", "over", "item", "begin", "for")
)
_SQL_STRING = _raw("'", "'", MULTILINE | DOUBLED)
_LISP = (_line(";"), _block("#|", "|#", NESTED), _LINES_DOUBLE, Opener("\\", ESCAPED), Opener("#\\", ESCAPED),
         Opener("?\\", ESCAPED), Opener("?", ESCAPED))  # fmt: skip
_ML = (_block("(*", "*)", NESTED), Opener("(*)", PLAIN), _CHARACTER)
_SCRIPT = (_line("//", APART), _STARS, _DOUBLE, _SINGLE)
_PYTHON = (_HASH, _LONG_DOUBLE, _LONG_SINGLE, _DOUBLE, _SINGLE)

SYNTAXES: tuple[Syntax, ...] = (
    Syntax("c", (*_C, *_RAW_CPP), "AIDL|C|C++|Cuda|GLSL|HLSL|Metal|Objective-C|Objective-C++|OpenCL|SWIG",
           directives=True),
    Syntax("java", (*_C, _LONG_DOUBLE),
           "Apex|Beef|CodeQL|Haxe|Java|Protocol Buffer|Solidity|SystemVerilog|Vala|Verilog|WGSL"),
    Syntax("c#", (*_C, _raw('@"', '"', MULTILINE | DOUBLED), _raw('$@"', '"', MULTILINE | DOUBLED),
                  _raw('"""', '"""')), "C#", directives=True),
    Syntax("go", (*_C, _raw("`", "`")), "Go|V"),
    Syntax("javascript", (*_SCRIPT, Opener("`", TEMPLATE), Opener("/", REGEX), _line("#!", LINE_START)),
           "ActionScript|JavaScript|TSX|TypeScript", tight="$"),
    Syntax("dart", (_line("//"), _block("/*", "*/", NESTED), _LONG_DOUBLE, _LONG_SINGLE, _DOUBLE, _SINGLE), "Dart"),
    Syntax("groovy", (*_SCRIPT, _LONG_DOUBLE, _LONG_SINGLE), "Gradle|Groovy"),
    Syntax("kotlin", (*_NESTED_C, _DOUBLE, _raw('"""', '"""')), "Kotlin|Scala"),
    Syntax("swift", (*_NESTED_C, _DOUBLE, _LONG_DOUBLE, Opener("#", HASHED, '"')), "Swift"),
    Syntax("rust", (*_NESTED_C, _LINES_DOUBLE, Opener("r", HASHED, '"'), Opener("br", HASHED, '"')), "Rust"),
    Syntax("zig", (_line("//"), _DOUBLE, _CHARACTER, Opener("\\\\", LINE)), "Zig"),
    Syntax("d", (*_C, _block("/+", "+/", NESTED), _raw("`", "`"), _raw('r"', '"')), "D"),
    Syntax("json", (_SLASHES, _STARS, _DOUBLE), "JSON|JSON with Comments|JSON5"),
    Syntax("css", (_STARS, _DOUBLE, _SINGLE), "CSS", tight=_TIGHT),
    Syntax("scss", (_STARS, _line("//", APART), _DOUBLE, _SINGLE), "Less|SCSS", tight=_TIGHT),
    Syntax("php", (_line("//", APART), _STARS, _HASH_APART, Opener("#[", PLAIN), _LINES_DOUBLE,
                   _string("'", MULTILINE), Opener("<<<", HEREDOC)), "Hack|PHP", tight="$"),
    Syntax("python", _PYTHON, "Cython|GDScript|Python|Starlark", layout=BRACKETED),
    Syntax("nim", (_HASH, _block("#[", "]#", NESTED), _raw('"""', '"""'), _DOUBLE, _CHARACTER), "Nim",
           layout=INDENTED),
    Syntax("coffeescript", (_HASH_APART, _block("###", "###"), _LONG_DOUBLE, _LONG_SINGLE, _DOUBLE, _SINGLE),
           "CoffeeScript", layout=INDENTED),
    Syntax("ruby", (_HASH_APART, _block("=begin", "\n=end", LINE_START), _DOUBLE, _SINGLE, Opener("/", REGEX),
                    Opener("<<", HEREDOC)), "Crystal|Ruby", layout=LINES, tight="$@"),
    Syntax("perl", (_HASH_APART, *_POD, _DOUBLE, _SINGLE, Opener("/", REGEX), Opener("<<", HEREDOC)), "Perl|Raku",
           tight="$@"),
    Syntax("shell", (_HASH_APART, _LINES_DOUBLE, _raw("'", "'"), Opener("<<", HEREDOC), Opener("<<<", PLAIN),
                     Opener("\\", ESCAPED)), "Shell", layout=LINES, tight=_TIGHT),
    Syntax("powershell", (_HASH_APART, _block("<#", "#>"), _string('"', MULTILINE, escape="`"), _raw("'", "'"),
                          _raw('@"', '\n"@'), _raw("@'", "\n'@"), Opener("`", ESCAPED)),
           "PowerShell", layout=LINES, tight=_TIGHT),
    Syntax("make", (_HASH_APART, Opener("\\#", PLAIN)), "Makefile", layout=LINES, tight=_TIGHT),
    Syntax("dockerfile", (_line("#", LINE_START),), "Dockerfile", layout=LINES, tight=_TIGHT),
    Syntax("cmake", (_HASH_APART, Opener("#[", HASHED, "]", COMMENT), _LINES_DOUBLE, Opener("[", HASHED, "]")),
           "CMake", tight=_TIGHT),
    Syntax("hcl", (_HASH, _line("//", APART), _STARS, _DOUBLE, Opener("<<", HEREDOC)), "HCL", layout=LINES),
    Syntax("toml", (_HASH, _LONG_DOUBLE, _raw("'''", "'''"), _DOUBLE, _raw("'", "'", 0)), "TOML", layout=LINES,
           tight=_TIGHT),
    Syntax("nix", (_HASH, _STARS, _LINES_DOUBLE, _raw("''", "''")), "Nix", tight=_TIGHT),
    Syntax("sql", (_line("--"), _STARS, _SQL_STRING, _raw('"', '"', DOUBLED)), "PLSQL|PLpgSQL|SQL|SQLPL|TSQL"),
    Syntax("haskell", (_line("--", ALONE), _block("{-", "-}", NESTED), Opener("{-#", PLAIN), _DOUBLE, _CHARACTER),
           "Agda|Elm|Haskell|Idris|PureScript", layout=INDENTED),
    Syntax("lean", (_line("--"), _block("/-", "-/", NESTED), _LINES_DOUBLE, _CHARACTER), "Lean|Lean 4",
           layout=INDENTED),
    Syntax("ocaml", (*_ML, _LINES_DOUBLE), "OCaml|Rocq Prover|Standard ML"),
    Syntax("f#", (*_ML, _line("//"), _raw('"""', '"""'), _LINES_DOUBLE, _raw('@"', '"', MULTILINE | DOUBLED)), "F#",
           layout=INDENTED, directives=True),
    Syntax("lua", (_line("--"), Opener("--[", HASHED, "]", COMMENT), Opener("[", HASHED, "]"), _DOUBLE, _SINGLE),
           "Lua"),
    Syntax("lisp", _LISP, "Clojure|Common Lisp|Emacs Lisp|Fennel|NewLisp|Racket|Scheme", tight=_SIGNS),
    Syntax("erlang", (_line("%"), _LINES_DOUBLE, _SINGLE, Opener("$", ESCAPED), Opener("$\\", ESCAPED)), "Erlang"),
    Syntax("elixir", (_HASH, _LONG_DOUBLE, _LONG_SINGLE, _LINES_DOUBLE, _SINGLE, Opener("?", ESCAPED),
                      Opener("?\\", ESCAPED)), "Elixir", layout=LINES),
    Syntax("prolog", (_line("%"), _STARS, _DOUBLE, _SINGLE, Opener("0'", ESCAPED)), "Prolog"),
    Syntax("r", (_HASH, _LINES_DOUBLE, _string("'", MULTILINE), _raw("`", "`", 0)), "R", layout=LINES),
    Syntax("julia", (_HASH, _block("#=", "=#", NESTED), _LONG_DOUBLE, _LINES_DOUBLE, _CHARACTER), "Julia",
           layout=LINES),
    Syntax("matlab", (_line("%"), _block("%{", "\n%}", LINE_START), _raw('"', '"', DOUBLED),
                      _raw("'", "'", DOUBLED | AFTER_VALUE)), "MATLAB", layout=LINES),
    Syntax("ada", (_line("--"), _raw('"', '"', 0), _CHARACTER), "Ada|VHDL"),
    Syntax("pascal", (_line("//"), _block("{", "}"), Opener("{$", PLAIN), _block("(*", "*)"), _raw("'", "'", 0)),
           "Component Pascal|Pascal"),
    Syntax("fortran", (_line("!"), _raw('"', '"', 0), _raw("'", "'", 0)), "Fortran|Fortran Free Form", layout=LINES,
           directives=True),
    Syntax("basic", (_line("'"), _raw('"', '"', 0)), "VBA|VBScript|Visual Basic .NET|Visual Basic 6.0", layout=LINES,
           directives=True),
    Syntax("graphql", (_HASH, _LONG_DOUBLE, _DOUBLE), "GraphQL"),
)  # fmt: skip
"""Every family; what a file is hashed under is the name of its own."""


@cache
def syntax_of_language() -> dict[str, str]:
    """Name of a language -> name of its family."""
    return {language: syntax.name for syntax in SYNTAXES for language in syntax.languages.split("|")}


def table_version() -> str:
    """Eight digits that differ where the table does."""
    return hashlib.sha256(repr([astuple(syntax) for syntax in SYNTAXES]).encode()).hexdigest()[:8]


OTHER, WORD, OPERATOR, SPACE, NEWLINE, OPENING, CLOSING = range(7)
"""Classes of bytes; `OTHER` and brackets never grow together with what stands beside them."""
MAY_OPEN: Final = 8
"""Flag of a byte that begins an opener."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A family as arrays."""

    classes: npt.NDArray[np.uint8]
    """[256] Class of each byte, and `MAY_OPEN`."""
    openers: npt.NDArray[np.int64]
    """[n, 24] Kind, flags, escape, length and bytes of what opens, length and bytes of what closes; longest first."""
    layout: int
    directives: bool


@cache
def rules_of(name: str) -> Rules:
    """The rules of a family.

    Raises:
        KeyError: There is none of that name.
    """
    syntax = {one.name: one for one in SYNTAXES}[name]
    classes = np.zeros(256, np.uint8)
    for byte in range(256):
        if byte >= 128 or chr(byte).isalnum() or chr(byte) == "_":
            classes[byte] = WORD
    classes[list(_SIGNS.encode())] = OPERATOR
    classes[list(syntax.tight.encode())] = WORD
    classes[list(b" \t\f\v")] = SPACE
    classes[list(b"([{")], classes[list(b")]}")] = OPENING, CLOSING
    classes[list(b"\r\n")] = NEWLINE
    ordered = sorted(syntax.openers, key=lambda opener: -len(opener.opens))
    openers = np.zeros((len(ordered), OPENER_COLUMNS), np.int64)
    for row, opener in zip(openers, ordered, strict=True):
        opens, closes = opener.opens.encode(), opener.closes.encode()
        row[:4] = opener.kind, opener.flags, ord(opener.escape) if opener.escape else -1, len(opens)
        row[4 : 4 + len(opens)] = list(opens)
        row[12] = len(closes)
        row[13 : 13 + len(closes)] = list(closes)
        classes[opens[0]] |= MAY_OPEN
    return Rules(classes, openers, syntax.layout, syntax.directives)
