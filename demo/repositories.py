"""Git repositories made from real packages: one commit for each published version, dated as it was uploaded.

    python demo/repositories.py demo/work

The packages come through tilth's own `package` source, from the index that pip is configured for.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from tilth.config.sources import PackageSource
from tilth.data.sources.package import resolve
from tilth.records import Refusal, Unit

HISTORIES = {
    "plain/itsdangerous": ["1.1.0", "2.0.1", "2.1.2", "2.2.0"],
    "plain/colorama": ["0.4.4", "0.4.5", "0.4.6"],
    "with-history/markupsafe": ["1.1.1", "2.0.1", "2.1.5", "3.0.2"],
}
"""Folder and name of each repository, and its versions from old to new."""


def make(name: str, versions: list[str], target: Path, downloads: Path) -> None:
    """Write one bare repository with a commit and a tag for each version."""
    work = target.with_suffix(".work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    for version in versions:
        unit = downloaded(name, version, downloads)
        for path in work.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        unpack(Path(unit.location), work)
        date = unit.revision_date or datetime(2020, 1, 1, tzinfo=UTC)
        git(work, "add", "-A", "-f", ".")
        git(work, "commit", "-q", "--allow-empty", "-m", f"{name} {version}", date=date.isoformat())
        git(work, "tag", version)
    git(work, "clone", "-q", "--bare", ".", str(target.absolute()))
    git(target, "remote", "set-url", "origin", f"https://example.org/{name}/{name}")
    shutil.rmtree(work)


def downloaded(name: str, version: str, downloads: Path) -> Unit:
    """The source archive of one version."""
    source = PackageSource(kind="package", index="pypi", packages=(f"{name}=={version}",))
    (unit,) = resolve(source, downloads)
    if isinstance(unit, Refusal):
        raise SystemExit(f"error: {name} {version}: {unit.reason} {unit.value}")
    return unit


def unpack(archive: Path, work: Path) -> None:
    """The files of a source archive, without its outermost folder."""
    inside = work / ".unpacked"
    with tarfile.open(archive) as tar:
        tar.extractall(inside, filter="data")
    (top,) = inside.iterdir()
    for path in top.iterdir():
        path.rename(work / path.name)
    shutil.rmtree(inside)


def git(folder: Path, *arguments: str, date: str = "2020-01-01T00:00:00+00:00") -> None:
    """Run git as nobody in particular, without the user's settings."""
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "demo"), ("EMAIL", "demo@example.org"), ("DATE", date))
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-c", "core.autocrlf=false", "-C", str(folder), *arguments], check=True, env=env)


def main(work: Path) -> None:
    """Make the repositories that are not there yet."""
    for place, versions in HISTORIES.items():
        target = work / "repositories" / f"{place}.git"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            make(target.stem, versions, target, work / "store" / "downloads")
        print(f"{target}: {len(versions)} commits")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
