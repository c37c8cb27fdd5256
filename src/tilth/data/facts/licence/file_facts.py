"""The licence facts of a batch: the gate, the examination of what passes it, and what it amounts to."""

from typing import Any

import numpy as np

from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.examine import findings_in
from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.gate import hinted
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.facts.licence.passages import passages
from tilth.data.facts.licence.settle import settled


def file_facts(batch: Batch) -> dict[str, Any]:
    """One value per document for each column of the licence group."""
    count = len(batch.names)
    expressions: list[str | None] = [None] * count
    kinds: list[str | None] = [None] * count
    evidence: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    licence_files = [is_licence_file(name) for name in batch.names]
    hints = hinted(batch.joined, batch.starts)
    heads = np.flatnonzero(hints & 1)
    spans = dict(zip(heads.tolist(), passages(batch.joined, batch.starts, heads), strict=True))
    for at, name in enumerate(batch.names):
        if not (hints[at] or licence_files[at] or metadata_format(name)):
            continue
        findings = findings_in(batch.utf8[at], name, int(hints[at]), spans.get(at, []))
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
