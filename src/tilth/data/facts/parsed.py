"""Whether a text parses: the share of it that tree-sitter's grammar of its language cannot take in.

A fact of the bytes and the language (`batch.names`), computed only where a recipe has a rule that asks. The grammars
are packages of their own (`pip install 'tilth[parse]'`), whose versions are part of this group's.
"""

import importlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import pyarrow as pa

from tilth.data.facts import encoding
from tilth.data.facts.batch import Batch
from tilth.errors import UserError

NAME: Final = "parsed"
GRAMMARS: Final = {
    "C": ("tree_sitter_c", "language"),
    "C#": ("tree_sitter_c_sharp", "language"),
    "C++": ("tree_sitter_cpp", "language"),
    "Go": ("tree_sitter_go", "language"),
    "Java": ("tree_sitter_java", "language"),
    "JavaScript": ("tree_sitter_javascript", "language"),
    "PHP": ("tree_sitter_php", "language_php"),
    "Python": ("tree_sitter_python", "language"),
    "Ruby": ("tree_sitter_ruby", "language"),
    "Rust": ("tree_sitter_rust", "language"),
    "Shell": ("tree_sitter_bash", "language"),
    "TSX": ("tree_sitter_typescript", "language_tsx"),
    "TypeScript": ("tree_sitter_typescript", "language_typescript"),
}
"""Language -> the package of its grammar, and what gives it there."""
PARSED_BYTES_MAX: Final = 2**20
"""A longer text is not parsed."""

SCHEMA = pa.schema([pa.field("parse_error_fraction", pa.float64())])
"""Bytes in what does not parse, and one for each sign that is missing, as a share of the text; null where there is no
grammar, or the text is too long."""


class Group:
    """The facts, by the grammars that are installed."""

    NAME = NAME
    SCHEMA = SCHEMA

    def __init__(self) -> None:
        try:
            names = ["tree-sitter", *sorted({module.replace("_", "-") for module, _ in GRAMMARS.values()})]
            installed = ",".join(version(name).replace("/", "") for name in names)
        except PackageNotFoundError as error:
            raise UserError(
                f"the rule `parse_errors_max` needs the package {error.name}",
                hint="pip install 'tilth[parse]'",
            ) from error
        self.VERSION = f"1-{installed}-encoding{encoding.VERSION}"

    def compute(self, batch: Batch) -> dict[str, Any]:
        """One value per document; `batch.names` are languages."""
        pairs = zip(batch.utf8, batch.names, strict=True)
        return {"parse_error_fraction": [_error_fraction(text, language) for text, language in pairs]}


@cache
def group(_: str = "") -> Group:
    """The group.

    Raises:
        UserError: A grammar is not installed.
    """
    return Group()


@cache
def _parser(language: str) -> tuple[Any, Any]:
    import tree_sitter

    module, function = GRAMMARS[language]
    grammar = tree_sitter.Language(getattr(importlib.import_module(module), function)())
    query = tree_sitter.Query(grammar, "(ERROR) @error (MISSING) @missing")
    return tree_sitter.Parser(grammar), query


def _error_fraction(text: bytes, language: str) -> float | None:
    if language not in GRAMMARS or len(text) > PARSED_BYTES_MAX:
        return None
    import tree_sitter

    parser, query = _parser(language)
    root = parser.parse(text).root_node
    if not root.has_error:
        return 0.0
    found = tree_sitter.QueryCursor(query).captures(root)
    wrong, upto = len(found.get("missing", ())), 0
    # An error may hold others.
    for begin, end in sorted((node.start_byte, node.end_byte) for node in found.get("error", ())):
        wrong += max(0, end - max(begin, upto))
        upto = max(upto, end)
    return min(1.0, wrong / max(len(text), 1))
