"""Requests from files: JSON lines of our own, and exported issues of BigCode's opt-out form.

A line is taken or told of with its number and the reason; no line stops the others. Nothing in a text is acted on:
names are looked for only where the form has its lists, and everything else is kept as words.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from tilth.errors import UserError
from tilth.governance.cases import receive
from tilth.governance.keys import Keys
from tilth.governance.ledger import Ledger
from tilth.governance.requests import Request, account, repository

Form = Literal["lines", "bigcode"]
LINE_BYTES_MAX = 2**20
AT_ONCE = 500
"""Requests taken in in one turn at the ledger."""
_ACCOUNTS, _REPOSITORIES = "accounts and organizations to remove entirely", "specific repositories to remove"
_NO_ANSWER = "_no response_"
_EMAIL = re.compile(r"[^\s<>\"'@]{1,200}@[^\s<>\"'@]{1,200}")


@dataclass(slots=True)
class Taken:
    """What came of a file."""

    lines: int = 0
    new: list[str] = field(default_factory=list)
    """Ids of requests that were not there before."""
    known: int = 0
    """Lines whose request is there already."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """Number and reason of each line, or name in a line, that was not taken."""


def import_file(ledger: Ledger, keys: Keys, path: Path, form: Form) -> Taken:
    """Takes in every request of a file; the same file again changes nothing.

    Raises:
        UserError: The file cannot be read.
    """
    taken = Taken()
    waiting: list[tuple[Request, str]] = []

    def take_in() -> None:
        for name, is_new in receive(ledger, keys, waiting):
            if is_new:
                taken.new.append(name)
            else:
                taken.known += 1
        waiting.clear()

    read = _READERS[form]
    for number, line in _lines(path):
        taken.lines += 1
        try:
            request, text, refused = read(line, keys)
        except ValueError as error:
            taken.broken.append((number, reason_of(error)))
            continue
        taken.broken += [(number, reason) for reason in refused]
        waiting.append((request, text))
        if len(waiting) >= AT_ONCE:
            take_in()
    take_in()
    return taken


def from_fields(given: Any, keys: Keys) -> tuple[Request, str]:
    """A request with its words from the fields of one line.

    Beside the fields of a request, `text` is free words, and `author_emails` are addresses of commit authors, which are
    hidden before anything is kept.

    Raises:
        ValueError: A field is not what it may be; the reason names no address.
    """
    if not isinstance(given, dict):
        raise ValueError("a request is an object with fields")
    fields = dict(given)
    text = fields.pop("text", "")
    emails = fields.pop("author_emails", [])
    if not isinstance(text, str):
        raise ValueError("`text` is not a text")
    if not isinstance(emails, list) or not all(
        isinstance(one, str) and _EMAIL.fullmatch(one) for one in emails
    ):
        raise ValueError("`author_emails` is not a list of addresses")
    if emails:
        fields["authors"] = [*fields.get("authors", []), *(keys.author(one) for one in emails)]
    return Request.model_validate(fields), text


def reason_of(error: ValueError) -> str:
    """What is wrong, in one line without what a text held beyond its head."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        told = f"{where}: {first['msg']}" if where else first["msg"]
    else:
        told = str(error)
    printable = "".join(char if char.isprintable() else "�" for char in told)
    return printable.replace("Value error, ", "")[:300]


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                while not line.endswith(b"\n") and (rest := file.readline(LINE_BYTES_MAX)):
                    line = line[: LINE_BYTES_MAX + 1] + rest[-1:]
                if line.strip():
                    yield number, line
    except OSError as error:
        raise UserError(
            f"`{path}` cannot be read: {error.strerror}", hint="name a file of JSON lines"
        ) from error


def _parsed(line: bytes) -> Any:
    if len(line) > LINE_BYTES_MAX:
        raise ValueError(f"the line is longer than {LINE_BYTES_MAX} bytes")
    try:
        return json.loads(line.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("too deeply nested") from error


def _own(line: bytes, keys: Keys) -> tuple[Request, str, list[str]]:
    return (*from_fields(_parsed(line), keys), [])


def _issue(line: bytes, keys: Keys) -> tuple[Request, str, list[str]]:
    """An issue as a forge exports it: `html_url` (or `url`), `title`, `body`."""
    issue = _parsed(line)
    if not isinstance(issue, dict) or not isinstance(issue.get("body"), str):
        raise ValueError("an issue has a `body`")
    reference = issue.get("html_url") or issue.get("url")
    if not isinstance(reference, str):
        raise ValueError("an issue has an `html_url`")
    body = issue["body"].replace("\r\n", "\n")
    sections = dict(_sections(body))
    refused: list[str] = []
    if _ACCOUNTS in sections or _REPOSITORIES in sections:
        accounts = _names(sections.get(_ACCOUNTS, ""), account, refused)
        repositories = _names(sections.get(_REPOSITORIES, ""), repository, refused)
    else:
        accounts, repositories = [], _names(_bullets(body), repository, refused)
    if not accounts and not repositories:
        raise ValueError("; ".join(["it names no account and no repository", *refused[:3]]))
    fields = {"kind": "opt_out", "accounts": accounts, "repositories": repositories, "reference": reference}
    return Request.model_validate(fields), body, refused


_READERS: dict[Form, Callable[[bytes, Keys], tuple[Request, str, list[str]]]] = {
    "lines": _own,
    "bigcode": _issue,
}


def _sections(body: str) -> Iterator[tuple[str, str]]:
    """The headings of a form with what was written under them."""
    parts = re.split(r"^### +(.*)$", body, flags=re.MULTILINE)
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        yield title.strip().lower(), text


def _bullets(body: str) -> str:
    """The older form: a list of `owner/name`, `Commits` and `GitHub issue` among them."""
    items = re.findall(r"^\s*[-*] +(\S+)\s*$", body, flags=re.MULTILINE)
    return "\n".join(item for item in items if "/" in item)


def _names(text: str, check: Callable[[str], str], refused: list[str]) -> list[str]:
    """The names of a list, one a line; those without a host are of the forge that the form is on."""
    found: dict[str, None] = {}
    for line in text.split("\n"):
        word = line.strip().strip("`").removeprefix("- ").removeprefix("* ").removeprefix("@").strip()
        if not word or word.lower() == _NO_ANSWER:
            continue
        is_whole = "://" in word or word.lower().startswith(("github.com/", "www.github.com/"))
        try:
            found[check(word if is_whole else f"github.com/{word}")] = None
        except ValueError as error:
            refused.append(reason_of(error))
    return list(found)
