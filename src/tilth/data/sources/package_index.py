"""Python package indexes as pip is configured to use them: PEP 503 pages, PEP 691 JSON, `file://`, find-links."""

import ast
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from urllib.request import url2pathname

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import InvalidVersion, Version

from tilth.errors import UserError
from tilth.store import remote

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_SHA256 = re.compile(r"sha256=([0-9a-fA-F]{64})")
_DEFAULT = re.compile(r"--index-url.*?\(default\s+(\S+?)\)", re.DOTALL)
_SETTING = re.compile(r"(?:(:env:)|(\w+))\.([\w-]+)=(.*)")


@dataclass(frozen=True, slots=True)
class Indexes:
    """Where pip would look, in its order."""

    urls: tuple[str, ...]
    links: tuple[str, ...] = ()
    cafile: str | None = None


@dataclass(frozen=True, slots=True)
class Sdist:
    """A source archive that an index lists."""

    url: str
    file_name: str
    version: Version
    sha256: str | None
    uploaded: str | None
    is_yanked: bool


@lru_cache(maxsize=1)
def configured() -> Indexes:
    """What `pip config` and the environment say; pip's own default where they say nothing."""
    settings = _pip_settings()
    for name in ("index-url", "extra-index-url", "find-links", "cert", "no-index"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value is not None:
            settings[name] = value
    urls = (settings.get("index-url") or _default_index(), *settings.get("extra-index-url", "").split())
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        urls = ()
    return Indexes(urls, tuple(settings.get("find-links", "").split()), settings.get("cert"))


def sdists(name: str, indexes: Indexes) -> list[Sdist] | None:
    """Every source archive of a package; None where no index has the package.

    Raises:
        WorkFailed: An index cannot be reached.
    """
    found: list[Sdist] = []
    is_known = False
    for index in indexes.urls:
        try:
            page = remote.page(_page_url(index, name), accept=_ACCEPT, cafile=indexes.cafile)
        except (FileNotFoundError, NotADirectoryError):
            continue
        is_known = True
        base = _page_url(index, name) if index.startswith("file://") or not remote.is_url(index) else page.url
        files = _from_json(page.body, base) if "json" in page.content_type else _from_html(page.body, base)
        found += [sdist for file in files if (sdist := _as_sdist(name, file))]
    for folder in indexes.links:
        found += [sdist for file in _linked(folder) if (sdist := _as_sdist(name, file))]
    return found if is_known or found else None


def choose(found: list[Sdist], version: str | None) -> Sdist | None:
    """The stated version, or the highest that is not yanked; pre-releases only where there is nothing else."""
    if version is not None:
        try:
            wanted = Version(version)
        except InvalidVersion:
            return None
        return next((sdist for sdist in found if sdist.version == wanted), None)
    fit = [sdist for sdist in found if not sdist.is_yanked]
    fit = [sdist for sdist in fit if not sdist.version.is_prerelease] or fit
    # max() keeps the first of equals, which is that of the first index.
    return max(fit, key=lambda sdist: sdist.version, default=None)


def _pip_settings() -> dict[str, str]:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    by_rank: list[tuple[int, str, str]] = []
    for line in asked.stdout.splitlines():
        match = _SETTING.fullmatch(line.strip())
        if not match or match[2] not in (None, "global", "download"):
            continue
        rank = 2 if match[1] else 1 if match[2] == "download" else 0
        by_rank.append((rank, match[3], str(ast.literal_eval(match[4]))))
    return {name: value for _, name, value in sorted(by_rank, key=lambda setting: setting[0])}


def _default_index() -> str:
    """The index that pip uses by itself, as its help states it."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "help", "install"], capture_output=True, text=True, check=False
    )
    if match := _DEFAULT.search(asked.stdout):
        return match[1]
    raise UserError(
        "pip names no package index",
        hint="`pip config set global.index-url URL`, or install pip in this environment",
    )


def _page_url(index: str, name: str) -> str:
    url = f"{index.rstrip('/')}/{canonicalize_name(name)}/"
    if remote.is_url(url):
        return url
    url = url if url.startswith("file://") else Path(url).absolute().as_uri() + "/"
    return url + "index.html"


_File = tuple[str, str, str | None, str | None, bool]
"""Name, URL, sha256, time of upload, yanked."""


def _from_json(body: bytes, base: str) -> list[_File]:
    files: list[dict[str, Any]] = json.loads(body).get("files", [])
    return [
        (
            file["filename"],
            urljoin(base, file["url"]),
            file.get("hashes", {}).get("sha256"),
            file.get("upload-time"),
            bool(file.get("yanked")),
        )
        for file in files
    ]


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, bool]] = []
        self.base = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "base":
            self.base = values.get("href") or ""
        elif tag == "a" and values.get("href"):
            self.found.append((str(values["href"]), "data-yanked" in values))


def _from_html(body: bytes, base: str) -> list[_File]:
    anchors = _Anchors()
    anchors.feed(body.decode("utf-8", "replace"))
    files: list[_File] = []
    for href, is_yanked in anchors.found:
        url, fragment = urldefrag(urljoin(urljoin(base, anchors.base), href))
        match = _SHA256.search(fragment)
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        files.append((name, url, match[1].lower() if match else None, None, is_yanked))
    return files


def _linked(place: str) -> list[_File]:
    path = Path(url2pathname(urlsplit(place).path)) if place.startswith("file://") else Path(place)
    if remote.is_url(place):
        page = remote.page(place)
        return _from_html(page.body, page.url)
    if path.is_file():
        return _from_html(path.read_bytes(), path.absolute().as_uri())
    return [(file.name, file.absolute().as_uri(), None, None, False) for file in sorted(path.glob("*"))]


def _as_sdist(package: str, file: _File) -> Sdist | None:
    name, url, sha256, uploaded, is_yanked = file
    try:
        found, version = parse_sdist_filename(name)
    except (InvalidSdistFilename, InvalidVersion):
        return None
    if found != canonicalize_name(package):
        return None
    return Sdist(url, name, version, sha256, uploaded, is_yanked)
