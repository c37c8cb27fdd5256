"""One pass over the bytes of a batch for all patterns at once: where each may stand.

Hyperscan (BSD-3) compiles the patterns into one automaton; where it is not installed, RE2 gives the same places more
slowly. Neither of them backtracks, so no input can make them slow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in what RE2 and hyperscan have in common, over bytes."""

    text: str
    caseless: bool = False
    ends_only: bool = False
    """Whether only the ends of its matches are wanted: hyperscan keeps track of starts in simpler patterns alone."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Where patterns match in a batch, ordered by pattern, start and end; the arrays run side by side.

    Of a pattern with `ends_only` a match's start is its end.
    """

    documents: NDArray[np.int64]
    patterns: NDArray[np.int32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def hyperscan_module() -> Any:
    """The module `hyperscan`, or None where it is not installed."""
    try:
        import hyperscan
    except ImportError:
        return None
    return hyperscan


class Automaton:
    """Patterns compiled together."""

    def __init__(self, patterns: Sequence[Pattern], module: Any) -> None:
        """Compiles them.

        Args:
            patterns: What to look for.
            module: What `hyperscan_module` gives; None takes RE2.
        """
        self._find = _hyperscan(patterns, module) if module else _re2(patterns)

    def hits(self, batch: Batch) -> Hits:
        """All matches in a batch that have a start and an end of their own: of those with one start the longest.

        What goes from one document into the next is left out.
        """
        # A line end between documents, so that none of them changes what is found in another.
        found = np.array(self._find(b"\n".join(batch.utf8)), np.int64).reshape(-1, 3)
        # Of a pattern and a start the ends come in their order.
        found = found[np.argsort(found[:, 0] << 40 | found[:, 1], kind="stable")]
        last = np.ones(len(found), bool)
        last[:-1] = (found[1:, 0] != found[:-1, 0]) | (found[1:, 1] != found[:-1, 1])
        found = found[last]
        begins = batch.starts[:-1] + np.arange(len(batch))
        documents = np.searchsorted(begins, found[:, 2] - 1, side="right") - 1
        found[:, 1:] -= documents[:, None]
        inside = found[:, 1] >= batch.starts[documents]
        found, documents = found[inside], documents[inside]
        return Hits(documents, found[:, 0].astype(np.int32), found[:, 1], found[:, 2])


def _hyperscan(patterns: Sequence[Pattern], module: Any) -> Any:
    database = module.Database(mode=module.HS_MODE_BLOCK)
    flags = [
        (0 if one.ends_only else module.HS_FLAG_SOM_LEFTMOST)
        | (module.HS_FLAG_CASELESS if one.caseless else 0)
        for one in patterns
    ]
    ends_only = [one.ends_only for one in patterns]
    texts = [one.text.encode() for one in patterns]
    database.compile(expressions=texts, ids=list(range(len(texts))), elements=len(texts), flags=flags)

    def find(data: bytes) -> list[int]:
        found: list[int] = []  # pattern, start and end of each match, one after the other
        keep = found.extend

        def on_match(pattern: int, start: int, end: int, _flags: int, _context: Any) -> None:
            keep((pattern, end if ends_only[pattern] else start, end))

        if data:
            database.scan(data, match_event_handler=on_match)
        return found

    return find


def _re2(patterns: Sequence[Pattern]) -> Any:
    import re2

    def options(caseless: bool) -> Any:
        chosen = re2.Options()
        chosen.encoding = re2.Options.Encoding.LATIN1  # bytes, not characters
        chosen.longest_match = True
        chosen.case_sensitive = not caseless
        chosen.log_errors = False
        return chosen

    single = [re2.compile(one.text.encode(), options(one.caseless)) for one in patterns]
    sets: list[tuple[Any, list[int]]] = []
    for caseless in (False, True):
        members = [at for at, one in enumerate(patterns) if one.caseless is caseless]
        if members:
            chosen = re2.Set.SearchSet(options(caseless))
            for at in members:
                chosen.Add(patterns[at].text.encode())
            chosen.Compile()
            sets.append((chosen, members))

    def find(data: bytes) -> list[int]:
        found: list[int] = []  # pattern, start and end of each match, one after the other
        for chosen, members in sets:
            for member in chosen.Match(data):
                at = members[member]
                match = single[at].search(data)
                while match:
                    found.extend((at, match.end() if patterns[at].ends_only else match.start(), match.end()))
                    # Matches may overlap, as those of hyperscan do.
                    match = single[at].search(data, match.start() + 1)
        return found

    return find
