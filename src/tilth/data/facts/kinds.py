"""Every kind of finding, and what stands for a value of it in a text."""

import importlib
from collections.abc import Iterable
from functools import cache
from typing import Any

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import PLACEHOLDERS, Finding, Kind

GROUPS = ("secrets", "personal_data")
"""Modules under tilth.data.facts whose facts are findings, with `all_kinds()`; also columns, and keys of a recipe."""


@cache
def kinds() -> dict[str, Kind]:
    """Name -> kind, of all groups of findings."""
    return {kind.name: kind for group in GROUPS for kind in _module(group).all_kinds()}


@cache
def secret_kinds() -> frozenset[str]:
    """The names of all kinds of secrets; any other label of a model is taken for personal data."""
    return frozenset(kind.name for kind in _module("secrets").all_kinds())


def word_of(name: str) -> str:
    """The word in the placeholder of a kind; a kind that no table has, such as a model's label, is its own."""
    known = kinds().get(name)
    if known:
        return PLACEHOLDERS[known.group]
    return (
        "".join(char if char.isalnum() and char.isascii() else "_" for char in name).strip("_").upper()
        or "REDACTED"
    )


def find(batch: Batch, groups: Iterable[str]) -> list[list[Finding]]:
    """The findings of some groups in each document of a batch, one group after the other."""
    found: list[list[Finding]] = [[] for _ in range(len(batch))]
    for group in groups:
        for document, rows in zip(found, _module(group).compute(batch)[group].to_pylist(), strict=True):
            document += [Finding(**row) for row in rows]
    return found


def _module(group: str) -> Any:
    # Compiled code, and telephone numbers of the world: what asks for no findings loads none of it.
    return importlib.import_module(f"tilth.data.facts.{group}")
