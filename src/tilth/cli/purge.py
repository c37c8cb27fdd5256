"""`tilth governance purge`: deletes what no served release has, and writes down that it was done."""

from pathlib import Path

from tilth.cli.ledger import LedgerPlace, opened
from tilth.cli.options import DryRun, Output
from tilth.cli.output import emit, say


def purge(
    store: Path,
    /,
    *served: Path,
    dry_run: DryRun = False,
    ledger: LedgerPlace = None,
    output: Output = "auto",
) -> None:
    """Delete from a store the bytes that no served release has; the receipts of what was applied say so.

    Example: tilth governance purge releases/.tilth releases/mine-2.0.0 --dry-run

    Parameters
    ----------
    store
        Store that the releases were built with.
    served
        Every release of it that may still be read: what none of them has is deleted.
    """
    from tilth.data.purge import purge as delete
    from tilth.data.release.sealed import read_manifest
    from tilth.errors import UserError
    from tilth.governance.export import mark_purged
    from tilth.store.hashes import sha256_of
    from tilth.store.layout import Store

    if not served:
        raise UserError("no release is named", hint="name all that are served: what they have stays")
    if not store.is_dir():
        raise UserError(
            f"there is no store at `{store}`", hint="it is `.tilth` beside the release by default"
        )
    held = opened(ledger)
    found = delete(Store(store.absolute()), served, dry_run=dry_run)
    said = {"contents": found.contents, "bytes": found.num_bytes, "files": found.shards}
    if dry_run:
        emit(said, output)
        return
    manifests = [(release, read_manifest(release, withdrawn=True)) for release in served]
    releases = {
        f"{one['name']}-{one['version']}": sha256_of(path / "manifest.json") for path, one in manifests
    }
    told = mark_purged(held, said | {"served": releases})
    emit(said | {"requests": len(told)}, output)
    say("hint: `tilth governance receipt` gives those who asked a receipt that says so")
