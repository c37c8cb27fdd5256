"""`tilth data`: build a release from a recipe, look at it, compare and check it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from tilth.cli.contamination import contamination
from tilth.cli.delta import delta, update
from tilth.cli.duplicates import app as duplicates
from tilth.cli.explain import explain
from tilth.cli.licences import licences
from tilth.cli.options import DryRun, Output, Overrides
from tilth.cli.output import emit, say
from tilth.cli.papers import papers
from tilth.cli.reading import reads_release
from tilth.cli.redact import findings, redact, restore
from tilth.cli.similar import similar
from tilth.cli.versions import changelog, diff, withdraw

# `--version` after a recipe is the recipe's key, not a question about the program.
app = App(name="data", help="Build a code dataset, look at it, check it, compare it.", version_flags=())

app.command(explain, name="explain")
app.command(duplicates, name="duplicates")
app.command(licences, name="licences")
app.command(papers, name="papers")
app.command(diff, name="diff")
app.command(changelog, name="changelog")
app.command(withdraw, name="withdraw")
app.command(similar, name="similar")
app.command(delta, name="delta")
app.command(update, name="update")
app.command(contamination, name="contamination")
app.command(redact, name="redact")
app.command(restore, name="restore")
app.command(findings, name="findings")

Engines = Literal["local", "ray", "slurm", "slurm-local"]


def _recipe(path: Path, overrides: tuple[str, ...]) -> Any:
    from tilth.config.load import load
    from tilth.config.overrides import parse
    from tilth.config.recipe import Recipe

    return load(Recipe, path, parse(overrides))


def _store(store: Path | None, into: Path) -> Any:
    from tilth.store.layout import Store

    return Store((store or into.parent / ".tilth").absolute())


@app.command
def plan(
    recipe: Path,
    /,
    *overrides: Overrides,
    into: Path | None = None,
    store: Path | None = None,
    output: Output = "auto",
) -> None:
    """Say what a build would read, write and need, without writing a release.

    Example: tilth data plan recipe.yaml

    Parameters
    ----------
    recipe
        YAML file that names the sources and the policy.
    into
        Folder of the release; releases/NAME-VERSION by default.
    store
        Folder for what outlives builds; `.tilth` beside the release by default.
    """
    from tilth.data.plan import plan as planned

    loaded = _recipe(recipe, overrides)
    place = into or Path("releases") / f"{loaded.name}-{loaded.version}"
    emit(planned(loaded, place, _store(store, place)), output)
    say(f"hint: build it with `tilth data build {recipe}`")


@app.command
def build(
    recipe: Path,
    /,
    *overrides: Overrides,
    into: Path | None = None,
    store: Path | None = None,
    workers: int = 0,
    engine: Engines = "local",
    address: str | None = None,
    slurm: list[str] | None = None,
    device: str | None = None,
    publish: str | None = None,
    events: Path | None = None,
    fresh: bool = False,
    replace: bool = False,
    dry_run: DryRun = False,
    output: Output = "auto",
) -> None:
    """Build a release from a recipe; run the same command again to go on after a stop.

    Every key of the recipe can be changed for one build: `--policy.line_max 2000`.

    Example: tilth data build recipe.yaml --into releases/mine --workers 4

    Parameters
    ----------
    recipe
        YAML file that names the sources and the policy.
    into
        Folder of the release; releases/NAME-VERSION by default.
    store
        Folder for what outlives builds; `.tilth` beside the release by default.
    workers
        Tasks at a time; 0 is one for each core of this machine or of the Ray cluster. `slurm` needs a number.
    engine
        Where tasks run: this machine, a Ray cluster, or Slurm arrays.
    address
        Address of the Ray cluster; one is started here where it is left out.
    slurm
        A setting of the Slurm jobs, such as `slurm_partition=cpu` or `timeout_min=60`; may be given several times.
    device
        What torch calls the GPU, such as `cuda`, that brings near-duplicates together in the processor's place.
    publish
        URL (`s3://…`) that the finished release is copied to, its manifest last.
    events
        File for progress events, one JSON object a line.
    fresh
        Forget an unfinished build of another recipe at the same place.
    replace
        Put the new release in the place of another one.
    """
    if dry_run:
        plan(recipe, *overrides, into=into, store=store, output=output)
        return
    from tilth.data.preload import PRELOAD
    from tilth.engine.choose import engine as choose

    loaded = _recipe(recipe, overrides)
    place = into or Path("releases") / f"{loaded.name}-{loaded.version}"
    kept = _store(store, place)
    runner = choose(
        engine, workers, address=address, folder=kept.root / "jobs", parameters=slurm or (), preload=PRELOAD
    )
    # The workers import what they need while this process does.
    from tilth.data.build import build as run
    from tilth.report.progress import Progress

    try:
        with Progress.open(events=events) as progress:
            built = run(
                loaded,
                place.absolute(),
                store=kept,
                engine=runner,
                progress=progress,
                device=device,
                fresh=fresh,
                replace=replace,
            )
            if publish:
                from tilth.data.release.publish import publish as send

                send(built.path, publish, progress)
    finally:
        runner.close()
    emit(_summary(place, built.manifest), output)
    if built.was_there:
        say("the release was there already: same recipe, same inputs")
    say(f"hint: look at it with `tilth data show {place}`")


def _summary(place: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    counts = manifest["counts"]
    return {
        "release": str(place),
        "units": counts["units"],
        "files": counts["files"],
        "kept": counts["kept"]["files"],
        "kept_bytes": counts["kept"]["bytes"],
        "languages": len(manifest["languages"]),
    }


@app.command
@reads_release
def show(release: Path, content: str | None = None, /, *, output: Output = "auto") -> None:
    """Show what is in a release, or everything it says of one file.

    Example: tilth data show releases/mine

    Parameters
    ----------
    release
        Folder of the release.
    content
        Content id (40 hex digits) or SWHID of a file.
    """
    from tilth.data.release.look import one_file
    from tilth.data.release.sealed import read_manifest

    if content is not None:
        emit(one_file(release, content), output)
        return
    manifest = read_manifest(release)
    emit(_summary(release, manifest), output)
    emit([{"language": name} | entry for name, entry in manifest["languages"].items()], output)
    say(f"hint: why the others left: `tilth data drops {release}`")


@app.command
@reads_release
def sample(
    release: Path, /, *, limit: int = 20, language: str | None = None, seed: int = 0, output: Output = "auto"
) -> None:
    """Show some rows of a release; the same seed shows the same ones.

    Example: tilth data sample releases/mine --language Python --limit 5

    Parameters
    ----------
    release
        Folder of the release.
    limit
        Rows to show.
    language
        Only rows of this language.
    seed
        Another seed shows other rows.
    """
    from tilth.data.release.look import sample as some

    emit(some(release, limit, language=language, seed=seed), output)


@app.command
@reads_release
def drops(
    release: Path,
    /,
    *,
    reason: str | None = None,
    limit: int = 20,
    what_if: Annotated[list[str] | None, Parameter(name="--what-if")] = None,
    output: Output = "auto",
) -> None:
    """Show what left and why; samples of one reason; or what other thresholds would drop.

    Example: tilth data drops releases/mine --what-if line_max=2000

    Parameters
    ----------
    release
        Folder of the release.
    reason
        Show files that left for this reason.
    limit
        Files to show of one reason.
    what_if
        A setting of the policy and its other value, such as `line_max=2000`; may be given several times.
    """
    from tilth.data.release import look

    if what_if:
        emit(look.what_if(release, _settings(what_if)), output)
    elif reason is not None:
        emit(look.drops_of(release, reason, limit), output)
    else:
        emit(look.drops_by_reason(release), output)


def _settings(changes: list[str]) -> dict[str, Any]:
    import yaml

    from tilth.errors import UserError

    settings: dict[str, Any] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals:
            raise UserError(f"`{change}` is not NAME=VALUE", hint="such as `--what-if line_max=2000`")
        parsed = yaml.safe_load(value)
        settings[name.replace("-", "_")] = tuple(parsed) if isinstance(parsed, list) else parsed
    return settings


@app.command
def verify(release: Path, /, *, contents: bool = True, output: Output = "auto") -> None:
    """Check a release against its own claims; exit code 3 where one does not hold.

    Example: tilth data verify releases/mine

    Parameters
    ----------
    release
        Folder of the release.
    contents
        Also compute the hash of every row's text; `--no-contents` checks files and counts only.
    """
    from tilth.data.release.verify import verify as findings_of
    from tilth.errors import CheckFailed
    from tilth.report.progress import Progress

    with Progress.open() as progress:
        findings = findings_of(release, progress, contents=contents)
    emit([{"path": finding.path, "problem": finding.problem} for finding in findings], output)
    if findings:
        raise CheckFailed(f"{len(findings)} claims of `{release}` do not hold")
    say(f"`{release}` holds what it claims")


@app.command
@reads_release
def report(
    release: Path,
    /,
    *,
    to: Path | None = None,
    show_it: Annotated[bool, Parameter(name="--open", negative=())] = False,
    output: Output = "auto",
) -> None:
    """Write one HTML page about a release: what is in it, what left and why, how to load and check it.

    Example: tilth data report releases/mine

    Parameters
    ----------
    release
        Folder of the release.
    to
        File to write; RELEASE.report.html beside the release by default.
    show_it
        Open the page in a browser, where there is a display.
    """
    from tilth.data.release.report import default_target, has_display, write_report

    target = to or default_target(release)
    write_report(release, target)
    if show_it and has_display():
        import webbrowser

        webbrowser.open(target.absolute().as_uri())
    emit([{"report": str(target)}], "quiet" if output == "auto" else output)


@app.command
@reads_release
def export(
    release: Path,
    into: Path,
    /,
    *,
    language: list[str] | None = None,
    licence: list[str] | None = None,
    repository: list[str] | None = None,
    path: str | None = None,
    dry_run: DryRun = False,
    output: Output = "auto",
) -> None:
    """Write the part of a release that matches, reading no more than that part.

    Example: tilth data export releases/mine out --language Python --licence MIT

    Parameters
    ----------
    release
        Folder of the release.
    into
        Folder to write to.
    language
        Languages to take.
    licence
        SPDX expressions to take.
    repository
        Names of repositories to take.
    path
        Pattern that the path has to match, such as `src/*.py`.
    """
    from tilth.data.release.export import Selection
    from tilth.data.release.export import export as write

    wanted = Selection(tuple(language or ()), tuple(licence or ()), tuple(repository or ()), path)
    emit(write(release, into, wanted, dry_run=dry_run), output)
