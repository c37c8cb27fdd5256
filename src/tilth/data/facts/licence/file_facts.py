"""The licence facts of a batch: where to look, which rules stand there, and what they amount to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.examine import findings_in
from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.gate import windows
from tilth.data.facts.licence.holders import holders_in
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.facts.licence.scan import matches_in
from tilth.data.facts.licence.settle import settled

WHOLE_BYTES = 600
"""A file of at most so many bytes is read as a whole: looking for legal words first would cost as much."""
REGION_BYTES = 8_192
"""Bytes from the first legal word on in which holders, references and restrictions are looked for."""


def file_facts(batch: Batch) -> dict[str, Any]:
    """One value per document for each column of the licence group."""
    count = len(batch.names)
    expressions: list[str | None] = [None] * count
    kinds: list[str | None] = [None] * count
    evidence: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    holders: list[list[str]] = [[] for _ in range(count)]
    licence_files = [is_licence_file(name) for name in batch.names]
    metadata = [metadata_format(name) is not None for name in batch.names]
    sizes = np.diff(batch.starts)
    whole = (np.array(licence_files, bool) | (sizes <= WHOLE_BYTES)) & (sizes > 0)
    counts, spans = windows(batch.joined, batch.starts, whole)
    matches = matches_in(batch.joined, batch.starts, counts, spans)
    regions = _regions(counts, spans, batch.starts)
    for at in np.flatnonzero((counts > 0) | np.array(metadata, bool)).tolist():
        data = batch.utf8[at]
        region = regions.get(at, (0, 0))
        holders[at] = holders_in(data[region[0] : region[1]])
        findings = findings_in(data, batch.names[at], matches[at], region)
        if findings:
            expressions[at], kinds[at] = settled(findings)
            evidence[at] = [_as_row(one) for one in sorted(findings, key=lambda one: (one.start, one.end))]
    return {
        "licence_expression": expressions,
        "licence_kind": kinds,
        "licence_evidence": evidence,
        "is_licence_file": licence_files,
        "copyright_holders": holders,
    }


def _regions(
    counts: NDArray[np.int64], spans: NDArray[np.int64], starts: NDArray[np.int64]
) -> dict[int, tuple[int, int]]:
    """For each document with legal words, where the first of them stand."""
    chosen = np.flatnonzero(counts)
    ends = np.cumsum(counts)[chosen]
    lows = spans[ends - counts[chosen], 0] - starts[chosen]
    highs = np.minimum(spans[ends - 1, 1] - starts[chosen], lows + REGION_BYTES)
    return dict(zip(chosen.tolist(), zip(lows.tolist(), highs.tolist(), strict=True), strict=True))


def _as_row(one: Finding) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "kind": one.kind, "rule": one.rule, "score": one.score}
