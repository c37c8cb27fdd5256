"""Keys and tokens that have a form of their own: the table of their kinds, and the check of each that is found."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.findings import Finding, Kind
from tilth.data.facts.secrets import checks
from tilth.data.facts.secrets.automaton import Pattern

LEAD = r"(?:\b|\\[nrtbf0]|%[0-9A-Fa-f]{2})"
"""What has to stand before a token whose pattern would else match at every byte of a run of its own characters, or
within the tokens of others."""
_LED = ("aws.access_key_id", "twitter.bearer_token", "mollie.key", "lob.key", "gocardless.token")
LONG = 20
"""Characters from which on a run tells its alphabet."""
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_TAIL = re.compile(r"(\[[^\]]+\])\{(\d+)(?:,(\d+))?\}(=\{0,\d\}|=\?)?$")


@dataclass(frozen=True, slots=True)
class Token:
    """One line of the table."""

    kind: Kind
    pattern: Pattern
    """Up to the least length of the last run of characters."""
    tail: frozenset[int]
    """Bytes that may go on after the pattern."""
    least: int
    """Bytes of the last run at the least."""
    more: int
    """As many of them as may go on."""
    confidence: float
    check: Callable[[bytes, int, int], checks.Checked | None] | None

    @property
    def searched(self) -> Pattern:
        """What is looked for: the pattern, and what has to stand before it."""
        return (
            replace(self.pattern, text=LEAD + self.pattern.text) if self.kind.name in _LED else self.pattern
        )

    @property
    def is_private_key(self) -> bool:
        """Whether the pattern is only the first line, and its check reads on."""
        return self.kind.name.startswith("private_key.")


@cache
def tokens() -> tuple[Token, ...]:
    """The table."""
    text = resources.files(__package__).joinpath("tokens.tsv").read_text()
    return tuple(_token(*line.split("\t")) for line in text.splitlines() if not line.startswith("#"))


def _token(name: str, group: str, pattern: str, confidence: str, check: str, says: str) -> Token:
    tail: frozenset[int] = frozenset()
    least = more = 0
    if end := _TAIL.search(pattern):
        characters = re.compile(end[1].encode())
        tail = frozenset(byte for byte in range(256) if characters.fullmatch(bytes([byte])))
        tail |= frozenset(b"=") if end[4] else frozenset()
        least = int(end[2])
        more = int(end[3] or least) - least + (3 if end[4] else 0)
        pattern = pattern[: end.start()] + (f"{end[1]}{{{least}}}" if least else "")
    chosen = checks.CHECKS[check] if check else None
    return Token(Kind(name, group, says), Pattern(pattern), tail, least, more, float(confidence), chosen)


def examine(text: bytes, token: Token, start: int, end: int) -> Finding | None:
    """What a whole match of the token's pattern is: a finding, or nothing where its check says so.

    Args:
        text: The document.
        token: Whose pattern matches.
        start: First byte of the match, and of what goes on behind it.
        end: Byte after its last.
    """
    if token.check:
        checked = token.check(text, start, end)
        if checked is None:
            return None
        confidence = token.confidence if checked.confidence is None else checked.confidence
        start, end, how = checked.start, checked.end, checked.how
    else:
        confidence, how = token.confidence, "pattern"
    return Finding(token.kind.name, start, end, confidence, how)


@cache
def tails() -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    """What `bounded` asks for of all tokens: what may go on behind each, how much, and which are private keys."""
    table = tokens()
    runs = np.zeros((len(table), 256), np.bool_)
    for at, token in enumerate(table):
        runs[at, sorted(token.tail)] = True
    return runs, np.array([one.more for one in table]), np.array([one.is_private_key for one in table])


def is_hash_in_path(text: bytes, start: int, end: int, token: Token) -> bool:
    """Whether a token behind a dot or a slash ends in hexadecimal digits alone, though its alphabet has more.

    Of random characters hardly any does: it is the name of a file or of a page.
    """
    letters = token.tail & _LETTERS
    return (
        token.least >= LONG
        and len(letters) >= 26
        and text[start - 1 : start] in (b".", b"/")
        and _HEX.issuperset(text[end - token.least : end])
    )


def kinds() -> Iterator[Kind]:
    """The kinds of the table, each once."""
    yield from {token.kind.name: token.kind for token in tokens()}.values()
