"""`tilth data licences`: what lists say of the licences of a release, and which of them fit together."""

from pathlib import Path

from tilth.cli.options import Output
from tilth.cli.output import emit, say
from tilth.cli.reading import reads_release


@reads_release
def licences(release: Path, /, *, use: str | None = None, output: Output = "auto") -> None:
    """Show the licences of a release: class, ratings, the chosen side of a choice, and what may be joined with what.

    Compatibility is by OSADL's matrix, whose version is named. It is not legal advice.

    Example: tilth data licences releases/mine --use GPL-3.0-only

    Parameters
    ----------
    release
        Folder of the release.
    use
        SPDX expression of the work that the files are to be part of.
    """
    from tilth.data.release import licences as of_release
    from tilth.data.release.sealed import read_manifest

    manifest = read_manifest(release)
    rows = of_release.licences_of(manifest, use)
    apart, together, matrix = of_release.apart(manifest), of_release.together(manifest), of_release.matrix()
    if output == "json":
        emit({"licences": rows, "apart": apart, "together": together, "matrix": matrix}, output)
        return
    emit(rows, output)
    emit(apart, output)
    words = ", ".join(together) or "no licence of the matrix"
    say(f"a work that holds every file may be under: {words} ({matrix})")
