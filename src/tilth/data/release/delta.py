"""What brings a copy of one release up to another: the files that the other has new, and the names of all.

A file of a release that did not change is the same to the bit, so holders of the old one need only what was written
anew. A delta never says what was left out: it names whole files by their hashes.
"""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from tilth.data.release.sealed import CHECKSUMS, read_manifest
from tilth.data.release.write import link
from tilth.errors import CheckFailed, UserError
from tilth.report.progress import Progress
from tilth.store.atomic import check_room, whole_file
from tilth.store.hashes import sha256_of

FORMAT = "tilth-delta-1"
HEAD = "delta.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_HEAD_BYTES_MAX = 2**30


def write_delta(old: Path, new: Path, into: Path, progress: Progress) -> dict[str, int]:
    """Writes the delta from one release to another; the same two give the same bytes.

    Returns:
        Files and bytes that it carries, and those that stay.

    Raises:
        UserError: One of them is not a release.
        CheckFailed: A file is not the one in its manifest.
    """
    there = set(_files(old).values())
    files = _files(new)
    carried = sorted({digest for digest in files.values() if digest not in there})
    paths = {digest: path for path, digest in files.items()}
    head = {
        "format": FORMAT,
        "old": _name(old),
        "new": _name(new),
        "files": [{"path": path, "sha256": digest} for path, digest in sorted(files.items())],
    }
    num_bytes = 0
    with whole_file(into) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as out:
        out.writestr(zipfile.ZipInfo(HEAD, _EPOCH), json.dumps(head, indent=1, ensure_ascii=False))
        with progress.stage("delta", total=len(carried), unit="files") as stage:
            for digest in carried:
                source = new / paths[digest]
                if sha256_of(source) != digest:
                    raise CheckFailed(f"`{source}` is not the file in its manifest", hint=_VERIFY)
                with (
                    source.open("rb") as data,
                    out.open(zipfile.ZipInfo(digest, _EPOCH), "w", force_zip64=True) as to,
                ):
                    shutil.copyfileobj(data, to, 2**20)
                num_bytes += source.stat().st_size
                stage.advance()
    return {
        "carried_files": len(carried),
        "carried_bytes": num_bytes,
        "kept_files": len(files) - len(carried),
    }


def update(old: Path, delta: Path, into: Path | None, progress: Progress) -> dict[str, Any]:
    """Makes the new release out of a copy of the old one and a delta; every file is checked against its hash.

    Args:
        old: The copy of the old release.
        delta: The delta.
        into: Where the new one goes; in the place of the old one, which is then gone, where it is None.
        progress: Where to tell how it goes.

    Raises:
        UserError: The delta is not one, or begins at another release.
        CheckFailed: A file is not what it should be; the old copy is left as it was.
    """
    target = into or old
    if into is not None and into.exists():
        raise UserError(f"`{into}` is there already", hint="choose another `--into`")
    with _opened(delta) as given:
        head = _head(given, delta)
        if head["new"] == _name(old):
            return {"release": str(old), "was_there": True}
        if head["old"] != _name(old):
            raise UserError(
                f"`{delta}` begins at another release: {head['old']['name']} {head['old']['version']}",
                hint=f"`{old}` has another manifest: apply the deltas in their order",
            )
        building = target.with_name(f"{target.name}.updating")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(parents=True)
        check_room(building)
        try:
            _lay_out(head, old, given, building, progress)
        except BaseException as error:
            shutil.rmtree(building)
            if isinstance(error, zipfile.BadZipFile):
                raise CheckFailed(f"`{delta}` is damaged: {error}", hint="fetch it again") from error
            raise
    if into is None:
        replaced = old.with_name(f"{old.name}.replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        os.replace(old, replaced)
        os.replace(building, old)
        shutil.rmtree(replaced)
    else:
        os.replace(building, into)
    return {"release": str(target), "was_there": False, "files": len(head["files"])}


def _lay_out(
    head: dict[str, Any], old: Path, given: zipfile.ZipFile, building: Path, progress: Progress
) -> None:
    held = {digest: old / path for path, digest in _files(old).items()}
    carried = set(given.namelist())
    with progress.stage("update", total=len(head["files"]), unit="files") as stage:
        for file in head["files"]:
            path, digest = building / file["path"], file["sha256"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if digest in carried:
                with given.open(digest) as data, path.open("wb") as to:
                    shutil.copyfileobj(data, to, 2**20)
            elif digest in held and held[digest].is_file():
                link(held[digest], path)
            else:
                raise CheckFailed(f"neither the delta nor `{old}` has `{file['path']}`", hint=_VERIFY)
            if sha256_of(path) != digest:
                raise CheckFailed(f"`{file['path']}` has another hash than the delta says", hint=_VERIFY)
            stage.advance()
    manifest = {file["path"]: file["sha256"] for file in read_manifest(building)["files"]}
    claimed = {file["path"]: file["sha256"] for file in head["files"]}
    if manifest != {
        path: digest for path, digest in claimed.items() if path not in (CHECKSUMS, "manifest.json")
    }:
        raise CheckFailed("the files of the delta are not those of the manifest that it brings", hint=_DELTA)


def _opened(delta: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(delta)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"`{delta}` is not a delta that can be read: {error}", hint=_DELTA) from error


def _head(given: zipfile.ZipFile, delta: Path) -> dict[str, Any]:
    try:
        info = given.getinfo(HEAD)
        head: dict[str, Any] = json.loads(given.read(HEAD)) if info.file_size <= _HEAD_BYTES_MAX else {}
        paths = [PurePosixPath(file["path"]) for file in head["files"]]
        known = head["format"] == FORMAT and all(head[side]["manifest_sha256"] for side in ("old", "new"))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"`{delta}` is not a delta: {error}", hint=_DELTA) from error
    if not known or any(path.is_absolute() or ".." in path.parts or not path.parts for path in paths):
        raise UserError(f"`{delta}` is not a delta of this version ({FORMAT})", hint=_DELTA)
    return head


def _name(release: Path) -> dict[str, str]:
    manifest = read_manifest(release)
    digest = sha256_of(release / "manifest.json")
    return {"name": manifest["name"], "version": manifest["version"], "manifest_sha256": digest}


def _files(release: Path) -> dict[str, str]:
    """Path -> hash of every file, the manifest and the checksums too."""
    return dict(_hashes(release))


def _hashes(release: Path) -> Iterator[tuple[str, str]]:
    for file in read_manifest(release)["files"]:
        yield file["path"], file["sha256"]
    for path in (CHECKSUMS, "manifest.json"):
        yield path, sha256_of(release / path)


_VERIFY = "`tilth data verify` tells what is wrong with a release"
_DELTA = "`tilth data delta OLD NEW` writes one"
