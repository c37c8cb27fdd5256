"""Fill-in-the-middle: a file without a piece of it, and the piece.

Bavarian et al. 2022, "Efficient Training of Language Models to Fill in the Middle" (arXiv:2207.14255): pieces cut at
characters, and the orders PSM (prefix, suffix, middle) and SPM (suffix, prefix, middle; section 4.1.1, variant 2).
Pieces that are whole nodes of the syntax tree follow Gong et al. 2024 (arXiv:2403.04814).
"""

import random
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
from pydantic import Field

from tilth.config.strict import Strict
from tilth.tasks.builder import Builder, Found
from tilth.tasks.draws import draws
from tilth.tasks.languages import LANGUAGES, PARSED_BYTES_MAX, parsed
from tilth.tasks.release import File, Release
from tilth.tasks.task import Part, Rejected, Task

MARKS: Final = {
    "starcoder": ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    "qwen": ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    "deepseek": ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),
    "codellama": ("<PRE>", "<SUF>", "<MID>"),
}
"""Name -> what stands before prefix, suffix and middle."""

Whole = Annotated[int, Field(strict=True, ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Options(Strict):
    """How files are cut."""

    per_file: Whole = 2
    """Tasks of one file."""
    context_chars: Whole = 6000
    """Most characters of prefix and suffix together; what is farther away is cut off."""
    middle_chars: Whole = 1500
    """Most characters of a middle."""
    syntax_fraction: Share = 0.5
    """Share of the tasks whose middle is a whole node of the syntax tree; the others are cut anywhere."""
    spm_fraction: Share = 0.5
    """Share of the tasks in the order suffix, prefix, middle."""
    marks: Literal["starcoder", "qwen", "deepseek", "codellama"] = "starcoder"
    """Whose special tokens stand between the parts."""
    seed: int = 0
    """Where the cuts fall."""


COLUMNS = pa.schema(
    [
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("prefix", pa.string()),
        ("suffix", pa.string()),
        ("order", pa.string()),
        ("cut", pa.string()),
    ]
)
_CHARS_MIN: Final = 40
"""A text must have more, or nothing would be left to tell the middle by."""
_NODE_BYTES_MIN: Final = 8


def find(release: Release, languages: Sequence[str], options: Options) -> Iterator[Found]:
    """Tasks of every file."""
    marks = MARKS[options.marks]
    for file in release.files(languages):
        if len(file.content) <= _CHARS_MIN:
            yield Rejected("short_text", Part.of(file), str(len(file.content)))
            continue
        if any(mark in file.content for mark in marks):
            yield Rejected("holds_mark", Part.of(file))
            continue
        chance = draws(options.seed, file.content_id, file.origin, file.path)
        nodes: list[tuple[int, int]] | None = None
        for _ in range(options.per_file):
            if chance.random() < options.syntax_fraction:
                nodes = _nodes(file, options.middle_chars) if nodes is None else nodes
                if not nodes:
                    yield Rejected("no_node", Part.of(file))
                    continue
                begin, end = chance.choice(nodes)
                yield _task(file, begin, end, "syntax", chance, options)
            else:
                begin, end = _anywhere(len(file.content), options.middle_chars, chance)
                yield _task(file, begin, end, "characters", chance, options)


def _anywhere(length: int, most: int, chance: random.Random) -> tuple[int, int]:
    begin = chance.randrange(length)
    return begin, min(length, begin + chance.randint(1, min(most, length)))


def _nodes(file: File, most: int) -> list[tuple[int, int]]:
    """Characters of the named nodes that can be a middle; none where the file does not parse."""
    text = file.content.encode()
    if len(text) > PARSED_BYTES_MAX:
        return []
    root = parsed(text, file.language)
    if root.has_error:
        return []
    found, todo = set(), list(root.named_children)
    while todo:
        node = todo.pop()
        size = node.end_byte - node.start_byte
        if size >= _NODE_BYTES_MIN:
            todo += node.named_children
            if size <= most and size < len(text):
                found.add((node.start_byte, node.end_byte))
    if len(text) == len(file.content):
        return sorted(found)
    return sorted((len(text[:begin].decode()), len(text[:end].decode())) for begin, end in found)


def _task(file: File, begin: int, end: int, cut: str, chance: random.Random, options: Options) -> Task:
    """The middle between two characters, with what is near it."""
    room = options.context_chars
    after = min(len(file.content) - end, max(room // 2, room - begin))
    before = min(begin, room - after)
    prefix, suffix = file.content[begin - before : begin], file.content[end : end + after]
    order = "spm" if chance.random() < options.spm_fraction else "psm"
    values = {
        "prompt": prompt(prefix, suffix, order, options.marks),
        "completion": file.content[begin:end],
        "prefix": prefix,
        "suffix": suffix,
        "order": order,
        "cut": cut,
    }
    return Task("fim", file.language, (Part.of(file, begin - before, end + after),), values)


def prompt(prefix: str, suffix: str, order: str, marks: str) -> str:
    """What a model is to go on from with the middle."""
    before, after, middle = MARKS[marks]
    if order == "spm":
        return f"{before}{after}{suffix}{middle}{prefix}"
    return f"{before}{prefix}{after}{suffix}{middle}"


def holds(task: Task) -> str:
    """The prompt must be one of prefix and suffix, and the middle not empty."""
    said: Any = task.values
    prompts = [prompt(said["prefix"], said["suffix"], said["order"], marks) for marks in MARKS]
    if said["prompt"] not in prompts:
        return "parts_differ"
    return "" if said["completion"].strip() else "blank_middle"


FIM = Builder(
    kind="fim",
    says="Fill in the middle of a file: cut at characters or at syntax, in the orders PSM and SPM.",
    columns=COLUMNS,
    languages=LANGUAGES,
    options=Options,
    find=find,
    holds=holds,
    reasons=("short_text", "holds_mark", "no_node", "parts_differ", "blank_middle"),
)
