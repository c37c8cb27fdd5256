"""Reads ``heuristics.json``: Linguist's rules that tell by content which language of an extension a file is in."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import re2

from tilth.data.facts.tables.rows import pattern_set

HEAD_BYTES = 50 * 1024
"""How much of a text the rules look at, as Linguist does."""


@dataclass(frozen=True, slots=True)
class _Condition:
    any_hit: bool
    """Whether a pattern must occur; else none may."""
    patterns: frozenset[int]


@dataclass(frozen=True, slots=True)
class Heuristics:
    """The rules of one extension, in the order in which they are asked."""

    rules: tuple[tuple[tuple[str, ...], tuple[_Condition, ...]], ...]
    """Languages, and what must hold for them; most rules speak for one language."""
    patterns: re2.Set | None

    def first(self, text: bytes) -> tuple[tuple[str, ...], bool]:
        """Languages of the first rule that holds for the head of a text, and whether the text spoke for them.

        There are none where no rule holds; the last rule of many asks nothing of the text.
        """
        head = text if len(text) <= HEAD_BYTES else text[:HEAD_BYTES]
        hits = frozenset((self.patterns.Match(head) if self.patterns else None) or ())
        for languages, conditions in self.rules:
            if all(bool(hits & condition.patterns) == condition.any_hit for condition in conditions):
                return languages, bool(conditions)
        return (), False


@cache
def heuristics(extension: str) -> Heuristics | None:
    """The rules of a lower-case extension (``.h``), compiled at the first call, or None where it has none."""
    number = _groups().get(extension)
    return None if number is None else _compiled(number)


@cache
def _stored() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = json.loads(Path(__file__).with_name("heuristics.json").read_bytes())[
        "groups"
    ]
    return groups


@cache
def _groups() -> dict[str, int]:
    return {extension: number for number, group in enumerate(_stored()) for extension in group["extensions"]}


@cache
def _compiled(number: int) -> Heuristics:
    patterns: list[str] = []
    rules = []
    for languages, written in _stored()[number]["rules"]:
        conditions = []
        for any_hit, alternatives in written:
            at = frozenset(range(len(patterns), len(patterns) + len(alternatives)))
            conditions.append(_Condition(any_hit, at))
            patterns += alternatives
        rules.append((tuple(languages), tuple(conditions)))
    return Heuristics(tuple(rules), pattern_set(patterns) if patterns else None)
