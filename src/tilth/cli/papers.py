"""`tilth data papers`: what describes a release to people, programs and auditors."""

from pathlib import Path

from tilth.cli.options import Output
from tilth.cli.output import emit


def papers(release: Path, into: Path, /, *, requests: Path | None = None, output: Output = "auto") -> None:
    """Write the papers of a release anew, beside it: what describes it to people, programs and auditors.

    A release has its papers already; this makes them for one that was built before there were any, or with the counts
    of a ledger of requests.

    Example: tilth data papers releases/mine papers

    Parameters
    ----------
    release
        Folder of the release.
    into
        Folder to write to, outside the release.
    requests
        Requests of a ledger, a JSON object a line: `request`, `kind`, `state`, `received`, `decided`.
    """
    from tilth.data.release.papers.governance import read_requests
    from tilth.data.release.papers.write import write_papers
    from tilth.data.release.sealed import read_manifest
    from tilth.errors import UserError

    manifest = read_manifest(release, withdrawn=True)
    if into.resolve().is_relative_to(release.resolve()):
        raise UserError(f"`{into}` is inside the release, which is sealed", hint="write the papers beside it")
    rows = read_requests(requests) if requests else None
    emit([{"paper": str(into / name)} for name in write_papers(release, into, manifest, rows)], output)
