"""What benchmarks ask and answer, read from their files: JSON lines, JSON, parquet, or plain text."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tilth.data.facts.encoding import decode
from tilth.errors import UserError

FIELDS: Final = (
    "prompt", "question", "problem", "problem_description", "description", "instruction", "text", "content",
    "docstring", "declaration", "canonical_solution", "solution", "solutions", "reference_code", "code", "answer",
    "output", "completion",
)  # fmt: skip
"""Names under which benchmarks have what they ask and what they expect: those of HumanEval (`prompt`,
`canonical_solution`), MBPP (`text` or `prompt`, `code`), DS-1000 (`prompt`, `reference_code`), APPS (`question`,
`solutions`), GSM8K (`question`, `answer`) and their like."""
NAMES: Final = ("task_id", "id", "name", "problem_id", "question_id", "instance_id")
"""Names under which they have what an item is called."""
_NESTED = ("metadata",)


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a benchmark."""

    benchmark: str
    """Name of the file without its endings."""
    item: str
    """What the benchmark calls the item, else its number in the file, from 1."""
    field: str
    text: str


def items_of(path: Path, fields: Sequence[str] = ()) -> list[Item]:
    """The texts of a benchmark's file, each once.

    Args:
        path: JSON lines (also `.gz`), a JSON list, a parquet file, or any other text, which is one item.
        fields: Fields that hold texts; those of `FIELDS` that are there where none are named.

    Raises:
        UserError: The file cannot be read, has no item, or none of the fields.
    """
    stem, kinds = _parted(path)
    if not set(kinds) & {"jsonl", "ndjson", "json", "parquet"}:
        codec, text = decode(_read(path))
        if codec is None:
            raise UserError(f"`{path}` holds no text", hint="name a JSONL, JSON, parquet or text file")
        return [Item(stem, path.name, "text", text.decode())]
    rows = list(_rows(path, kinds))
    if not rows:
        raise UserError(f"`{path}` has no item")
    chosen = _chosen(path, rows, fields)
    found = dict.fromkeys(
        Item(stem, _plain(_name(row, number)), field, _plain(text))
        for number, row in enumerate(rows, 1)
        for field in chosen
        for text in _texts(row.get(field))
    )
    return list(found)


def _parted(path: Path) -> tuple[str, list[str]]:
    kinds = [suffix[1:].lower() for suffix in path.suffixes]
    known = {"jsonl", "ndjson", "json", "parquet", "gz", "txt"}
    stem = path.name
    while kinds and kinds[-1] in known:
        stem = stem[: -len(kinds.pop()) - 1]
    return stem or path.name, [suffix[1:].lower() for suffix in path.suffixes]


def _read(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if path.name.lower().endswith(".gz") else raw
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UserError(f"the benchmark `{path}` cannot be read: {said}", hint="check the path") from error


def _rows(path: Path, kinds: Sequence[str]) -> Iterator[dict[str, Any]]:
    if "parquet" in kinds:
        yield from _parquet(path)
        return
    raw = _read(path).removeprefix(b"\xef\xbb\xbf")
    if "json" in kinds and raw.lstrip()[:1] == b"[":
        yield from _objects(path, _parsed(path, raw, 1), 1)
        return
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line.strip():
            yield from _objects(path, [_parsed(path, line, number)], number)


def _parquet(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"the benchmark `{path}` cannot be read: {error}", hint="check the path") from error
    return rows


def _parsed(path: Path, raw: bytes, line: int) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UserError(f"line {line} of `{path}` is no JSON: {error}") from error


def _objects(path: Path, found: Any, line: int) -> Iterator[dict[str, Any]]:
    for one in found:
        if not isinstance(one, dict):
            raise UserError(f"line {line} of `{path}` has something that is no object with fields")
        yield one


def _chosen(path: Path, rows: Sequence[dict[str, Any]], fields: Sequence[str]) -> list[str]:
    there = dict.fromkeys(name for row in rows for name in row)
    chosen = [name for name in fields or FIELDS if name in there]
    if missing := set(fields) - set(chosen) if fields else not chosen:
        named = (
            f"no field {', '.join(sorted(missing))}" if isinstance(missing, set) else "no field that is known"
        )
        raise UserError(
            f"`{path}` has {named}", hint=f"its fields: {', '.join(there)}; name some with `fields`"
        )
    return chosen


def _plain(text: str) -> str:
    """The text without halves of characters, which JSON may escape and UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()


def _name(row: dict[str, Any], number: int) -> str:
    for within in (row, *(row[name] for name in _NESTED if isinstance(row.get(name), dict))):
        for name in NAMES:
            if isinstance(within.get(name), str | int):
                return str(within[name])
    return str(number)


def _texts(value: Any) -> Iterator[str]:
    """The texts of a field: its own, or those of a list (APPS has the list as JSON in a text)."""
    if isinstance(value, str):
        if value.startswith('["'):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                value = [value]
            yield from (text for text in value if isinstance(text, str))
        elif value.strip():
            yield value
    elif isinstance(value, list):
        yield from (text for text in value if isinstance(text, str) and text.strip())
