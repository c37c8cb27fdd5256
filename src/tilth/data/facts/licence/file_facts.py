"""The licence facts of a batch: where to look, which rules stand there, and what they amount to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.examine import File, findings_in
from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.gate import Windows, bits_of_hints, windows
from tilth.data.facts.licence.holders import holders_in
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.facts.licence.restrictions import may_prohibit_in
from tilth.data.facts.licence.scan import matches_in
from tilth.data.facts.licence.settle import settled

WHOLE_BYTES = 600
"""A file of at most so many bytes is read as a whole: looking for legal words first would cost as much."""
_REFERRING = bits_of_hints(b"licens", b"licenc", b"copyin", b"copyri")
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
    forms = [metadata_format(name) for name in batch.names]
    sizes = np.diff(batch.starts)
    whole = (np.array(licence_files, bool) | (sizes <= WHOLE_BYTES)) & (sizes > 0)
    hinted = windows(batch.joined, batch.starts, whole)
    matches = matches_in(batch.joined, batch.starts, hinted.counts, hinted.spans)
    stated = np.array([form is not None for form in forms], bool)
    chosen = np.flatnonzero((hinted.counts > 0) | stated)
    regions = _regions(hinted, batch.starts)[chosen]
    may_refer = (hinted.hints & _REFERRING)[chosen] != 0
    may_prohibit = may_prohibit_in(batch.joined, regions)
    regions -= batch.starts[chosen][:, None]
    for at, (low, high), refers, prohibits in zip(
        chosen.tolist(), regions.tolist(), may_refer.tolist(), may_prohibit.tolist(), strict=True
    ):
        data = batch.utf8[at]
        file = File(data, batch.names[at], forms[at], licence_files[at], (low, high), refers, prohibits)
        holders[at] = holders_in(data[low:high])
        findings = findings_in(file, matches[at])
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


def _regions(hinted: Windows, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each document the bytes of the batch in which its first legal words stand; none without them."""
    found = np.repeat(starts[:-1, None], 2, axis=1)
    chosen = np.flatnonzero(hinted.counts)
    ends = np.cumsum(hinted.counts)[chosen]
    found[chosen, 0] = hinted.spans[ends - hinted.counts[chosen], 0]
    found[chosen, 1] = np.minimum(hinted.spans[ends - 1, 1], found[chosen, 0] + REGION_BYTES)
    return found


def _as_row(one: Finding) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "kind": one.kind, "rule": one.rule, "score": one.score}
