"""What a request may say. Its text is data: parsed strictly, bounded, and never interpreted."""

import re
import unicodedata
from hashlib import sha256
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tilth.config.strict import Strict
from tilth.governance.canonical import canonical
from tilth.store.addresses import address_of

Kind = Literal["opt_out", "erasure", "licence_correction", "take_down"]
Way = Literal["forks", "copies", "near"]

NAMES_MAX = 1000
"""Names of one sort in one request."""
TEXT_MAX = 10_000
"""Characters of the words of a request that are kept."""
NAME_MAX = 500

_ADDRESS = re.compile(r"[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._~+-]+)+")
_ID = re.compile(r"id:[a-z0-9.-]+/[A-Za-z0-9_-]+")
_AUTHOR = re.compile(r"[0-9a-f]{64}")
_SWHID = re.compile(r"swh:1:(cnt|dir|rev):[0-9a-f]{40}")


def _plain(text: str) -> str:
    """The text itself, where it holds what a name may hold."""
    if "*" in text or "?" in text:
        raise ValueError(f"`{text}` is a pattern: a request names what it is about")
    for char in text:
        if ord(char) > 126:
            word = unicodedata.name(char, f"U+{ord(char):04X}")
            raise ValueError(f"`{text}` holds {word}, which may look like another letter")
        if ord(char) < 33:
            raise ValueError(f"{text!r} holds white space or a control character")
    return text


def account(text: str) -> str:
    """`host/owner` as the ledger writes it.

    Raises:
        ValueError: It is a pattern, holds look-alike letters, or names a whole host or a single repository.
    """
    address = _address(text)
    if "/" not in address:
        raise ValueError(f"`{text}` names a whole forge: an account is `host/owner`")
    return address


def repository(text: str) -> str:
    """`host/owner/name` as the ledger writes it, or `id:host/NUMBER`, the number that a forge gave it.

    Raises:
        ValueError: It is a pattern, holds look-alike letters, or names an account.
    """
    if _ID.fullmatch(text):
        return text
    address = _address(text)
    if address.count("/") < 2:
        raise ValueError(f"`{text}` is not a repository: one is `host/owner/name`, or `id:host/NUMBER`")
    return address


def _address(text: str) -> str:
    address = address_of(_plain(text))
    parts = address.split("/")
    if not _ADDRESS.fullmatch(address) or "." not in parts[0] or {".", ".."} & set(parts[1:]):
        if "/" not in address and "." not in address:
            raise ValueError(f"`{text}` has no host: write `github.com/{text}`, say")
        raise ValueError(f"`{text}` is not an address: one is `host/owner` or `host/owner/name`")
    return address


def _path(text: str) -> str:
    parts = text.split("/")
    if "\0" in text or text.startswith("/") or ".." in parts or not text.strip("/. "):
        raise ValueError(f"`{text}` is not a path in a repository")
    return text


def _swhid(text: str) -> str:
    core = text.partition(";")[0]
    if not _SWHID.fullmatch(core):
        raise ValueError(f"`{text}` is not the SWHID of a content, a directory or a revision")
    return core


def _author(text: str) -> str:
    if not _AUTHOR.fullmatch(text):
        raise ValueError("an author is a keyed hash, 64 hex digits: an address never stands in the ledger")
    return text


_Short = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]
_Names = Field(default=(), max_length=NAMES_MAX)


class PathIn(Strict):
    """A file, or a folder where it ends with `/`, of one repository."""

    repository: Annotated[_Short, AfterValidator(repository)]
    path: Annotated[_Short, AfterValidator(_path)]


class Request(Strict):
    """What somebody asks for."""

    kind: Kind
    accounts: Annotated[tuple[Annotated[_Short, AfterValidator(account)], ...], _Names] = ()
    repositories: Annotated[tuple[Annotated[_Short, AfterValidator(repository)], ...], _Names] = ()
    paths: Annotated[tuple[PathIn, ...], _Names] = ()
    contents: Annotated[tuple[Annotated[_Short, AfterValidator(_swhid)], ...], _Names] = ()
    authors: Annotated[tuple[Annotated[str, AfterValidator(_author)], ...], _Names] = ()
    licence: Annotated[str, Field(max_length=200)] = ""
    """For a licence correction: the SPDX expression that should stand there."""
    follow: tuple[Way, ...] = ("forks", "copies", "near")
    """How far it reaches beyond what it names."""
    reference: Annotated[str, Field(max_length=NAME_MAX)] = ""
    """Its name where it came from, such as the URL of an issue: the same one is taken in once."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.targets():
            raise ValueError("a request names an account, a repository, a path, a content or an author")
        if (self.kind == "licence_correction") != bool(self.licence):
            raise ValueError("`licence` goes with `licence_correction`, and only with it")
        return self

    def targets(self) -> tuple[str, ...]:
        """What it names: what has to be proved."""
        owners = dict.fromkeys((*self.repositories, *(one.repository for one in self.paths)))
        return (*self.accounts, *owners, *self.contents, *self.authors)

    def body(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        body: dict[str, Any] = self.model_dump(mode="json")
        return body

    def request_id(self) -> str:
        """Its name: the same for the same reference, and without one, for the same words."""
        named = self.reference or canonical(self.body()).decode()
        return "req-" + sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]
