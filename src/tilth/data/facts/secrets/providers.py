"""Keys that have no form of their own, told by whose name stands beside them and by the value's form."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from tilth.data.facts.findings import Kind


@dataclass(frozen=True, slots=True)
class Provider:
    """One line of the table."""

    kind: Kind
    words: str
    """RE2 of what stands in a name, in any case."""
    value: Any
    """RE2 of a whole value."""


@cache
def providers() -> tuple[Provider, ...]:
    """The table."""
    import re2

    text = resources.files(__package__).joinpath("providers.tsv").read_text()
    found = []
    for line in text.splitlines():
        if not line.startswith("#"):
            name, words, value, says = line.split("\t")
            kind = Kind(f"{name}.named_key", "key", says)
            found.append(Provider(kind, words, re2.compile(value.encode(), _bytes())))
    return tuple(found)


def _bytes() -> Any:
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = True
    return options


@cache
def _words() -> Any:
    import re2

    options = _bytes()
    options.case_sensitive = False
    chosen = re2.Set.SearchSet(options)
    for provider in providers():
        chosen.Add(provider.words.encode())
    chosen.Compile()
    return chosen


def names_any(names: bytes) -> bool:
    """Whether a provider of the table is named at all."""
    return bool(_words().Match(names))


@lru_cache(maxsize=10_000)
def _named(name: bytes) -> tuple[int, ...]:
    return tuple(sorted(_words().Match(name) or ()))


def number_of(name: bytes, value: bytes) -> int | None:
    """Line of the table with whose provider's keys the value of this name is; None where its form is none of theirs."""
    table = providers()
    return next((at for at in _named(name) if table[at].value.fullmatch(value)), None)


def kinds() -> Iterator[Kind]:
    """The kinds of the table."""
    for provider in providers():
        yield provider.kind
