"""`tilth tasks`: a release becomes tasks that can be trained on, each of them checked."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from tilth.cli.options import Output, Overrides
from tilth.cli.output import emit, say
from tilth.cli.task_benchmarks import contamination, marks_of
from tilth.cli.task_checks import Weaker, check, pairs, pool_of

app = App(name="tasks", help="Tasks from a release: build, check, look at them.")
app.command(check, name="check")
app.command(pairs, name="pairs")
app.command(contamination, name="contamination")

Against = Annotated[
    list[Path] | None,
    Parameter(
        name="--against",
        consume_multiple=True,
        help="Files of benchmarks (JSON lines, JSON, parquet, text); tasks that have one of their texts are rejected.",
    ),
]


@app.command
def build(
    release: Path,
    kind: str,
    /,
    *overrides: Overrides,
    into: Path | None = None,
    language: list[str] | None = None,
    limit: int | None = None,
    against: Against = None,
    allow_weaker: Weaker = False,
    output: Output = "auto",
) -> None:
    """Make a task set of a release. Every task is checked; what is none is counted by reason.

    Every option of the kind is an option here: `--per_file 3`.

    Example: tilth tasks build releases/mine-1.0.0 fim --into tasks/fim --language Python

    Parameters
    ----------
    release
        Folder of the release.
    kind
        repository, fim, function, documentation, edit or checked.
    overrides
        Options of the kind.
    into
        A new folder; tasks/KIND by default.
    language
        Only this language; may be given several times.
    limit
        Stop after so many tasks.
    """
    from tilth.config.load import check as checked
    from tilth.config.overrides import parse
    from tilth.errors import UserError
    from tilth.report.progress import Progress
    from tilth.tasks.build import Wanted
    from tilth.tasks.build import build as make
    from tilth.tasks.builders.kinds import BUILDERS
    from tilth.tasks.checks import sieve
    from tilth.tasks.release import Release

    if kind not in BUILDERS:
        raise UserError(f"there are no tasks of kind `{kind}`", hint=f"kinds: {', '.join(BUILDERS)}")
    builder = BUILDERS[kind]
    options = checked(builder.options, {}, parse(overrides), where=kind)
    wanted = Wanted(builder, options, language or (), limit)
    marks, said = (None, {}) if not against else marks_of(against)
    place = into or Path("tasks") / kind
    with Progress.open("auto") as progress, ExitStack() as until_done:
        runs = None
        if kind == "checked":
            runs = sieve(until_done.enter_context(pool_of(allow_weaker)))
        made = make(Release.open(release), place, wanted, progress, sieve=runs, marks=marks, said=said)
    emit({"tasks": str(made.path)} | _counts(made.manifest), output)


def _counts(manifest: Any) -> dict[str, Any]:
    counts = manifest["counts"]
    return {"candidates": counts["candidates"], "kept": counts["kept"]} | {
        f"rejected: {reason}": number for reason, number in counts["rejected"].items()
    }


@app.command
def show(tasks: Path, /, *, reason: str | None = None, limit: int = 20, output: Output = "auto") -> None:
    """Show what a task set is made of, and what was rejected.

    Example: tilth tasks show tasks/fim --reason blank_middle

    Parameters
    ----------
    tasks
        Folder of the task set.
    reason
        List what was rejected for this reason instead.
    limit
        Rows to list.
    """
    from tilth.errors import CheckFailed
    from tilth.tasks.task_set import TaskSet

    found = TaskSet.open(tasks)
    if damaged := found.damaged():
        raise CheckFailed(f"`{tasks}` was changed: {damaged[0]}", hint="build it again")
    if reason is not None:
        rows = (row for row in found.rejected() if row["reason"] == reason)
        emit([row for _, row in zip(range(limit), rows, strict=False)], output)
        return
    said = found.manifest
    if output == "json":
        emit(dict(said), output)
        return
    made_of = [f"{one['kind']} {one['name']} {one['version']}" for one in said["stands_on"]]
    emit({"kind": found.kind, "sha256": found.sha256, "made of": ", ".join(made_of)} | _counts(said), output)
    emit(
        [{"language": name, "tasks": number} for name, number in said["counts"]["languages"].items()], output
    )


@app.command
def sample(
    tasks: Path, /, *, number: int = 3, seed: int = 0, language: str | None = None, output: Output = "auto"
) -> None:
    """Show some tasks whole, with the files and licences that they are made of.

    Example: tilth tasks sample tasks/fim --number 2 --language Rust

    Parameters
    ----------
    tasks
        Folder of the task set.
    number
        How many.
    seed
        Which.
    language
        Only this language.
    """
    from tilth.tasks.draws import draws
    from tilth.tasks.task_set import TaskSet

    found = TaskSet.open(tasks)
    ids = [
        row["task_id"]
        for row in found.rows(["task_id", "language"])
        if language is None or row["language"] == language
    ]
    chosen = set(draws(seed).sample(ids, min(number, len(ids))))
    rows = [row for row in found.rows() if row["task_id"] in chosen]
    if output != "auto":
        emit(rows, output)
        return
    for row in rows:
        places = [f"{one['origin']} {one['path']}:{one['first_line']}" for one in row["files"]]
        say(f"{row['task_id']}: {row['language']}, {row['license_expression']}, {places[0]}", colour="cyan")
        for name, value in row.items():
            if isinstance(value, str) and name in (
                "text",
                "prompt",
                "completion",
                "chosen",
                "rejected",
                "test",
            ):
                say(f"{name}:", colour="green")
                print(value)
