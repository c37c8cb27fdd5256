"""Programs of Debian's newest packages in a folder of their own: nothing is installed into the system.

The packages and all that they depend on, the C library too, are unpacked and run with that library's own loader, so
that the system's release and what it has installed do not matter. Needs apt-get and dpkg-deb, not root.
"""

import os
import platform
import shutil
import subprocess
from pathlib import Path

SUITE = "sid"
SOURCES_SUITE = "bookworm"
"""Sources are taken from a suite that changes no more, so that what is measured stays the same."""

KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class NotInstallable(Exception):
    """A peer cannot be had on this machine; the text says why."""


def unpacked(folder: Path, packages: list[str], *, alone: bool = False) -> Path:
    """The root folder that has the packages, fetched and unpacked once.

    Args:
        folder: Where to keep it.
        packages: Names of binary packages.
        alone: Leave out what they depend on.

    Raises:
        NotInstallable: apt is missing, or the packages cannot be fetched.
    """
    root = folder / f"debian-{'-'.join(packages)}"
    if root.is_dir():
        return root
    settings = _lists(folder / "apt", SUITE, "deb")
    archives = folder / "apt" / f"archives-{packages[0]}"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    if alone:
        _apt(settings, ["download", *packages], archives)
    else:
        place = f"-oDir::Cache::archives={archives.absolute()}"
        _apt(
            settings,
            ["install", place, "--download-only", "--yes", "--no-install-recommends", *packages],
            archives,
        )
    unfinished = root.with_name(f"{root.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    for package in sorted(archives.glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(unfinished)], check=True)
    unfinished.rename(root)
    return root


def source(folder: Path, package: str) -> Path:
    """The .dsc of a source package, fetched once with what it names.

    Raises:
        NotInstallable: apt is missing, or the mirror has not all of it.
    """
    place = folder / "sources" / package
    if not place.is_dir():
        settings = _lists(folder / "apt-sources", SOURCES_SUITE, "deb-src")
        unfinished = place.with_name(f"{package}.part")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _apt(settings, ["source", "--download-only", "--only-source", package], unfinished)
        unfinished.rename(place)
    return next(place.glob("*.dsc"))


def version(folder: Path, package: str) -> str:
    """The version of a package that was unpacked."""
    found = sorted((folder / "apt").glob(f"archives-*/{package}_*.deb"))
    return found[-1].name.split("_")[1].replace("%3a", ":") if found else "unknown"


def triple() -> str:
    """The name that libraries of this machine are sorted under."""
    return f"{platform.machine()}-linux-gnu"


def loader(root: Path) -> list[str]:
    """The start of a command that runs a program of the root with the libraries of the root."""
    places = [root / "usr" / "lib" / triple(), root / "lib" / triple()]
    found = [path for place in places for path in place.glob("ld-linux-*.so.*")]
    if not found:
        raise NotInstallable(f"no loader in {root}")
    return [str(found[0].absolute()), "--library-path", ":".join(str(place.absolute()) for place in places)]


def _lists(place: Path, suite: str, kind: str) -> dict[str, str]:
    """Settings of apt with lists of its own, fetched once."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise NotInstallable("apt-get and dpkg-deb are needed")
    if not KEYS.is_file():
        raise NotInstallable(f"{KEYS} is missing")
    for name in ("sources", "lists", "archives"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / "status").touch()
    (place / "sources" / "debian.sources").write_text(
        f"Types: {kind}\nURIs: http://deb.debian.org/debian\nSuites: {suite}\nComponents: main\nSigned-By: {KEYS}\n"
    )
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str((place / "sources").absolute()),
        "Dir::State::lists": str((place / "lists").absolute()),
        "Dir::State::status": str((place / "status").absolute()),
        "Dir::Cache::archives": str((place / "archives").absolute()),
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Debug::NoLocking": "true",
        "Acquire::http::Timeout": "20",
        "Acquire::Retries": "1",
        "APT::Sandbox::User": "root",
    }
    if not [*(place / "lists").glob("*Packages*"), *(place / "lists").glob("*Sources*")]:
        _apt(settings, ["update"], place)
    return settings


def _apt(settings: dict[str, str], arguments: list[str], place: Path) -> None:
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    done = subprocess.run(
        ["apt-get", "-qq", *options, *arguments],
        cwd=place,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NotInstallable(
            f"apt-get {arguments[0]}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}"
        )
