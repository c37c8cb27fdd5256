"""`tilth data similar`: what is like a file or a snippet in a release."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say
from tilth.cli.reading import reads_release


@reads_release
def similar(
    release: Path,
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    limit: int = 10,
    store: Path | None = None,
    output: Output = "auto",
) -> None:
    """Find the files of a release that are most like a file, or that a snippet stands in.

    The first time, the signatures of the release are laid side by side in the store; later, a search of a million
    files takes some hundredths of a second. A snippet is found in a file of which it is a twentieth or more.

    Example: tilth data similar releases/first-0.1.0 snippet.py

    Parameters
    ----------
    release
        Folder of the release.
    file
        File to look for; `-` reads it from standard input.
    limit
        How many to name at the most.
    store
        Store that the release was built with; `.tilth` beside the release by default.
    """
    from tilth.data.facts.encoding import decode
    from tilth.data.search import Index
    from tilth.engine.choose import engine
    from tilth.errors import UserError
    from tilth.report.progress import Progress
    from tilth.store.layout import Store

    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UserError(f"`{file}` cannot be read: {error.strerror}", hint="name a file, or `-`") from error
    codec, text = decode(raw)
    if codec is None:
        raise UserError(f"`{file}` holds no text", hint="only texts are compared")
    place = Store((store or release.absolute().parent / ".tilth").absolute())
    runner = engine("local", 1, folder=place.root / "jobs")
    with Progress.open("auto") as progress:
        found = Index.of(release, place, runner, progress).nearest(text, limit)
    emit(found, output)
    if not found:
        say("nothing is like it: too short (five words are the least), or not there")
