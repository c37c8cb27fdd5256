"""`tilth governance close`, `export`, `check` and `applied`: from an accepted request to a release without it."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tilth.cli.ledger import KeysPlace, LedgerPlace, keys_at, opened
from tilth.cli.options import DryRun, Output
from tilth.cli.output import emit, say


def close(
    release: Path,
    /,
    *requests: str,
    names: Path | None = None,
    take: list[str] | None = None,
    clone: list[Path] | None = None,
    keys: KeysPlace = None,
    dry_run: DryRun = False,
    ledger: LedgerPlace = None,
    output: Output = "auto",
) -> None:
    """Find how far requests go in a release: forks, copies, near copies, former names; and what is undecided.

    Example: tilth governance close releases/mine-1.0.0 --dry-run

    Parameters
    ----------
    release
        Folder of the release.
    requests
        Their ids; all that are accepted, where none is given.
    names
        Table (CSV or parquet) of what repositories were called: `id`, `address`, the oldest rows first.
    take
        A reason for which something is undecided and is to go all the same; may be given several times.
    clone
        A clone to look for commits of the authors that are named; may be given several times.
    """
    from tilth.errors import UserError
    from tilth.governance.authors import written_by
    from tilth.governance.cases import case
    from tilth.governance.closure import UNDECIDED, reach_of
    from tilth.governance.export import in_force, keep_reach
    from tilth.governance.names import read_names
    from tilth.governance.seen import manifest_of, seen

    if strange := sorted(set(take or ()) - set(UNDECIDED)):
        raise UserError(f"`{strange[0]}` is no reason", hint=f"reasons: {', '.join(UNDECIDED)}")
    held = opened(ledger)
    manifest = manifest_of(release)
    former = read_names(names) if names else None
    chosen = [case(held, one) for one in requests] if requests else in_force(held)
    rows: list[dict[str, Any]] = []
    with seen(release) as sql:
        for one in chosen:
            written = None
            if clone and one.request.authors:
                written = written_by(clone, one.request, one.request_id, keys_at(keys).author)
            reach = reach_of(sql, one.request, one.request_id, names=former, written=written, take=take or ())
            found = [("leaves", row["why"], row) for row in reach.places]
            found += [("undecided", row["reason"], row) for row in reach.undecided]
            for what, why, row in found:
                place = {name: row.get(name) for name in ("origin", "path", "content_id", "is_kept")}
                rows.append({"request": one.request_id, "what": what, "why": why} | place)
            counted = Counter((what, why) for what, why, _ in found)
            told = ", ".join(f"{what} ({why}) {number}" for (what, why), number in sorted(counted.items()))
            say(f"{one.request_id}: {told or 'nothing there'}")
            if not dry_run:
                keep_reach(held, one, reach, f"{manifest['name']}-{manifest['version']}", take or ())
    emit(rows, output)


def export(into: Path, /, *, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """Write the file of all that was accepted, for the key `opt_outs` of a recipe.

    Example: tilth governance export opt_outs.parquet

    Parameters
    ----------
    into
        File to write.
    """
    from tilth.governance.export import export as write

    emit({"file": str(into)} | write(opened(ledger), into), output)


def check(
    release: Path,
    /,
    *,
    opt_outs: Path,
    old: Path | None = None,
    store: Path | None = None,
    output: Output = "auto",
) -> None:
    """Read a release again, all of it, and fail where any trace is left of what was to be left out.

    Example: tilth governance check releases/mine-2.0.0 --opt-outs opt_outs.parquet

    Parameters
    ----------
    release
        Folder of the release.
    opt_outs
        The file that it was built with, or a later one.
    old
        An earlier release: what it has and this one has not is also looked for by likeness.
    store
        Store that the releases were built with, for `--old`; `.tilth` beside the release by default.
    """
    from tilth.errors import CheckFailed
    from tilth.governance.check import check as traces_in
    from tilth.store.opt_outs import read_opt_outs

    place = (store or release.absolute().parent / ".tilth").absolute()
    alike = partial(_near_copies, old, release, place) if old else None
    found = traces_in(release, read_opt_outs(opt_outs), alike)
    emit([{"path": one.path, "what": one.what, "request": one.request} for one in found], output)
    if found:
        raise CheckFailed(
            f"{len(found)} traces are left in `{release}`",
            hint="build it with the file of opt-outs that is in force",
        )
    say("no trace is left", colour="green")


def _near_copies(old: Path, new: Path, store: Path) -> Iterator[tuple[str, str]]:
    """What in the new release is alike to what only the old one has."""
    from tilth.data.release.clusters import texts_of
    from tilth.data.release.diff import gone
    from tilth.data.search import Index
    from tilth.engine.choose import engine
    from tilth.governance.closure import ALIKE_MIN
    from tilth.report.progress import Progress
    from tilth.store.layout import Store

    place = Store(store)
    with Progress.open("none") as progress:
        index = Index.of(new, place, engine("local", 1, folder=store / "jobs"), progress)
    left = gone(old, new)
    for begin in range(0, len(left), 500):
        for content, text in zip(
            left[begin : begin + 500], texts_of(place, left[begin : begin + 500]), strict=True
        ):
            for row in index.nearest(text.encode()):
                if row["similarity"] >= ALIKE_MIN:
                    yield "", f"{row['content_id']}, alike to {content}"


def applied(release: Path, /, *, opt_outs: Path, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """Write down that the requests of a file were applied in a release, once no trace of them is left in it.

    Example: tilth governance applied releases/mine-2.0.0 --opt-outs opt_outs.parquet

    Parameters
    ----------
    release
        Folder of the release.
    opt_outs
        The file that it was built with.
    """
    from tilth.errors import CheckFailed
    from tilth.governance.check import check as traces_in
    from tilth.governance.export import mark_applied
    from tilth.store.opt_outs import read_opt_outs

    asked = read_opt_outs(opt_outs)
    if found := traces_in(release, asked):
        raise CheckFailed(
            f"{len(found)} traces are left in `{release}`", hint="`tilth governance check` lists them"
        )
    emit([{"request": name} for name in mark_applied(opened(ledger), release, asked)], output)
