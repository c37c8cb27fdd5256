"""The public repositories that tables are made of, each at a commit, so that a table changes only when meant to."""

import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Source:
    """A repository at a commit."""

    name: str
    url: str
    commit: str
    licence: str


LINGUIST = Source(
    "linguist",
    "https://github.com/github-linguist/linguist",
    "b45dbe9b2825a43285bcd035861be91cc0a7299e",
    "MIT",
)
ROUGE = Source(
    "rouge", "https://github.com/rouge-ruby/rouge", "c2d22eb2c5320076ae06c022ab4287057f0cb40b", "MIT"
)
HIGHLIGHT = Source(
    "highlight.js",
    "https://github.com/highlightjs/highlight.js",
    "0bc57cfcfb7eab3de7b9ed07e51ff02f6dca441f",
    "BSD-3-Clause",
)


def unpacked(
    source: Source, folder: Path, repository: Path | None = None, *, paths: Sequence[str] = ()
) -> Path:
    """The files of a source in a folder, unpacked there once.

    Args:
        source: What to get.
        folder: Where to keep it, beside others.
        repository: A clone that has the commit, bare or not; else it is fetched.
        paths: What to unpack of it; everything where none is named.
    """
    target = folder / f"{source.name}-{source.commit[:12]}"
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    if repository is None:
        repository = folder / f"{source.name}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
        fetch = ["fetch", "--quiet", "--depth", "1", source.url, source.commit]
        subprocess.run(["git", "-C", str(repository), *fetch], check=True)
    archive = subprocess.run(
        ["git", "-C", str(repository), "archive", source.commit, *paths], check=True, stdout=subprocess.PIPE
    ).stdout
    unfinished = target.with_name(f"{target.name}.part")
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        tar.extractall(unfinished, filter="data")
    unfinished.rename(target)
    return target
