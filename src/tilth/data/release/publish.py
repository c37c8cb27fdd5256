"""Copies a finished release to another place, such as an object store; the manifest goes last, as the commit."""

from pathlib import Path

from tilth.data.release.sealed import CHECKSUMS, read_manifest
from tilth.report.progress import Progress
from tilth.store.upload import put_file, size_of

LAST = (CHECKSUMS, "manifest.json")


def publish(release: Path, url: str, progress: Progress) -> int:
    """Copies every file of `release` to `url`.

    A file whose name holds its hash is left alone where one of its name and size is there.

    Returns:
        Files that were copied.

    Raises:
        UserError: The place cannot be written.
    """
    paths = [file["path"] for file in read_manifest(release)["files"]] + list(LAST)
    copied = 0
    with progress.stage("publish", total=len(paths), unit="files") as stage:
        for path in paths:
            source = release / path
            target = f"{url.rstrip('/')}/{path}"
            named_by_hash = path.startswith(
                ("data/", "contents/", "metadata/occurrences/", "metadata/drops/")
            )
            if not (named_by_hash and size_of(target) == source.stat().st_size):
                put_file(source, target)
                copied += 1
            stage.advance()
    return copied
