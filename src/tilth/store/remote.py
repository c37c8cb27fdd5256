"""Paths and URLs that stand for files: found, named and brought here, each at most once."""

import glob
import hashlib
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, TypeVar

from tilth.errors import UserError, WorkFailed
from tilth.store.atomic import whole_file

ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
TIMEOUT_SECONDS = 60
PAGE_MAX_BYTES = 256 * 2**20
"""A page that is read into memory may not be larger."""

T = TypeVar("T")

_CHUNK_BYTES = 2**20
_GLOB_SIGNS = ("*", "?", "[")
_RETRIED = (408, 425, 429, 500, 502, 503, 504)
_ABSENT = (404, 410)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer that was read whole."""

    body: bytes
    content_type: str
    url: str
    """Where it came from after redirections, without a password."""


def is_url(path: str) -> bool:
    """Whether a path names something that is not on this machine's disks."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme != "file"


def found(paths: Iterable[str]) -> Iterator[str]:
    """The files that paths, globs and URLs name, each glob's in byte order.

    Raises:
        UserError: One of them names nothing, or a folder.
    """
    for path in paths:
        names = _remote_names(path) if is_url(path) else _local_names(_plain(path))
        if not names:
            raise UserError(f"`{path}` names no file", hint="check the path; a glob may use *, ? and **")
        yield from names


def as_url(path: str) -> str:
    """A URL without user and password; `file://` for a local path."""
    if not is_url(path):
        return Path(os.path.abspath(_plain(path))).as_uri()
    scheme, mark, rest = path.partition("://")
    host, slash, below = rest.partition("/")
    return scheme + mark + host.rpartition("@")[2] + slash + below


def local(path: str, cache: Path) -> Path:
    """The file itself where it is local, else a copy in `cache`, downloaded once for each of its versions.

    Raises:
        UserError: The URL's file system needs a package that is not installed, or the file does not exist.
        WorkFailed: It cannot be reached, and no copy is in `cache`.
    """
    if not is_url(path):
        return Path(os.path.abspath(_plain(path)))
    clean = as_url(path)
    folder = cache / hashlib.sha256(clean.encode()).hexdigest()[:24]
    name = clean.rpartition("/")[2].split("?")[0] or "file"
    try:
        version = _version(path)
    except WorkFailed:
        copies = sorted(folder.glob("*/*"), key=lambda copy: copy.stat().st_mtime_ns)
        if not copies:
            raise
        return copies[-1]
    target = folder / hashlib.sha256(version.encode()).hexdigest()[:16] / name
    if not target.exists():
        download(path, target)
    return target


def download(url: str, target: Path, *, sha256: str | None = None, cafile: str | None = None) -> None:
    """Brings a file here, whole or not at all.

    Raises:
        FileNotFoundError: The server says that there is none.
        WorkFailed: It cannot be reached, or its hash is not `sha256`.
    """

    def once() -> None:
        digest = hashlib.sha256()
        with whole_file(target) as temporary, temporary.open("wb") as out, _opened(url, cafile, {}) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                out.write(chunk)
            if sha256 and digest.hexdigest() != sha256:
                what = (
                    f"`{as_url(url)}` is not what its index names: sha256 {digest.hexdigest()}, not {sha256}"
                )
                raise WorkFailed(what, hint="the file was not kept; ask whoever keeps the index")

    retried(once, as_url(url))


def page(url: str, *, accept: str = "*/*", cafile: str | None = None) -> Page:
    """Reads a page of at most PAGE_MAX_BYTES; raises as `download` does."""

    def once() -> Page:
        with _opened(url, cafile, {"Accept": accept}) as answer:
            body = answer.read(PAGE_MAX_BYTES + 1)
            if len(body) > PAGE_MAX_BYTES:
                raise WorkFailed(f"`{as_url(url)}` is larger than {PAGE_MAX_BYTES} bytes")
            headers = getattr(answer, "headers", None)
            kind = headers.get_content_type() if headers is not None else ""
            return Page(body=body, content_type=kind, url=getattr(answer, "url", None) or url)

    return retried(once, as_url(url))


def retried(work: Callable[[], T], what: str) -> T:
    """Calls `work` up to ATTEMPTS times, waiting longer each time; `what` stands in the error.

    Raises:
        FileNotFoundError: At once, where the server says that there is no such thing.
        WorkFailed: After the last attempt, or at once where trying again cannot help.
    """
    error: Exception
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
        try:
            return work()
        except urllib.error.HTTPError as failure:
            failure.close()
            if failure.code in _ABSENT:
                raise FileNotFoundError(f"{what}: {failure.code}") from failure
            error = failure
            if failure.code not in _RETRIED:
                break
        except FileNotFoundError:
            raise
        # Time-outs, resets and unknown hosts are all kinds of OSError.
        except OSError as failure:
            error = failure
    raise WorkFailed(
        f"`{what}` cannot be reached: {error}", hint="run the same command again: what is here is kept"
    )


def sha256_of(path: Path) -> str:
    """sha256 of a local file; asked again for an untouched file, it answers from memory."""
    status = path.stat()
    return _sha256_of(str(path), status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _sha256_of(path: str, inode: int, size: int, mtime_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(path: str) -> str:
    if path.startswith("file://"):
        return urllib.request.url2pathname(urllib.parse.urlsplit(path).path)
    return os.path.expanduser(path)


def _local_names(path: str) -> list[str]:
    if os.path.isdir(path):
        raise UserError(
            f"`{path}` is a folder, not a file", hint="name its files with a glob, such as `folder/*.tar.gz`"
        )
    if os.path.exists(path) or not any(sign in path for sign in _GLOB_SIGNS):
        return [path] if os.path.exists(path) else []
    names = (name for name in glob.iglob(path, recursive=True) if not os.path.isdir(name))
    return sorted(names, key=os.fsencode)


def _remote_names(url: str) -> list[str]:
    if url.startswith(("http://", "https://")) or not any(sign in url for sign in _GLOB_SIGNS):
        return [url]
    system, path = _file_system(url)
    return sorted(system.unstrip_protocol(name) for name in retried(lambda: system.glob(path), as_url(url)))


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        scheme = url.partition("://")[0]
        hint = f"install what reads it, for example `pip install tilth[{scheme}]`"
        raise UserError(
            f"`{scheme}://` cannot be read here: {error}", where=as_url(url), hint=hint
        ) from error
    return system, path


def _version(url: str) -> str:
    """What the server says to tell one version of a file from another."""
    if not url.startswith(("http://", "https://")):
        system, path = _file_system(url)
        try:
            return str(retried(lambda: system.ukey(path), as_url(url)))
        except FileNotFoundError as error:
            raise UserError(f"`{as_url(url)}` does not exist") from error

    def once() -> str:
        with _opened(url, None, {}, method="HEAD") as answer:
            return "\n".join(
                f"{name}: {answer.headers.get(name, '')}"
                for name in ("ETag", "Last-Modified", "Content-Length")
            )

    try:
        return retried(once, as_url(url))
    except FileNotFoundError as error:
        raise UserError(f"`{as_url(url)}` does not exist") from error


def _opened(url: str, cafile: str | None, headers: dict[str, str], *, method: str = "GET") -> Any:
    if not url.startswith(("http://", "https://")):
        return _opened_elsewhere(url)
    import base64
    import ssl

    parts = urllib.parse.urlsplit(url)
    headers = {"User-Agent": "tilth", "Accept-Encoding": "identity", **headers}
    request = urllib.request.Request(as_url(url), headers=headers, method=method)
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        # Not sent on to where a redirection leads.
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    context = ssl.create_default_context(cafile=cafile)
    return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context)


def _opened_elsewhere(url: str) -> IO[bytes] | Any:
    if not is_url(url):
        return open(_plain(url), "rb")
    system, path = _file_system(url)
    return system.open(path, "rb")
