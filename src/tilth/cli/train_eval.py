"""`tilth train eval`: how often a model's answers pass, and how well it foretells texts, with intervals."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say
from tilth.cli.task_checks import Weaker, pool_of

_Several = Parameter(consume_multiple=True)


def evaluate(
    model: str,
    /,
    *,
    on: Annotated[list[Path] | None, _Several] = None,
    texts: Annotated[list[str] | None, _Several] = None,
    into: Path = Path("eval"),
    against: Path | None = None,
    answers: int = 10,
    k: Annotated[list[int] | None, _Several] = None,
    temperature: float = 0.8,
    top_p: float = 0.95,
    max_tokens: int = 512,
    limit: int | None = None,
    seed: int = 0,
    seconds: float = 10.0,
    device: str = "cpu",
    allow_weaker: Weaker = False,
    output: Output = "auto",
) -> None:
    """Evaluate a model: pass@k of its answers in the sandbox, perplexity by language, each with its 95 % interval.

    Example: tilth train eval models/mine --on tasks/checked HumanEval.jsonl --against eval/before

    Parameters
    ----------
    model
        Folder of a model, or its name on the hub.
    on
        Task sets of kind `checked`, or files in the shape of HumanEval or MBPP.
    texts
        Releases, task sets or files whose texts the model reads.
    into
        Folder for eval.json and answers.parquet.
    against
        Folder of an earlier evaluation on the same tasks: tells what was gained.
    answers
        Answers to each task.
    k
        For which k; 1 and the number of answers by default.
    temperature
        Of the answers; 0 takes the likeliest token.
    top_p
        Share of the likeliest tokens that answers are drawn from.
    max_tokens
        Most tokens of an answer.
    limit
        Most tasks or texts of each.
    seed
        Of the answers.
    seconds
        Most seconds of an answer's program.
    device
        Where the model is: cpu, cuda.
    """
    from tilth.report.progress import Progress
    from tilth.train.evaluation.run import Asked
    from tilth.train.evaluation.run import evaluate as run

    asked = Asked(
        model=model,
        tasks=tuple(on or ()),
        texts=tuple(texts or ()),
        answers=answers,
        ks=tuple(k or sorted({1, answers})),
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        limit=limit,
        seed=seed,
        against=against,
        device=device,
        seconds=seconds,
    )
    with ExitStack() as until_done:
        pool = until_done.enter_context(pool_of(allow_weaker)) if on else None
        progress = until_done.enter_context(Progress.open("auto"))
        found = run(asked, into, pool, progress)
    emit(_rows(found), output)
    say(f"all of it is in `{into}`")


def _rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        {"on": name, "figure": figure, **told[figure], "count": told["tasks"]}
        for name, told in found["tasks"].items()
        for figure in told
        if figure.startswith("pass@")
    ]
    for name, told in found["perplexity"].items():
        rows += [
            {"on": name, "figure": f"perplexity of {language}"}
            | {"value": one["perplexity"], "low": one["low"], "high": one["high"], "count": one["documents"]}
            for language, one in told.items()
        ]
    return rows
