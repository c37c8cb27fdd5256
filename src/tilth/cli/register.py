"""`tilth governance register`, `reach` and `models`: from a repository to every model that it went into."""

from pathlib import Path
from typing import Any

from tilth.cli.ledger import LedgerPlace, opened
from tilth.cli.options import Output
from tilth.cli.output import emit, say

LINEAGE = "lineage.json"


def registered(ledger: str | None, *, make: bool = False) -> Any:
    """The register of the ledger that is meant."""
    held = opened(ledger, make=make)
    from tilth.governance.register import Register

    return Register(held)


def register_run(folder: Path) -> None:
    """Registers a model that was just trained, where there is a ledger to write it down in."""
    import os
    from importlib.util import find_spec

    where = os.environ.get("TILTH_LEDGER") or "governance/ledger.sqlite"
    if ("://" in where or Path(where).exists()) and find_spec("sqlalchemy") and (folder / LINEAGE).is_file():
        registered(where).add(folder)
        say(f"registered in `{where}`")


def register(*folders: Path, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """Write releases, task sets and models down in the register, with all that they say they were made of.

    Example: tilth governance register models/mine

    Parameters
    ----------
    folders
        Folders of releases, task sets or trained models.
    """
    held = registered(ledger)
    rows = [
        {"kind": one.kind, "name": one.name, "version": one.version, "sha256": one.sha256}
        for folder in folders
        for one in held.add(folder)
    ]
    emit([dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in rows)], output)


def reach(what: str, /, *, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """List every release, task set and model that a repository, a SWHID or a file went into.

    Example: tilth governance reach github.com/owner/name

    Parameters
    ----------
    what
        A repository or an account (address or URL), a SWHID (cnt, rev, dir, snp), or a file on this machine.
    """
    from tilth.governance.models_reached import described, sought
    from tilth.governance.models_reached import reach as found_in

    hits, unknown = found_in(registered(ledger).all(), sought(what))
    emit([described(one) for one in hits], output)
    for one in unknown:
        say(
            f"not known: {one.kind} {one.name} {one.version}, whose folder `{one.path}` is gone",
            colour="yellow",
        )
    if not hits:
        say("it went into nothing that is registered and known")


def models(*, withdrawn: bool = False, ledger: LedgerPlace = None, output: Output = "auto") -> None:
    """List the models that are registered, or those that stand on a release that was withdrawn.

    Example: tilth governance models --withdrawn

    Parameters
    ----------
    withdrawn
        Only models that stand on a withdrawn release, with the reason.
    """
    from tilth.governance.models_reached import on_withdrawn

    artefacts = registered(ledger).all()
    if withdrawn:
        rows = [
            {
                "model": model.name,
                "release": f"{release.name} {release.version}",
                "since": notice.date,
                "reason": notice.reason,
                "replaced_by": notice.replaced_by,
                "path": model.path,
                "sha256": model.sha256,
            }
            for model, release, notice in on_withdrawn(artefacts)
        ]
        emit(rows, output)
        return
    by_hash = {one.sha256: one for one in artefacts}
    emit(
        [
            {
                "model": one.name,
                "stands_on": ", ".join(
                    f"{below.kind} {below.name} {below.version}".strip()
                    for sha256 in sorted(one.stands_on)
                    if (below := by_hash.get(sha256))
                ),
                "repositories": len(one.repositories),
                "path": one.path,
                "sha256": one.sha256,
            }
            for one in artefacts
            if one.kind == "model"
        ],
        output,
    )
