"""One evaluation, from a model's name to a folder: `eval.json`, and every answer in `answers.parquet`."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import UserError
from tilth.report.progress import Progress
from tilth.store.atomic import whole_file, write_text
from tilth.tasks.sandbox.pool import Pool
from tilth.tasks.sandbox.program import Limits
from tilth.train.evaluation.estimates import difference
from tilth.train.evaluation.passing import Tried, by_task, passing, reasons, tried
from tilth.train.evaluation.perplexities import perplexities
from tilth.train.evaluation.problems import problems
from tilth.train.rollouts.protocol import Sampling

RESULT, ANSWERS = "eval.json", "answers.parquet"
_TEXT_COLUMNS: Final = ("content", "text", "completion")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to evaluate."""

    model: str
    tasks: tuple[Path, ...] = ()
    """Task sets, or files in the shape of HumanEval or MBPP."""
    texts: tuple[str, ...] = ()
    """Releases, task sets or files whose texts are read."""
    answers: int = 10
    ks: tuple[int, ...] = (1, 10)
    temperature: float = 0.8
    top_p: float = 0.95
    max_tokens: int = 512
    limit: int | None = None
    seed: int = 0
    against: Path | None = None
    """Folder of an earlier evaluation on the same tasks."""
    device: str = "cpu"
    seconds: float = 10.0
    """Most that an answer's program may take."""


def evaluate(asked: Asked, into: Path, pool: Pool | None, progress: Progress) -> dict[str, Any]:
    """Evaluates a model and writes what was found.

    Raises:
        UserError: Nothing is asked for, or model, tasks, texts or the earlier evaluation cannot be read.
    """
    if not asked.tasks and not asked.texts:
        raise UserError("there is nothing to evaluate on", hint="name tasks (`--on`) or texts (`--texts`)")
    if asked.tasks and max(asked.ks) > asked.answers:
        raise UserError(
            f"pass@{max(asked.ks)} needs {max(asked.ks)} answers to each task, not {asked.answers}",
            hint="ask for more with `--answers`, or less with `--k`",
        )
    found = {str(path): problems(path, limit=asked.limit) for path in asked.tasks}
    earlier = _earlier(asked.against)
    model, tokenizer = _loaded(asked)
    result: dict[str, Any] = {"model": asked.model, "settings": _plain(asked), "tasks": {}, "perplexity": {}}
    rows: list[dict[str, Any]] = []
    for name, own in found.items():
        answered = _answered(asked, own, model, tokenizer, pool, progress)
        rows += [{"tasks": name} | asdict(row) for row in answered]
        result["tasks"][name] = _told(answered, asked, earlier.get(name))
    for name in asked.texts:
        seen = perplexities(model, tokenizer, _documents(name, asked.limit))
        result["perplexity"][name] = {language: one.row() for language, one in sorted(seen.items())}
    into.mkdir(parents=True, exist_ok=True)
    if rows:
        with whole_file(into / ANSWERS) as temporary:
            pq.write_table(pa.Table.from_pylist(rows), temporary, compression="zstd")
    write_text(into / RESULT, json.dumps(result, indent=1) + "\n")
    return result


def _answered(
    asked: Asked, found: Any, model: Any, tokenizer: Any, pool: Pool | None, progress: Progress
) -> list[Tried]:
    from tilth.train.rollouts.in_process import InProcess

    if pool is None:
        raise UserError("answers to tasks have to be run", hint="give a pool of the sandbox")
    stops = tuple({one for one in (tokenizer.eos_token_id,) if one is not None})
    sampling = Sampling(
        max_tokens=asked.max_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        stop_token_ids=stops,
        seed=asked.seed,
    )
    limits = Limits(wall_seconds=asked.seconds)
    with progress.stage("answers", total=len(found), unit="tasks") as stage:
        return tried(
            found, InProcess(model), tokenizer, sampling, asked.answers, pool, limits, advance=stage.advance
        )


def _told(rows: list[Tried], asked: Asked, earlier: Mapping[str, list[bool]] | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "tasks": len({row.task_id for row in rows}),
        "answers": len(rows),
        "passed": sum(row.passed for row in rows),
        "failed_by": reasons(rows),
        "cut_off": sum(row.finish == "length" for row in rows),
        "by_task": by_task(rows, 1),
    }
    told |= {name: one._asdict() for name, one in passing(rows, asked.ks).items()}
    if earlier is not None:
        after = by_task(rows, 1)
        if set(earlier) != set(after):
            raise UserError("the earlier evaluation was on other tasks", hint="name one on the same tasks")
        before = [sum(earlier[task]) / len(earlier[task]) for task in after]
        told["pass@1 gained"] = difference(before, list(after.values()))._asdict()
    return told


def _earlier(folder: Path | None) -> dict[str, dict[str, list[bool]]]:
    if folder is None:
        return {}
    try:
        rows = pq.read_table(folder / ANSWERS, columns=["tasks", "task_id", "passed"]).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(
            f"`{folder}` has no earlier evaluation: {error}",
            hint="name the folder that `tilth train eval` wrote",
        ) from error
    found: dict[str, dict[str, list[bool]]] = {}
    for row in rows:
        found.setdefault(row["tasks"], {}).setdefault(row["task_id"], []).append(row["passed"])
    return found


def _loaded(asked: Asked) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(asked.model)
        model = AutoModelForCausalLM.from_pretrained(asked.model)
    except (OSError, ValueError) as error:
        raise UserError(
            f"the model `{asked.model}` could not be loaded: {str(error).splitlines()[0]}",
            hint="give a folder with a model, or the name of one on the hub",
        ) from error
    return model.to(asked.device).eval(), tokenizer


def _documents(name: str, limit: int | None) -> Iterator[tuple[str, str]]:
    from tilth.train.rows.sources import load

    rows = load(name).rows
    column = next((one for one in _TEXT_COLUMNS if one in (rows.column_names or ())), None)
    if column is None:
        raise UserError(
            f"`{name}` has no texts", hint=f"one of the columns {', '.join(_TEXT_COLUMNS)} is read"
        )
    for row in islice(rows, limit):
        yield str(row.get("language") or "unknown"), row[column]


def _plain(asked: Asked) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(asked), default=str))
