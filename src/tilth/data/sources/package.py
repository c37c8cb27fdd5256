"""Source packages of PyPI, npm and Debian, through what the user has configured for each."""

import re
from collections.abc import Iterator
from pathlib import Path

from tilth.config.sources import PackageSource
from tilth.data.sources import archive, package_debian, package_npm, package_pypi
from tilth.errors import UserError
from tilth.records import Entry, Refusal, Unit
from tilth.store import remote

_SEPARATORS = {"pypi": "==", "npm": "@", "debian": "="}
_PYPI_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_RESOLVERS = {"pypi": package_pypi.resolve, "npm": package_npm.resolve, "debian": package_debian.resolve}


def resolve(source: PackageSource, cache: Path) -> Iterator[Unit | Refusal]:
    """One unit for each package, downloaded into `cache`; a package that does not exist is a refusal.

    Raises:
        UserError: A name that cannot be one, a list that cannot be read, or a client that is not installed.
        WorkFailed: A registry cannot be reached, or sends something other than it names.
    """
    wanted = dict.fromkeys(parse(text, source.index) for text in (*source.packages, *_listed(source.list)))
    for name, version in wanted:
        yield _RESOLVERS[source.index](name, version, cache)


def stream(unit: Unit, source: PackageSource) -> Iterator[tuple[Entry, bytes | None]]:
    """Every path of a package, once, with its bytes, as the unpacked package would lay them out."""
    path = Path(unit.location)
    if remote.sha256_of(path) != unit.tree_key.removeprefix("archive:"):
        value = "not the file that was downloaded"
        yield Entry(path=archive.WHOLE, refused="changed_while_read", refused_value=value), None
    elif source.index == "debian":
        yield from package_debian.stream(unit)
    else:
        yield from archive.read(path)


def parse(text: str, index: str) -> tuple[str, str | None]:
    """Name and version of `requests==2.32.3`, `@scope/name@1.0.0` or `hello=2.10-3`.

    Raises:
        UserError: It is neither a name nor a name and a version.
    """
    text = text.strip()
    separator = _SEPARATORS[index]
    # The first character may be the `@` of a scope.
    name, found, version = text[:1] + text[1:].partition(separator)[0], *text[1:].partition(separator)[1:]
    name, version = name.strip(), version.strip()
    pattern = {"pypi": _PYPI_NAME, "npm": package_npm.NAME, "debian": package_debian.NAME}[index]
    if not pattern.fullmatch(name) or (found and not version) or version.startswith(("=", "-")):
        example = {"pypi": "requests==2.32.3", "npm": "left-pad@1.3.0", "debian": "hello=2.10-3"}[index]
        raise UserError(
            f"`{text}` is not a package of {index}", hint=f"write it like `{example}`, or the name alone"
        )
    return name, version or None


def _listed(path: str | None) -> list[str]:
    if path is None:
        return []
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"the list `{path}` cannot be read: {error}", hint="it is text with a package a line"
        ) from error
    names = (line.partition("#")[0].strip() for line in lines)
    return [name for name in names if name]
