"""Functions that have documentation: the body from it, or it from the body."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field

from tilth.config.strict import Strict
from tilth.tasks.builder import Builder, Found
from tilth.tasks.functions import Function, functions
from tilth.tasks.languages import LANGUAGES, PARSED_BYTES_MAX
from tilth.tasks.release import File, Release
from tilth.tasks.task import Part, Rejected, Task

Whole = Annotated[int, Field(strict=True, ge=1)]


class Options(Strict):
    """Which functions make a task."""

    doc_words_min: Whole = 4
    """Least words of a documentation."""
    body_lines_min: Whole = 2
    """Least lines of a body that are not blank."""
    function_chars_max: Whole = 6000
    """Most characters of a function with its documentation."""
    keep_tests: bool = False
    """Whether functions in tests count too."""


COLUMNS = pa.schema([("prompt", pa.string()), ("completion", pa.string())])
DOCUMENT: Final = "Write the documentation of this function.\n\n"


def find(kind: str, release: Release, languages: Sequence[str], options: Options) -> Iterator[Found]:
    """A task of every function with documentation."""
    for file in release.files(languages):
        if file.is_test and not options.keep_tests:
            yield Rejected("test_file", Part.of(file))
            continue
        text = file.content.encode()
        if len(text) > PARSED_BYTES_MAX:
            yield Rejected("long_file", Part.of(file), str(len(text)))
            continue
        for function in functions(text, file.language):
            yield _candidate(kind, file, text, function, options)


def _candidate(kind: str, file: File, text: bytes, function: Function, options: Options) -> Found:
    begin, end = (len(text[:at].decode()) for at in (function.whole.begin, function.whole.end))
    part = Part.of(file, begin, end)
    if function.doc is None:
        return Rejected("no_documentation", part)
    if function.is_broken:
        return Rejected("syntax_error", part)
    doc = text[function.doc.begin : function.doc.end].decode()
    words = sum(any(sign.isalpha() for sign in word) for word in doc.split())
    if words < options.doc_words_min:
        return Rejected("short_documentation", part, str(words))
    if end - begin > options.function_chars_max:
        return Rejected("long_function", part, str(end - begin))
    body_begin = max(function.body.begin, function.doc.end)
    body = text[body_begin : function.body.end].decode().strip("{}\n ")
    lines = sum(1 for line in body.splitlines() if line.strip())
    if lines < options.body_lines_min:
        return Rejected("short_body", part, str(lines))
    values = _function(text, function) if kind == "function" else _documentation(text, function, doc)
    return Task(kind, file.language, (part,), values)


def _function(text: bytes, function: Function) -> dict[str, str]:
    """All up to the body, the brace that opens it or the documentation in it included; and the rest."""
    split = function.body.begin + (text[function.body.begin : function.body.begin + 1] == b"{")
    if function.doc is not None and function.doc.begin >= function.body.begin:
        split = function.doc.end
    return {
        "prompt": text[function.whole.begin : split].decode(),
        "completion": text[split : function.whole.end].decode(),
    }


def _documentation(text: bytes, function: Function, doc: str) -> dict[str, str]:
    where = function.doc
    if where is not None and where.begin >= function.body.begin:
        before = text[function.code.begin : where.begin].rstrip(b" \t")
        code = before + text[where.end : function.code.end].lstrip(b"\n")
    else:
        code = text[function.code.begin : function.code.end]
    return {"prompt": f"{DOCUMENT}{code.decode()}\n\n", "completion": doc}


def holds(task: Task) -> str:
    """Both sides must say something, and the answer must not stand in the question."""
    prompt, completion = task.values["prompt"], task.values["completion"]
    if not prompt.strip() or not completion.strip():
        return "blank_side"
    return "answer_in_prompt" if completion.strip() in prompt else ""


_REASONS: Final = (
    "test_file", "long_file", "no_documentation", "syntax_error", "short_documentation", "long_function", "short_body",
    "blank_side", "answer_in_prompt",
)  # fmt: skip

FUNCTION = Builder(
    kind="function",
    says="Write the body of a function from its signature and documentation.",
    columns=COLUMNS,
    languages=LANGUAGES,
    options=Options,
    find=partial(find, "function"),
    holds=holds,
    reasons=_REASONS,
)
DOCUMENTATION = Builder(
    kind="documentation",
    says="Write the documentation of a function from its code.",
    columns=COLUMNS,
    languages=LANGUAGES,
    options=Options,
    find=partial(find, "documentation"),
    holds=holds,
    reasons=_REASONS,
)
