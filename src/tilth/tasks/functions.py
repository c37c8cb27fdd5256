"""Functions in a file: where each begins, where its body is, and which text documents it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from tilth.tasks.languages import GRAMMARS, parsed

_AROUND: Final = frozenset(
    "decorated_definition export_statement template_declaration expression_statement assignment_expression "
    "lexical_declaration variable_declaration variable_declarator".split()
)
"""What may stand around a function and is part of it: decorators, `export`, `template`, the name it is given."""
_BODIES: Final = frozenset({"block", "statement_block", "compound_statement", "constructor_body"})
_COMMENTS: Final = frozenset({"comment", "line_comment", "block_comment"})
_BETWEEN: Final = frozenset({"attribute_item"})
"""What may stand between a function and its documentation."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a text; the end is exclusive."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function; all places are bytes of the text as UTF-8."""

    whole: Span
    """With what documents it, from the start of its first line."""
    code: Span
    """Without documentation before it."""
    body: Span
    """From the body's first byte; braces are part of it."""
    doc: Span | None
    is_broken: bool
    """Whether its syntax has a mistake."""


def functions(text: bytes, language: str) -> list[Function]:
    """The functions of a text that have a body, outermost first, by their places."""
    grammar = GRAMMARS[language]
    found = []
    for node in _walk(parsed(text, language)):
        body = node.child_by_field_name("body") if node.type in grammar.functions else None
        if body is None or body.type not in _BODIES:
            continue
        outer = node
        while outer.parent is not None and outer.parent.type in _AROUND:
            outer = outer.parent
        doc = (
            _first_string(body) if not grammar.doc_marks else _comment_before(outer, text, grammar.doc_marks)
        )
        begin = doc.begin if doc is not None and doc.begin < outer.start_byte else outer.start_byte
        found.append(
            Function(
                Span(_line_start(text, begin), outer.end_byte),
                Span(_line_start(text, outer.start_byte), outer.end_byte),
                Span(body.start_byte, body.end_byte),
                doc,
                node.has_error,
            )
        )
    return found


def _walk(root: Any) -> Iterator[Any]:
    """All nodes, by their places: trees may be deeper than Python's stack."""
    cursor = root.walk()
    while True:
        yield cursor.node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _first_string(body: Any) -> Span | None:
    first = body.named_child(0)
    if first is not None and first.type == "expression_statement":
        first = first.named_child(0)
    return Span(first.start_byte, first.end_byte) if first is not None and first.type == "string" else None


def _comment_before(node: Any, text: bytes, marks: tuple[str, ...]) -> Span | None:
    """The comments on the lines right before a node."""
    begin, end = node.start_byte, 0
    before = node.prev_named_sibling
    while before is not None and before.type in _COMMENTS | _BETWEEN:
        # Some grammars count the end of its line to a comment.
        stop = before.start_byte + len(text[before.start_byte : before.end_byte].rstrip())
        is_apart = text.count(b"\n", stop, begin) > 1 or not _is_first_on_line(text, before.start_byte)
        if is_apart:
            break
        if before.type in _COMMENTS:
            end = end or stop
        begin, before = before.start_byte, before.prev_named_sibling
    is_doc = end and text[begin:end].startswith(tuple(mark.encode() for mark in marks))
    return Span(begin, end) if is_doc else None


def _is_first_on_line(text: bytes, at: int) -> bool:
    return not text[_line_start(text, at, strictly=False) : at].strip()


def _line_start(text: bytes, at: int, *, strictly: bool = True) -> int:
    """Where the line begins that `at` is on; `at` itself where something else stands before it."""
    start = text.rfind(b"\n", 0, at) + 1
    return at if strictly and text[start:at].strip() else start
