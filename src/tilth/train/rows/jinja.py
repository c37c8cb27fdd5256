"""Jinja as chat templates have it: transformers' environment, with marks around what `{% generation %}` encloses."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

Span = tuple[int, int]
"""From a character to the one behind the last."""

_START, _END = "\ufdd0", "\ufdd1"
"""Noncharacters of Unicode, which no text may hold: they stand around marked text until it is cut out."""


class Program:
    """A compiled template. A template is a program of somebody else's: it runs in a sandbox, and may raise anything."""

    def __init__(self, text: str) -> None:
        self._template = _environment().from_string(text)
        # Jinja makes a dictionary of its layered globals for each rendering, which takes as long as the rendering.
        self._shared = dict(self._template.globals)

    def render(self, values: Mapping[str, Any]) -> tuple[str, list[Span]]:
        """The text, and what is marked in it."""
        context = self._template.new_context({**self._shared, **values}, shared=True)
        text = "".join(self._template.root_render_func(context))
        return _cut(text) if _START in text else (text, [])


@cache
def program(text: str) -> Program:
    """The template as a program, compiled once.

    Raises:
        jinja2.TemplateError: It is no Jinja.
    """
    return Program(text)


class _Generation(Extension):
    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        start, end = (nodes.Output([nodes.TemplateData(mark)]) for mark in (_START, _END))
        return nodes.Scope([start, *body, end], lineno=line)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    made.filters["tojson"] = _json
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return made


def _json(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
    """Jinja's own escapes what HTML would read otherwise."""
    return json.dumps(value, ensure_ascii=ensure_ascii, **options)


def _refuse(words: str) -> None:
    raise TemplateError(words)


def _cut(text: str) -> tuple[str, list[Span]]:
    """The text without marks, and what stood between them."""
    parts: list[str] = []
    spans: list[Span] = []
    at = 0
    for piece in text.split(_START):
        marked, _, rest = piece.rpartition(_END) if parts or _END in piece else ("", "", piece)
        if marked:
            spans.append((at, at + len(marked)))
        parts += [marked, rest]
        at += len(marked) + len(rest)
    return "".join(parts), spans
