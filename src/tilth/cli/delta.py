"""`tilth data delta` and `tilth data update`: bring a copy of a release up to a later one."""

from pathlib import Path

from tilth.cli.options import Output
from tilth.cli.output import emit, say


def delta(old: Path, new: Path, /, *, into: Path | None = None, output: Output = "auto") -> None:
    """Write the file that brings copies of one release up to another.

    It holds the files that the new release does not share with the old one, and the hashes of all.

    Example: tilth data delta releases/mine-1.0.0 releases/mine-2.0.0

    Parameters
    ----------
    old
        Folder of the release that holders have.
    new
        Folder of the release that they should have.
    into
        File to write; `OLD-to-NEW.delta` beside the new release by default.
    """
    from tilth.data.release.delta import write_delta
    from tilth.report.progress import Progress

    path = into or new.parent / f"{old.name}-to-{new.name}.delta"
    with Progress.open("auto") as progress:
        said = write_delta(old, new, path, progress)
    emit({"delta": str(path)} | said, output)


def update(old: Path, /, *, delta: Path, into: Path | None = None, output: Output = "auto") -> None:
    """Bring a copy of a release up to a later one, in its place.

    Every file is checked against its hash first; where one is not what it should be, the copy stays as it was.

    Example: tilth data update my-copy --delta mine-1.0.0-to-mine-2.0.0.delta

    Parameters
    ----------
    old
        Folder of the copy.
    delta
        The file that `tilth data delta` wrote.
    into
        Folder for the new release, where the old copy should stay.
    """
    from tilth.data.release.delta import update as update_copy
    from tilth.report.progress import Progress

    with Progress.open("auto") as progress:
        said = update_copy(old, delta, into, progress)
    emit(said, output)
    if said["was_there"]:
        say("it is up to date already")
