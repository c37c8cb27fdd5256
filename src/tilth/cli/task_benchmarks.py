"""`tilth tasks contamination`: the text of benchmarks in a task set; and what tells it while one is built."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say

_BATCH = 500
_SHOWN_CHARACTERS = 100


def index_of(files: list[Path]) -> Any:
    """Benchmarks, ready to be looked for by the thresholds that are the default."""
    from tilth.config.contamination import Thresholds
    from tilth.data.contamination.index import Index
    from tilth.data.contamination.marking import read_benchmarks

    return Index(read_benchmarks(files, ()), Thresholds())


def marks_of(files: list[Path]) -> tuple[Callable[[list[str]], list[str]], dict[str, Any]]:
    """What tells the text of benchmarks in texts, and what the manifest says of them."""
    from tilth.store.hashes import sha256_of

    index = index_of(files)

    def marks(texts: list[str]) -> list[str]:
        found = [""] * len(texts)
        for match in index.find([text.encode() for text in texts]):
            item = index.items[match.item]
            found[match.document] = (
                f"{item.benchmark} {item.item} {item.field} {match.method} {match.share:.4f}"
            )
        return found

    return marks, {"against": [{"name": path.name, "sha256": sha256_of(path)} for path in files]}


def contamination(
    tasks: Path,
    /,
    *,
    against: Annotated[list[Path], Parameter(consume_multiple=True)],
    check: bool = False,
    output: Output = "auto",
) -> None:
    """List the tasks of a set that have the text of a benchmark, with the lines where it stands.

    Example: tilth tasks contamination tasks/function --against HumanEval.jsonl mbpp.jsonl

    Parameters
    ----------
    tasks
        Folder of the task set.
    against
        Files of benchmarks: JSON lines (also `.gz`), a JSON list, parquet, or plain text, which is one item.
    check
        End with exit code 3 where something is found.
    """
    from tilth.errors import CheckFailed
    from tilth.tasks.task_set import TaskSet

    index = index_of(against)
    found = list(_found(TaskSet.open(tasks).rows(), index))
    emit(found, output)
    say(f"{len(index.items) - len(index.too_short)} texts were looked for; {len(found)} places have one")
    if check and found:
        raise CheckFailed(
            f"{len(found)} places have the text of a benchmark", hint="build the tasks with `--against`"
        )


def _found(rows: Iterator[dict[str, Any]], index: Any) -> Iterator[dict[str, Any]]:
    from tilth.tasks.build import text_of

    while batch := list(islice(rows, _BATCH)):
        texts = [text_of(row).encode() for row in batch]
        for match in index.find(texts):
            item, text, row = index.items[match.item], texts[match.document], batch[match.document]
            begin = text.rfind(b"\n", 0, match.begin) + 1
            line = text[begin:].split(b"\n", 1)[0].decode().strip()
            yield {
                "benchmark": item.benchmark,
                "item": item.item,
                "field": item.field,
                "method": match.method,
                "share": round(match.share, 4),
                "task_id": row["task_id"],
                "repo_name": row["files"][0]["repo_name"],
                "path": row["files"][0]["path"],
                "first_line": text.count(b"\n", 0, match.begin) + 1,
                "last_line": text.count(b"\n", 0, match.end) + 1,
                "line": line[:_SHOWN_CHARACTERS],
            }
