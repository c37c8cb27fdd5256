"""Puts files at a URL, through fsspec."""

import shutil
from pathlib import Path
from typing import Any

from tilth.errors import UserError, WorkFailed


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UserError(
            f"cannot write to `{url}`: {error}", hint="`pip install 'tilth[s3]'` for `s3://`"
        ) from error
    return system, path


def put_file(source: Path, url: str) -> None:
    """Copies a file to `url`, whole: an object store shows it when its last byte is there.

    Raises:
        UserError: Nothing here can write to such a URL.
        WorkFailed: The place refuses it.
    """
    system, path = _file_system(url)
    try:
        if getattr(system, "local_file", False) or system.protocol in ("file", ("file", "local")):
            system.makedirs(Path(path).parent, exist_ok=True)
        with source.open("rb") as read, system.open(path, "wb") as write:
            shutil.copyfileobj(read, write, 2**22)
    except OSError as error:
        raise WorkFailed(
            f"cannot write `{url}`: {error}", hint="run the same command again to go on"
        ) from error


def size_of(url: str) -> int | None:
    """Bytes of the object at `url`; None where there is none."""
    system, path = _file_system(url)
    try:
        return int(system.size(path))
    except FileNotFoundError:
        return None
