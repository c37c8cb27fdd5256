"""What the words of a text say of its language: the classifier's answer, and when to believe it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tilth.data.facts.tables.heuristics import HEAD_BYTES

if TYPE_CHECKING:
    from tilth.data.facts.classifier.model import Guess

# Of samples that the classifier had not learnt from, it was right about 95 in 100 that pass both bounds.
_SURE = 0.2
_SURE_MARGIN = 0.15


def guess_of(head: bytes, candidates: Sequence[str] | None = None) -> "Guess | None":
    """The classifier's best of the candidates, or of all languages; None where nothing speaks for any."""
    # Compiled code takes half a second to import, and a build that finds every fact in its store needs none.
    from tilth.data.facts.classifier.model import classifier

    return classifier().guess(head, candidates)


def is_sure(guess: "Guess | None", times: float = 1.0) -> bool:
    """Whether the best language stands out, by so many times the usual score and lead."""
    return guess is not None and guess.score >= times * _SURE and guess.margin >= times * _SURE_MARGIN


def with_unix_lines(text: bytes) -> bytes:
    """The head that rules and weights look at, each line ended by one line feed."""
    head = text[:HEAD_BYTES]
    return head.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in head else head
