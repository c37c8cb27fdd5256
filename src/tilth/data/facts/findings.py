"""What secrets and personal data have in common: a span of the text, what it is, and how sure that is.

A finding never holds the value that it found. What counts as found is decided afterwards, by a threshold on the
confidence, so another sensitivity reads the same facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

SENSITIVITIES: Mapping[str, float] = {"strict": 0.2, "balanced": 0.5, "lenient": 0.8}
"""Least confidence of what counts as found. Confidence is the share of such findings that are real, as estimated."""

PLACEHOLDERS: Mapping[str, str] = {
    "key": "KEY",
    "private_key": "PRIVATE_KEY",
    "password": "PASSWORD",
    "token": "TOKEN",
    "email": "EMAIL",
    "phone": "PHONE",
    "ip_address": "IP_ADDRESS",
    "mac_address": "MAC_ADDRESS",
    "card": "CARD",
    "bank_account": "BANK_ACCOUNT",
    "national_id": "NATIONAL_ID",
    "name": "NAME",
    "username": "USERNAME",
    "address": "ADDRESS",
}
"""Groups of kinds, and the word that stands in a text for a value of one (`<EMAIL_1>`)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding: a plain name (`email`), or a dotted one (`github.token`)."""

    name: str
    group: str
    """One of `PLACEHOLDERS`."""
    says: str
    """What it is, for people."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A span of a document's text that is, or may be, something that should not be there."""

    kind: str
    start: int
    """First byte, in the UTF-8 text of the document."""
    end: int
    """Byte after the last."""
    confidence: float
    """From 0 to 1."""
    how: str
    """What it was validated by: `checksum`, `structure` (decoded), `context`, `pattern`, …"""


FINDINGS = pa.list_(
    pa.struct(
        [
            ("kind", pa.string()),
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("confidence", pa.float32()),
            ("how", pa.string()),
        ]
    )
)
"""The column of a group of findings: a document's findings, in the order of their starts."""


def as_column(documents: Iterable[Sequence[Finding]]) -> pa.Array:
    """The findings of each document, as a column of type `FINDINGS`."""
    offsets, rows = [0], []
    for found in documents:
        rows += sorted(found, key=lambda one: (one.start, one.end, one.kind))
        offsets.append(len(rows))
    fields = [
        pa.array([getattr(one, field.name) for one in rows], field.type) for field in FINDINGS.value_type
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), structs)


def threshold(kind: str, sensitivity: str, by_kind: Mapping[str, str | float]) -> float:
    """Least confidence at which a finding of `kind` counts.

    Args:
        kind: The finding's kind.
        sensitivity: One of `SENSITIVITIES`.
        by_kind: A sensitivity or a confidence for single kinds; `github` stands for every `github.…`.
    """
    chosen = by_kind.get(kind, by_kind.get(kind.split(".")[0], sensitivity))
    return SENSITIVITIES[chosen] if isinstance(chosen, str) else chosen
