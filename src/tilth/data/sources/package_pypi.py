"""Source archives of Python packages, downloaded and never built."""

from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tilth.data.sources import package_index
from tilth.data.sources.package_record import Record, folder_of, load, save, unit_of
from tilth.records import Refusal, Unit
from tilth.store import remote


def resolve(name: str, version: str | None, cache: Path) -> Unit | Refusal:
    """The unit of one version; from `cache` alone where the version is stated and was downloaded before.

    Raises:
        WorkFailed: The index cannot be reached, or the file is not the one that it names.
    """
    name = canonicalize_name(name)
    if version is not None and (unit := _cached(name, version, cache)):
        return unit
    indexes = package_index.configured()
    found = package_index.sdists(name, indexes)
    stated = f"=={version}" if version else ""
    refused = {"origin": f"pkg:pypi/{name}" + (f"@{version}" if version else ""), "repo_name": f"pypi/{name}"}
    if found is None:
        return Refusal(**refused, reason="package_not_found", value=f"{name}{stated}")
    sdist = package_index.choose(found, version)
    if sdist is None:
        return Refusal(
            **refused, reason="no_source_archive", value=f"{name}{stated}: {len(found)} of other versions"
        )
    if unit := _cached(name, str(sdist.version), cache):
        return unit
    folder = folder_of(cache, "pypi", name, str(sdist.version))
    target = folder / Path(sdist.file_name).name
    try:
        remote.download(sdist.url, target, sha256=sdist.sha256, cafile=indexes.cafile)
    except FileNotFoundError:
        return Refusal(
            **refused, reason="no_source_archive", value=f"{sdist.file_name} is listed but not there"
        )
    files = {target.name: remote.sha256_of(target)}
    record = Record("pypi", name, str(sdist.version), files, sdist.uploaded)
    save(folder, record)
    return unit_of(record, folder)


def _cached(name: str, version: str, cache: Path) -> Unit | None:
    try:
        folder = folder_of(cache, "pypi", name, str(Version(version)))
    except InvalidVersion:
        return None
    record = load(folder)
    return unit_of(record, folder) if record else None
