"""Debian source packages, fetched by the user's own apt; its lists are separate, the system's stay as they are."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tilth.data.sources import archive
from tilth.data.sources.package_record import Record, folder_of, load, save, unit_of
from tilth.errors import UserError, WorkFailed
from tilth.records import Entry, Refusal, Unit
from tilth.store import remote

NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
"""Debian Policy 5.6.1."""

_VERSION = re.compile(r"[A-Za-z0-9.+~:-]+")
_TIMEOUT_SECONDS = 1800
_TARBALL = re.compile(r"\.(?:orig(?:-(?P<part>[A-Za-z0-9-]+))?|(?P<debian>debian))?\.?tar\.\w+$")
_lists_made: set[Path] = set()


def resolve(name: str, version: str | None, cache: Path) -> Unit | Refusal:
    """The unit of one version; from `cache` alone where the version is stated and was downloaded before.

    Raises:
        UserError: There is no apt.
        WorkFailed: No list of source packages can be fetched, or a file is not the one that its .dsc names.
    """
    refused = {
        "origin": f"pkg:deb/debian/{name}" + (f"@{version}" if version else ""),
        "repo_name": f"debian/{name}",
    }
    if not NAME.fullmatch(name) or (version is not None and not _VERSION.fullmatch(version)):
        return Refusal(**refused, reason="package_not_found", value="not a name and version of Debian")
    folder = folder_of(cache, "deb", name, version or "")
    if version and (record := load(folder)):
        return unit_of(record, folder)
    options = _options(cache)
    with tempfile.TemporaryDirectory(dir=_made(cache / "packages")) as place:
        spec = f"{name}={version}" if version else name
        done = _apt(["source", "--download-only", "--only-source", *options, spec], Path(place))
        dsc = next(Path(place).glob("*.dsc"), None)
        if done.returncode or dsc is None:
            return Refusal(**refused, reason="package_not_found", value=_last_line(done.stderr))
        fields = _fields(dsc.read_text("utf-8", "replace"))
        found = fields["Version"][0]
        files = {dsc.name: remote.sha256_of(dsc), **_verified(dsc, fields)}
        folder = _made(folder_of(cache, "deb", name, found))
        for file in files:
            shutil.move(Path(place) / file, folder / file)
    record = Record("deb", name, found, files)
    save(folder, record)
    return unit_of(record, folder)


def stream(unit: Unit) -> Iterator[tuple[Entry, bytes | None]]:
    """The files of every tarball of the .dsc, laid out as unpacked: `debian/` and components in their folders."""
    dsc = Path(unit.location)
    seen: set[str] = set()
    for name in sorted(_verified(dsc, _fields(dsc.read_text("utf-8", "replace"))), key=_rank):
        match = _TARBALL.search(name)
        if match is None:
            yield (
                Entry(path=f"./@{name}", refused="not_applied", refused_value="a patch or a signature"),
                None,
            )
            continue
        under = f"{match['part']}/" if match["part"] else ""
        for entry, data in archive.read(dsc.parent / name, strip=not match["debian"], under=under):
            if entry.path in seen:
                entry = archive.second_copy(entry)
            seen.add(entry.path)
            yield entry, None if entry.refused else data


def source_lists(texts: dict[str, str]) -> dict[str, str]:
    """The configured lists with every binary archive turned into its source archive; by file name."""
    turned = {}
    for name, text in texts.items():
        if name.endswith(".sources"):
            turned[name] = re.sub(r"(?mi)^Types:.*$", "Types: deb-src", text)
        else:
            lines = (line.strip() for line in text.splitlines())
            kept = (re.sub(r"^deb(-src)?\s", "deb-src ", line) for line in lines if line.startswith("deb"))
            turned[name] = "\n".join(dict.fromkeys(kept)) + "\n"
    return turned


def _rank(name: str) -> int:
    """Debian's own tarball first: it replaces a `debian/` folder of the original one."""
    return 0 if ".debian.tar" in name else 1 if ".orig.tar" in name else 2


def _options(cache: Path) -> list[str]:
    """Options for apt to use lists of its own, fetched once a process."""
    place = _made(cache.absolute() / "apt")
    parts, lists, archives = (_made(place / name) for name in ("sources", "lists", "archives"))
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": parts,
        "Dir::State::lists": lists,
        "Dir::Cache::archives": archives,
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Get::List-Cleanup": "false",
    }
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # apt as root would fetch as a user that may not write here.
        settings["APT::Sandbox::User"] = "root"
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    if place not in _lists_made:
        for name, text in source_lists(_configured()).items():
            (parts / name).write_text(text, "utf-8")
        done = _apt(["update", *options], place)
        if not list(lists.glob("*Sources*")):
            hint = "check the network and the lists in /etc/apt"
            raise WorkFailed(f"apt fetched no list of source packages: {_last_line(done.stderr)}", hint=hint)
        _lists_made.add(place)
    return options


def _configured() -> dict[str, str]:
    root = Path("/etc/apt")
    paths = [
        root / "sources.list",
        *(root / "sources.list.d").glob("*.list"),
        *(root / "sources.list.d").glob("*.sources"),
    ]
    return {path.name: path.read_text("utf-8", "replace") for path in paths if path.is_file()}


def _apt(arguments: list[str], place: Path) -> "subprocess.CompletedProcess[str]":
    client = shutil.which("apt-get")
    if client is None:
        raise UserError(
            "Debian packages are fetched by `apt-get`, which is not installed", hint="run this on Debian"
        )
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        [client, "-qq", "-o", "Acquire::Retries=3", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )


def _fields(text: str) -> dict[str, list[str]]:
    """Fields of a control file (Debian Policy 5.1), the lines of each; a signature around it is passed over."""
    fields: dict[str, list[str]] = {}
    key = ""
    for line in text.splitlines():
        if line.startswith("-----BEGIN PGP SIGNATURE"):
            break
        if line[:1] in (" ", "\t") and key:
            fields[key].append(line.strip())
        elif ":" in line:
            key, _, value = line.partition(":")
            fields[key] = [value.strip()]
    return fields


def _verified(dsc: Path, fields: dict[str, list[str]]) -> dict[str, str]:
    """The files that a .dsc names, with their sha256, each compared."""
    files = {}
    for line in fields.get("Checksums-Sha256", []):
        if not line:
            continue
        sha256, _, name = line.split()
        if "/" in name or remote.sha256_of(dsc.parent / name) != sha256:
            raise WorkFailed(
                f"`{name}` is not the file that `{dsc.name}` names", hint="it was not kept; try again"
            )
        files[name] = sha256
    if not files:
        raise WorkFailed(f"`{dsc.name}` states no sha256 of its files")
    return files


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
