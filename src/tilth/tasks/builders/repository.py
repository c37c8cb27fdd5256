"""Repository context: the files of a repository in one text, what is imported before what imports it.

The marks and the layout (repository name, then for each file its path and its text) are those of StarCoder2
(Lozhkov et al. 2024, arXiv:2402.19173, section 5.1).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from tilth.config.strict import Strict
from tilth.tasks.builder import Builder, Found
from tilth.tasks.imports import in_order
from tilth.tasks.languages import LANGUAGES
from tilth.tasks.release import File, Release
from tilth.tasks.task import Part, Rejected, Task

Whole = Annotated[int, Field(strict=True, ge=1)]
REPOSITORY, FILE, END = "<repo_name>", "<file_sep>", "<|endoftext|>"


class Options(Strict):
    """How the files of a repository are laid together."""

    chars_max: Annotated[int, Field(strict=True, ge=1000)] = 32_000
    """Most characters of a text: files are laid into one until it is full; a longer file is split at the end of a
    line."""
    order: Literal["imports", "paths"] = "imports"
    """`imports` puts a file after those of the repository that it imports, `paths` by path."""
    keep_tests: bool = True
    """Whether tests are among the files."""


COLUMNS = pa.schema(
    [("text", pa.string()), ("repo_name", pa.string()), ("part", pa.int32()), ("num_files", pa.int32())]
)
_Piece = tuple[File, int, int]


def find(release: Release, languages: Sequence[str], options: Options) -> Iterator[Found]:
    """The texts of every repository, in order."""
    for repository in release.repositories(languages):
        held: list[File] = []
        for file in repository:
            reason = _unfit(file, options)
            if reason:
                yield Rejected(reason, Part.of(file))
            else:
                held.append(file)
        ordered = in_order(held) if options.order == "imports" else held
        for number, pieces in enumerate(_packed(ordered, options.chars_max)):
            yield _task(pieces, number)


def _unfit(file: File, options: Options) -> str:
    if file.is_test and not options.keep_tests:
        return "test_file"
    if any(mark in file.content or mark in file.path for mark in (REPOSITORY, FILE, END)):
        return "holds_mark"
    return "" if file.content.strip() else "blank"


def _packed(files: Sequence[File], most: int) -> Iterator[list[_Piece]]:
    """Pieces of files, as many as a text has room for."""
    held: list[_Piece] = []
    size = 0
    for piece in (piece for file in files for piece in _pieces(file, most)):
        file, begin, end = piece
        own = end - begin + len(_head(file))
        if held and size + own > most - len(_title(file)) - len(END):
            yield held
            held, size = [], 0
        held.append(piece)
        size += own
    if held:
        yield held


def _pieces(file: File, most: int) -> Iterator[_Piece]:
    """A file in pieces that fit, each up to the end of a line where one is near."""
    room = max(most - len(_title(file)) - len(_head(file)) - len(END), most // 2)
    begin = 0
    while begin < len(file.content):
        end = min(len(file.content), begin + room)
        if end < len(file.content):
            end = file.content.rfind("\n", begin, end) + 1 or end
        yield file, begin, end
        begin = end


def _title(file: File) -> str:
    return f"{REPOSITORY}{file.repo_name}"


def _head(file: File) -> str:
    return f"{FILE}{file.path}\n"


def _task(pieces: Sequence[_Piece], number: int) -> Task:
    texts = [f"{_head(file)}{file.content[begin:end]}" for file, begin, end in pieces]
    languages = [file.language for file, _, _ in pieces]
    values = {
        "text": f"{_title(pieces[0][0])}{''.join(texts)}{END}",
        "repo_name": pieces[0][0].repo_name,
        "part": number,
        "num_files": len(pieces),
    }
    parts = tuple(Part.of(file, begin, max(begin, end - 1)) for file, begin, end in pieces)
    return Task("repository", max(sorted(set(languages)), key=languages.count), parts, values)


def holds(task: Task) -> str:
    """As many files as it says stand in the text, in their order."""
    paths = [one.split("\n", 1)[0] for one in task.values["text"].removesuffix(END).split(FILE)[1:]]
    return "" if paths == [part.path for part in task.files] else "parts_differ"


REPOSITORY_CONTEXT = Builder(
    kind="repository",
    says="The files of a repository in one text, what is imported before what imports it.",
    columns=COLUMNS,
    languages=LANGUAGES,
    options=Options,
    find=find,
    holds=holds,
    reasons=("test_file", "holds_mark", "blank", "parts_differ"),
)
