"""The licence facts of a batch: where to look, which rules stand there, and what they amount to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.licence.examine import File, findings_in
from tilth.data.facts.licence.finding import Finding
from tilth.data.facts.licence.gate import Windows, bits_of_hints, have_any, needles_of, windows
from tilth.data.facts.licence.holders import holders_in
from tilth.data.facts.licence.names import is_licence_file, metadata_format
from tilth.data.facts.licence.places import places_in
from tilth.data.facts.licence.restrictions import may_prohibit_in
from tilth.data.facts.licence.scan import matches_in
from tilth.data.facts.licence.settle import settled

WHOLE_BYTES = 600
"""A file of at most so many bytes is read as a whole: looking for legal words first would cost as much."""
_REFERRING = bits_of_hints(b"licens", b"licenc", b"copyin", b"copyri")
_HOLDING = bits_of_hints(b"copyri", b"(c) 19", b"(c) 20", b"(c)199", b"(c)200", b"(c)201", b"(c)202")
_TAGS = needles_of((b"-ident",))
REGION_BYTES = 8_192
"""Bytes from the first legal word on in which holders, references and restrictions are looked for."""


def file_facts(batch: Batch) -> dict[str, Any]:
    """One value per document for each column of the licence group."""
    count = len(batch.names)
    expressions: list[str | None] = [None] * count
    kinds: list[str | None] = [None] * count
    evidence: list[list[dict[str, Any]]] = [[] for _ in range(count)]
    holders: list[list[str]] = [[] for _ in range(count)]
    places: list[list[dict[str, str]]] = [[] for _ in range(count)]
    licence_files = [is_licence_file(name) for name in batch.names]
    forms = [metadata_format(name) for name in batch.names]
    sizes = np.diff(batch.starts)
    whole = (np.array(licence_files, bool) | (sizes <= WHOLE_BYTES)) & (sizes > 0)
    hinted = windows(batch.joined, batch.starts, whole)
    matches = matches_in(batch.joined, batch.starts, hinted.counts, hinted.spans)
    stated = np.array([form is not None for form in forms], bool)
    chosen = np.flatnonzero((hinted.counts > 0) | stated)
    regions = _regions(hinted, batch.starts)[chosen]
    marks = zip(
        ((hinted.hints & _REFERRING)[chosen] != 0).tolist(),
        may_prohibit_in(batch.joined, regions).tolist(),
        _have_tags(batch, hinted)[chosen].tolist(),
        ((hinted.hints & _HOLDING)[chosen] != 0).tolist(),
        strict=True,
    )
    regions -= batch.starts[chosen][:, None]
    for at, (low, high), (refers, prohibits, has_tags, holds) in zip(
        chosen.tolist(), regions.tolist(), marks, strict=True
    ):
        data = batch.utf8[at]
        file = File(
            data, batch.names[at], forms[at], licence_files[at], (low, high), refers, prohibits, has_tags
        )
        if holds:
            holders[at] = holders_in(data[low:high])
        if forms[at] is not None:
            places[at] = places_in(data, forms[at])
        findings = findings_in(file, matches[at])
        if findings:
            expressions[at], kinds[at] = settled(findings)
            evidence[at] = [_as_row(one) for one in sorted(findings, key=lambda one: (one.start, one.end))]
    return {
        "licence_expression": expressions,
        "licence_kind": kinds,
        "licence_evidence": evidence,
        "licence_places": places,
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


def _have_tags(batch: Batch, hinted: Windows) -> NDArray[np.bool_]:
    """For each document whether what may be a tag stands where it has legal words."""
    found = np.zeros(len(batch.names), bool)
    owners = np.repeat(np.arange(found.size), hinted.counts)
    found[owners[have_any(batch.joined, hinted.spans, _TAGS)]] = True
    return found


def _as_row(one: Finding) -> dict[str, Any]:
    return {"start": one.start, "end": one.end, "kind": one.kind, "rule": one.rule, "score": one.score}
