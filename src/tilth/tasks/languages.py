"""The languages that tasks are made of, and what functions and their documentation look like in their trees."""

import importlib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from tilth.errors import UserError


@dataclass(frozen=True, slots=True)
class Grammar:
    """What tree-sitter calls things in a language."""

    module: str
    functions: frozenset[str]
    """Nodes that define a function and have a body."""
    doc_marks: tuple[str, ...]
    """What a comment that documents begins with; none where the documentation is the body's first string."""
    ending: str = "language"
    """The package's function that gives the grammar."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCRIPT: Final = _names(
    "function_declaration generator_function_declaration method_definition function_expression arrow_function"
)
_STARS: Final = ("/**",)
_C: Final = _names("function_definition")

GRAMMARS: Final = {
    "Python": Grammar("tree_sitter_python", _C, ()),
    "JavaScript": Grammar("tree_sitter_javascript", _SCRIPT, _STARS),
    "TypeScript": Grammar("tree_sitter_typescript", _SCRIPT, _STARS, "language_typescript"),
    "TSX": Grammar("tree_sitter_typescript", _SCRIPT, _STARS, "language_tsx"),
    "Java": Grammar("tree_sitter_java", _names("method_declaration constructor_declaration"), _STARS),
    "Go": Grammar("tree_sitter_go", _names("function_declaration method_declaration"), ("//",)),
    "Rust": Grammar("tree_sitter_rust", _names("function_item"), ("///", "/**")),
    "C": Grammar("tree_sitter_c", _C, ("/*", "//")),
    "C++": Grammar("tree_sitter_cpp", _C, ("/*", "//")),
}
"""Language -> its grammar, each a package of its own."""

LANGUAGES: Final = tuple(GRAMMARS)
PARSED_BYTES_MAX: Final = 2**20
"""A longer text is not parsed."""


@cache
def _parser(language: str) -> Any:
    grammar = GRAMMARS[language]
    try:
        import tree_sitter

        module = importlib.import_module(grammar.module)
    except ImportError as error:
        raise UserError(
            f"tasks of {language} need the package {grammar.module.replace('_', '-')}",
            hint="pip install 'tilth[parse]'",
        ) from error
    return tree_sitter.Parser(tree_sitter.Language(getattr(module, grammar.ending)()))


def parsed(text: bytes, language: str) -> Any:
    """The root of a text's tree.

    Raises:
        UserError: The grammar is not installed.
    """
    return _parser(language).parse(text).root_node


def parses(text: bytes, language: str) -> bool:
    """Whether a text is without a mistake in its syntax."""
    return not parsed(text, language).has_error
