"""Functions with executable checks: the body from signature and documentation, judged by the repository's own tests.

A function counts where it runs alone: with Python's own modules and definitions of its own module. Its checks are the
examples in its documentation (doctest), or the tests of its repository that ask for it and for nothing else there.
"""

import ast
import doctest
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import pyarrow as pa
from pydantic import Field

from tilth.config.strict import Strict
from tilth.tasks.builder import Builder, Found
from tilth.tasks.imports import Paths
from tilth.tasks.python_functions import Standalone, standalone
from tilth.tasks.release import File, Release
from tilth.tasks.slices import Alone, Import, Module
from tilth.tasks.task import Part, Rejected, Task
from tilth.tasks.unit_tests import UnitTest, unit_tests

Whole = Annotated[int, Field(strict=True, ge=1)]


class Options(Strict):
    """Which functions make a task."""

    prompt_chars_max: Whole = 8000
    """Most characters of all that stands before the body."""
    body_chars_max: Whole = 4000
    """Most characters of a body."""
    doctests: bool = True
    """Whether examples in the documentation are checks."""
    unit_tests: bool = True
    """Whether the repository's own tests are checks."""


COLUMNS = pa.schema(
    [(name, pa.string()) for name in ("prompt", "completion", "before", "test", "entry_point", "checks")]
)
"""`before` is what stands before the answer in the program: the prompt, as the answer goes on from it."""

_Tests = Mapping[str, list[tuple[UnitTest, File]]]


@dataclass(slots=True)
class _Repository:
    """The Python files of a repository that can be read."""

    modules: dict[str, Module] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    defined: dict[str, list[str]] = field(default_factory=dict)
    """Name of a function -> the files outside tests that define it at their top."""


def find(release: Release, languages: Sequence[str], options: Options) -> Iterator[Found]:
    """A task of every function that runs alone and has a check."""
    for files in release.repositories(languages):
        held = _Repository()
        for file in files:
            try:
                module = Module(file.content)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                yield Rejected("not_parsed", Part.of(file), type(error).__name__)
                continue
            held.modules[file.path], held.files[file.path] = module, file
            if not file.is_test:
                for name in module.functions:
                    held.defined.setdefault(name, []).append(file.path)
        tests: dict[str, list[tuple[UnitTest, File]]] = {}
        if options.unit_tests:
            yield from _unit_tests(held, tests)
        for path, module in held.modules.items():
            if not held.files[path].is_test:
                for name in module.functions:
                    yield from _candidates(held.files[path], module, name, tests, options)


def _unit_tests(held: _Repository, tests: dict[str, list[tuple[UnitTest, File]]]) -> Iterator[Rejected]:
    """Fills `tests`: file and name of a function, joined by a colon -> its tests. Gives those that are of no use."""
    paths = Paths(held.files)

    def is_own(one: Import) -> bool:
        tail = one.module.lstrip(".").replace(".", "/")
        return one.module.startswith(".") or bool(paths.first(f"{tail}.py", f"{tail}/__init__.py"))

    for path, file in held.files.items():
        if not file.is_test:
            continue
        for one in unit_tests(held.modules[path], is_own):
            if not isinstance(one, UnitTest):
                node, reason = one
                yield Rejected(
                    f"test_{reason.reason}", _part(file, node.lineno, node.end_lineno), reason.value
                )
                continue
            where = _defined(held, one, paths)
            if len(where) == 1:
                tests.setdefault(f"{where[0]}:{one.function}", []).append((one, file))
            else:
                part = _part(file, one.first_line, one.last_line)
                yield Rejected("test_of_no_function" if not where else "test_ambiguous", part, one.function)


def _defined(held: _Repository, test: UnitTest, paths: Paths) -> list[str]:
    """The files that may define what a test asks for: the one that it names, or any, where that only passes it on."""
    where = held.defined.get(test.function, [])
    tail = test.module.lstrip(".").replace(".", "/")
    named = [path for path in where if path in paths.ending(f"{tail}.py")]
    return named or where


def _candidates(file: File, module: Module, name: str, tests: _Tests, options: Options) -> Iterator[Found]:
    asked = tests.get(f"{file.path}:{name}", [])
    node = module.functions[name]
    examples = _has_examples(ast.get_docstring(node) or "") and options.doctests
    part = _part(file, node.lineno, node.end_lineno)
    if not asked and not examples:
        yield Rejected("no_check", part)
        return
    try:
        function = standalone(module, name)
    except Alone as reason:
        yield Rejected(reason.reason, part, reason.value)
        return
    if function is None:
        yield Rejected("no_body", part)
        return
    size = len(function.prompt)
    if size > options.prompt_chars_max or len(function.body) > options.body_chars_max:
        yield Rejected("long_function", part, str(size + len(function.body)))
        return
    if asked:
        yield _task(function, "unit_tests", _test_text(asked), (part, *_parts(asked)), file)
    else:
        text = f"import checks\nchecks.run_examples({function.doc!r}, globals(), {name!r})\n"
        yield _task(function, "doctests", text, (part,), file)


def _task(function: Standalone, checks: str, test: str, parts: tuple[Part, ...], file: File) -> Task:
    values = {
        "prompt": function.prompt,
        "completion": function.body,
        "before": function.prompt,
        "test": test,
        "entry_point": function.name,
        "checks": checks,
    }
    return Task("checked", file.language, parts, values)


def _test_text(asked: Sequence[tuple[UnitTest, File]]) -> str:
    """All tests of a function, those of later files after those of earlier ones; names that are the same are one."""
    texts = [one.text for one, _ in asked]
    future = sorted(
        {line for text in texts for line in text.splitlines() if line.startswith("from __future__")}
    )
    body = "\n".join(
        f"{text}checks.run_tests({one.name})\n" for text, (one, _) in zip(texts, asked, strict=True)
    )
    kept = [line for line in body.splitlines() if not line.startswith("from __future__")]
    return "\n".join([*future, "import checks", *kept]) + "\n"


def _parts(asked: Sequence[tuple[UnitTest, File]]) -> list[Part]:
    return [_part(file, one.first_line, one.last_line) for one, file in asked]


def _part(file: File, first_line: int, last_line: int | None) -> Part:
    return Part(
        file.content_id, file.origin, file.repo_name, file.revision_id, file.path, file.license_expression,
        first_line, last_line or first_line,
    )  # fmt: skip


def _has_examples(doc: str) -> bool:
    try:
        return bool(doctest.DocTestParser().get_examples(doc))
    except ValueError:
        return False


def holds(task: Task) -> str:
    """The solution must be Python."""
    try:
        ast.parse(task.values["before"] + task.values["completion"])
    except (SyntaxError, ValueError):
        return "not_parsed"
    return ""


TEST_REASONS: Final = (
    "imports_other",
    "unknown_name",
    "several_functions",
    "no_function",
    "of_no_function",
    "ambiguous",
)
"""Why a test of a repository is of no use; each with `test_` before it."""
_REASONS: Final = ("not_parsed", "no_check", "no_body", "long_function", "imports_other", "unknown_name")
CHECKED = Builder(
    kind="checked",
    says="Write the body of a Python function that passes the repository's own tests or examples.",
    columns=COLUMNS,
    languages=("Python",),
    options=Options,
    find=find,
    holds=holds,
    reasons=(*_REASONS, *(f"test_{reason}" for reason in TEST_REASONS)),
)
