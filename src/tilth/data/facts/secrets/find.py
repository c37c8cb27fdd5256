"""The secrets of a batch: candidates of one pass, each checked by what it has."""

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Finding, Kind
from tilth.data.facts.secrets import providers
from tilth.data.facts.secrets.assignments import Assignments, assignments
from tilth.data.facts.secrets.automaton import Automaton, Hits, hyperscan_module
from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.forms import FORMS, HEADER, LOGIN, STATEMENT, URL, USER
from tilth.data.facts.secrets.model import model
from tilth.data.facts.secrets.tokens import examine, tokens

LEAST = 0.05
"""Confidence below which nothing is kept: no sensitivity asks for it."""
NAMED = 0.85
"""Confidence in a value that has the form of the keys of the provider that its name names."""

NAMED_KINDS = (
    Kind("password", "password", "Value of a password's name"),
    Kind("secret", "key", "Value of a secret's name"),
    Kind("token", "token", "Value of a token's name"),
    Kind("key", "key", "Value of a key's name"),
    Kind("credential", "key", "Value of a credential's name"),
    Kind("salt", "key", "Value of a salt's name"),
    Kind("password.url", "password", "Password in a URL (RFC 3986, section 3.2.1)"),
    Kind("authorization", "token", "Credentials of an HTTP header or a request (RFC 9110, section 11.6.2)"),
)
"""What a value is by the form that it stands in and the words of its name."""
_PASSWORD, _CREDENTIAL, _URL, _AUTHORIZATION = 0, 4, 6, 7
_ABOUT = NAMES.index("about_password")


@cache
def automaton() -> Automaton:
    """All forms, then all tokens, compiled on first use."""
    return Automaton(patterns(), hyperscan_module())


def patterns() -> list:
    """The patterns, in the order of their numbers: forms first."""
    return [form.pattern for form in FORMS] + [token.pattern for token in tokens()]


def find(batch: Batch) -> pa.Array:
    """A column of `FINDINGS` for the documents of a batch."""
    hits = automaton().hits(batch)
    first = np.searchsorted(hits.patterns, len(FORMS))
    whole, in_document = _of_tokens(batch, hits, int(first))
    named = assignments(batch, _part(hits, int(first)), model().fluency)
    chance = model().trees.probabilities(named.features)
    kept = chance >= LEAST
    named = Assignments(*(getattr(named, name)[kept] for name in ("documents", "forms", "places", "features")))
    kinds, chance = _kinds(batch, named, chance[kept])
    starts = named.places[:, 2] - batch.starts[named.documents]
    ends = named.places[:, 3] - batch.starts[named.documents]
    free = _free(named.documents, starts, ends, chance, whole, in_document)
    return _column(
        len(batch),
        np.concatenate([in_document, named.documents[free]]),
        [one.kind for one in whole] + [kinds[at] for at in np.flatnonzero(free)],
        np.concatenate([np.array([one.start for one in whole], np.int64), starts[free]]),
        np.concatenate([np.array([one.end for one in whole], np.int64), ends[free]]),
        np.concatenate([np.array([one.confidence for one in whole], float), chance[free]]),
        [one.how for one in whole] + ["context"] * int(free.sum()),
    )


def _part(hits: Hits, first: int) -> Hits:
    return Hits(hits.documents[:first], hits.patterns[:first], hits.starts[:first], hits.ends[:first])


def _of_tokens(batch: Batch, hits: Hits, first: int) -> tuple[list[Finding], NDArray[np.int64]]:
    """What has a form of its own, and the number of its document; of those that overlap the surest."""
    table = tokens()
    found: dict[int, list[Finding]] = {}
    for pattern, start, end, document in zip(
        *(part[first:].tolist() for part in (hits.patterns, hits.starts, hits.ends, hits.documents)), strict=True
    ):
        low = int(batch.starts[document])
        finding = examine(batch.utf8[document], table[pattern - len(FORMS)], start - low, end - low)
        if finding:
            found.setdefault(document, []).append(finding)
    whole: list[Finding] = []
    owners: list[int] = []
    for document, findings in found.items():
        chosen = _surest(findings)
        whole += chosen
        owners += [document] * len(chosen)
    return whole, np.array(owners, np.int64)


def _surest(findings: list[Finding]) -> list[Finding]:
    """Findings without those that overlap a surer, or an equally sure and longer one."""
    chosen: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.start, -one.end)):
        if chosen and one.start < chosen[-1].end:
            last = chosen[-1]
            if (one.confidence, one.end - one.start) > (last.confidence, last.end - last.start):
                chosen[-1] = one
        else:
            chosen.append(one)
    return chosen


def _kinds(
    batch: Batch, named: Assignments, chance: NDArray[np.float64]
) -> tuple[list[str], NDArray[np.float64]]:
    """The kind of each value, and its confidence."""
    about = named.features[:, _ABOUT : _ABOUT + 6] > 0
    numbers = np.where(about.any(axis=1), about.argmax(axis=1), _CREDENTIAL)
    numbers[np.isin(named.forms, (STATEMENT, LOGIN))] = _PASSWORD
    numbers[named.forms == URL] = _URL
    numbers[np.isin(named.forms, (HEADER, USER))] = _AUTHORIZATION
    kinds = [NAMED_KINDS[number].name for number in numbers]
    text = batch.joined
    names = [text[first:last].tobytes() for first, last in named.places[:, :2]]
    if providers.names_any(b"\n".join(names)):
        chance = chance.copy()
        for at, (name, (begin, end)) in enumerate(zip(names, named.places[:, 2:4], strict=True)):
            provider = providers.provider_of(name, text[begin:end].tobytes())
            if provider:
                kinds[at] = provider.kind.name
                chance[at] = max(chance[at], NAMED)
    return kinds, chance


def _free(
    documents: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    chance: NDArray[np.float64],
    whole: list[Finding],
    owners: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which values overlap nothing that has a form of its own and is as sure."""
    free = np.ones(len(starts), bool)
    order = np.argsort(documents, kind="stable")
    for one, owner in zip(whole, owners.tolist(), strict=True):
        low, high = np.searchsorted(documents, (owner, owner + 1), sorter=order)
        rows = order[low:high]
        overlaps = (starts[rows] < one.end) & (ends[rows] > one.start)
        free[rows[overlaps & (chance[rows] <= max(one.confidence, 0.5))]] = False
    return free


def _column(
    count: int,
    documents: NDArray[np.int64],
    kinds: list[str],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    confidences: NDArray[np.float64],
    hows: list[str],
) -> pa.Array:
    order = np.lexsort((ends, starts, documents))
    offsets = np.searchsorted(documents[order], np.arange(count + 1))
    given = pa.array(order)
    types = {field.name: field.type for field in FINDINGS.value_type}
    fields = [
        pa.array(kinds, types["kind"]).take(given),
        pa.array(starts[order].astype(np.int32)),
        pa.array(ends[order].astype(np.int32)),
        pa.array(confidences[order].astype(np.float32)),
        pa.array(hows, types["how"]).take(given),
    ]
    structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs).cast(FINDINGS)
