"""Reads what a sealed release claims about itself, where it may be read at all."""

import json
from pathlib import Path
from typing import Any

from tilth.errors import UserError
from tilth.store.notice import refuse_withdrawn

MANIFEST_VERSION = 1
CHECKSUMS = "SHA256SUMS"


def read_manifest(release: Path, *, withdrawn: bool = False) -> dict[str, Any]:
    """The manifest of a release.

    Args:
        release: Its folder.
        withdrawn: Read it also where a notice says that the release may not be used: for who checks or compares it.

    Raises:
        UserError: There is none, it is not one that this version can read, or the release was withdrawn.
    """
    if not withdrawn:
        refuse_withdrawn(release)
    path = release / "manifest.json"
    if not path.exists():
        raise UserError(
            f"`{release}` is not a release: it has no manifest.json", hint="`tilth data build` makes one"
        )
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
        number = manifest.get("manifest_version")
    except (ValueError, AttributeError) as error:
        raise UserError(f"`{path}` is not a manifest: {error}") from error
    if number != MANIFEST_VERSION:
        raise UserError(
            f"`{path}` has manifest version {number}, this tilth reads {MANIFEST_VERSION}",
            hint="install the version of tilth that it names under `tool`",
        )
    return manifest
