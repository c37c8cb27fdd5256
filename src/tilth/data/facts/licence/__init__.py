"""The facts of licence: what a file itself says about its licence, with the bytes that say it.

The expression is what the evidence states, read with care: an unknown text is `LicenseRef-tilth-unknown`,
never a guess; a bare GPL text without a notice is `-only`. A file that only points at another one has kind
`reference` and no expression.
"""

from typing import Any

import pyarrow as pa

from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.examine import findings_in
from tilth.data.facts.licence.expressions import canonical
from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.gate import hinted
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.facts.licence.settle import settled

NAME = "licence"
VERSION = "1"
EVIDENCE = pa.struct(
    [
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("kind", pa.string()),
        pa.field("rule", pa.string()),
        pa.field("score", pa.float64()),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("licence_expression", pa.string()),
        pa.field("licence_kind", pa.string()),
        pa.field("licence_evidence", pa.list_(EVIDENCE)),
        pa.field("is_licence_file", pa.bool_()),
    ]
)

__all__ = ["EVIDENCE", "NAME", "SCHEMA", "VERSION", "canonical", "compute"]


def compute(batch: Batch) -> dict[str, Any]:
    """The licence facts of a batch; evidence spans are byte offsets in the document's UTF-8 text."""
    count = len(batch.names)
    expressions: list[str | None] = [None] * count
    kinds: list[str | None] = [None] * count
    evidence: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    licence_files = [is_licence_file(name) for name in batch.names]
    hints = hinted(batch.joined, batch.starts)
    for at, name in enumerate(batch.names):
        if not (hints[at] or licence_files[at] or metadata_format(name)):
            continue
        findings = findings_in(batch.utf8[at], name, int(hints[at]))
        if findings:
            expressions[at], kinds[at] = settled(findings)
            evidence[at] = [_as_row(one) for one in sorted(findings, key=lambda one: (one.start, one.end))]
    return {
        "licence_expression": expressions,
        "licence_kind": kinds,
        "licence_evidence": evidence,
        "is_licence_file": licence_files,
    }


def _as_row(one: Finding) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "kind": one.kind, "rule": one.rule, "score": one.score}
