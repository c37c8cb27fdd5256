"""`tilth governance close`, `export`, `check` and `applied`: from an accepted request to a release without it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tilth.cli.ledger import KeysPlace, LedgerPlace, keys_at, opened
from tilth.cli.options import DryRun, Output
from tilth.cli.output import emit, say

ALIKE_LISTED_MIN = 0.7
"""Files that are less alike (Jaccard, word 5-grams) are not even listed."""


def close(
    release: Path,
    /,
    *requests: str,
    names: Path | None = None,
    take: list[str] | None = None,
    clone: list[Path] | None = None,
    store: Path | None = None,
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
    store
        Store that the release was built with: also looks for near copies of files that had left the release before.
    """
    alike = partial(_alike, release, store.absolute()) if store else None
    emit(
        closed(opened(ledger), release, requests, names, take or (), clone or (), keys, dry_run, alike),
        output,
    )


def closed(
    ledger: Any,
    release: Path,
    requests: Sequence[str],
    names: Path | None,
    take: Sequence[str],
    clones: Sequence[Path],
    keys: Path | None,
    dry_run: bool,
    alike: Any = None,
) -> list[dict[str, Any]]:
    """Closes requests, all that leave something out where none is named; a row for each place that was found."""
    from tilth.errors import UserError
    from tilth.governance.cases import case
    from tilth.governance.closing import close as close_all
    from tilth.governance.closure import UNDECIDED
    from tilth.governance.export import LEAVING_KINDS, in_force
    from tilth.governance.names import read_names

    if strange := sorted(set(take) - set(UNDECIDED)):
        raise UserError(f"`{strange[0]}` is no reason", hint=f"reasons: {', '.join(UNDECIDED)}")
    chosen = [case(ledger, one) for one in requests] if requests else in_force(ledger)
    rows: list[dict[str, Any]] = []
    for one, reach in close_all(
        ledger,
        release,
        # A correction says something of what it names alone.
        [one for one in chosen if one.request.kind in LEAVING_KINDS],
        names=read_names(names) if names else None,
        clones=clones,
        hidden=keys_at(keys).author if clones else str,
        alike=alike,
        take=take,
        dry_run=dry_run,
    ):
        found = [("leaves", row["why"], row) for row in reach.places]
        found += [("undecided", row["reason"], row) for row in reach.undecided]
        for what, why, row in found:
            place = {name: row.get(name) for name in ("origin", "path", "content_id", "is_kept")}
            rows.append({"request": one.request_id, "what": what, "why": why} | place)
        counted = Counter((what, why) for what, why, _ in found)
        told = ", ".join(f"{what} ({why}) {number}" for (what, why), number in sorted(counted.items()))
        say(f"{one.request_id}: {told or 'nothing there'}")
    return rows


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
    from tilth.store.opt_outs import read_opt_outs

    place = (store or release.absolute().parent / ".tilth").absolute()
    fail_on_traces(
        release, read_opt_outs(opt_outs), partial(_near_copies, old, release, place) if old else None, output
    )
    emit([], output)
    say("no trace is left", colour="green")


def fail_on_traces(release: Path, opt_outs: Any, alike: Any = None, output: Output = "auto") -> None:
    """Reads a release again, prints every trace of what was to be left out, and fails where there is one."""
    from tilth.errors import CheckFailed
    from tilth.governance.check import check as traces_in

    found = traces_in(release, opt_outs, alike)
    if found:
        emit([{"path": one.path, "what": one.what, "request": one.request} for one in found], output)
        raise CheckFailed(
            f"{len(found)} traces are left in `{release}`",
            hint="build it with the file of opt-outs that is in force",
        )


def _near_copies(old: Path, new: Path, store: Path) -> Iterator[tuple[str, str]]:
    """What in the new release is alike to what only the old one has."""
    from tilth.data.release.diff import gone
    from tilth.governance.closure import ALIKE_MIN

    for content, found, _, _, similarity in _alike(new, store, gone(old, new)):
        if similarity >= ALIKE_MIN:
            yield "", f"{found}, alike to {content}"


def _alike(release: Path, store: Path, ids: list[str]) -> Iterator[tuple[str, str, str, str, float]]:
    """What in a release is alike to some contents: of each (id, id of the other, its origin, path, likeness)."""
    from tilth.data.release.clusters import texts_of
    from tilth.data.search import Index
    from tilth.engine.choose import engine
    from tilth.report.progress import Progress
    from tilth.store.layout import Store

    place = Store(store)
    with Progress.open("none") as progress:
        index = Index.of(release, place, engine("local", 1, folder=store / "jobs"), progress)
    for begin in range(0, len(ids), 500):
        some = ids[begin : begin + 500]
        for content, text in zip(some, texts_of(place, some), strict=True):
            for row in index.nearest(text.encode()):
                if row["similarity"] >= ALIKE_LISTED_MIN:
                    yield content, row["content_id"], row["origin"], row["path"], row["similarity"]


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
    from tilth.governance.export import mark_applied
    from tilth.store.opt_outs import read_opt_outs

    asked = read_opt_outs(opt_outs)
    fail_on_traces(release, asked)
    emit([{"request": name} for name in mark_applied(opened(ledger), release, asked)], output)
