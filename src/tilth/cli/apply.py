"""`tilth governance apply`: from accepted requests to a checked release without what they reach, in one go."""

from pathlib import Path
from typing import Any

from tilth.cli.ledger import KeysPlace, LedgerPlace, opened
from tilth.cli.options import DryRun, Output, Overrides
from tilth.cli.output import emit, say
from tilth.cli.reach import closed, fail_on_traces


def apply(
    old: Path,
    recipe: Path,
    /,
    *overrides: Overrides,
    into: Path | None = None,
    opt_outs: Path | None = None,
    store: Path | None = None,
    workers: int = 0,
    names: Path | None = None,
    take: list[str] | None = None,
    clone: list[Path] | None = None,
    keys: KeysPlace = None,
    dry_run: DryRun = False,
    ledger: LedgerPlace = None,
    output: Output = "auto",
) -> None:
    """Close, export, build, check, and write down that it was applied: all that was accepted, in one command.

    Example: tilth governance apply releases/mine-1.0.0 recipe.yaml --version 2.0.0

    Parameters
    ----------
    old
        The release before, over which requests are closed.
    recipe
        The recipe of the new one; keys can be changed as for `tilth data build`.
    into
        Folder of the new release; releases/NAME-VERSION by default.
    opt_outs
        File of opt-outs to write; `NAME-VERSION.opt_outs.parquet` beside the new release by default.
    store
        Folder for what outlives builds; `.tilth` beside the new release by default.
    workers
        Tasks at a time; 0 is one for each core.
    names
        Table (CSV or parquet) of what repositories were called: `id`, `address`, the oldest rows first.
    take
        A reason for which something is undecided and is to go all the same; may be given several times.
    clone
        A clone to look for commits of the authors that are named; may be given several times.
    """
    held = opened(ledger)
    rows = closed(held, old, (), names, take or (), clone or (), keys, dry_run)
    if dry_run:
        emit(rows, output)
        return
    from tilth.config.load import load
    from tilth.config.overrides import parse
    from tilth.config.recipe import Recipe
    from tilth.governance.export import export, mark_applied
    from tilth.store.opt_outs import read_opt_outs

    changes = parse(overrides)
    # Named only once the recipe is read: its own name and version say where the file goes.
    said = load(Recipe, recipe, changes)
    place = into or Path("releases") / f"{said.name}-{said.version}"
    file = opt_outs or place.with_name(f"{place.name}.opt_outs.parquet")
    told = export(held, file)
    asked = read_opt_outs(file)
    loaded = load(Recipe, recipe, [*changes, ("opt_outs", str(file))])
    manifest = _built(loaded, place, store, workers)
    fail_on_traces(place, asked, output=output)
    new = mark_applied(held, place, asked)
    counts = manifest["counts"]
    emit(
        {"release": str(place), "opt_outs": str(file), "requests": told["requests"], "new": len(new)}
        | {"files": counts["files"], "kept": counts["kept"]["files"]},
        output,
    )
    say("no trace is left", colour="green")
    say(f"hint: for who has the old one: `tilth data delta {old} {place}`")


def _built(recipe: Any, into: Path, store: Path | None, workers: int) -> dict[str, Any]:
    """Builds the release, and gives its manifest."""
    from tilth.data.preload import PRELOAD
    from tilth.engine.choose import engine
    from tilth.store.layout import Store

    kept = Store((store or into.parent / ".tilth").absolute())
    runner = engine("local", workers, folder=kept.root / "jobs", preload=PRELOAD)
    from tilth.data.build import build
    from tilth.report.progress import Progress

    try:
        with Progress.open() as progress:
            return build(recipe, into.absolute(), store=kept, engine=runner, progress=progress).manifest
    finally:
        runner.close()
