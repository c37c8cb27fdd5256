"""The secrets of a batch: candidates of one pass, each checked by what it has."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Finding, Kind
from tilth.data.facts.secrets import providers
from tilth.data.facts.secrets.assignments import Assignments, assignments
from tilth.data.facts.secrets.automaton import Automaton, Hits, Pattern, hyperscan_module
from tilth.data.facts.secrets.disguises import DISGUISES, View, views
from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.forms import FORMS, HEADER, LOGIN, STATEMENT, URL, USER
from tilth.data.facts.secrets.model import model
from tilth.data.facts.secrets.tokens import examine, reach, tokens

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
MADE_UP = 0.1
"""Confidence in a value whose characters are no secret's."""
LIKELY = 0.5
"""Confidence from which what has a form of its own says more than the name beside it."""
SURER = 0.2
"""How much surer what was disguised has to be than what stands there as it is."""
_DISGUISED = len(FORMS) + len(tokens())
_PASSWORD, _CREDENTIAL, _URL, _AUTHORIZATION = 0, 4, 6, 7
_ABOUT = NAMES.index("about_password")


@cache
def automaton() -> Automaton:
    """Forms, tokens and disguises, compiled on first use."""
    return Automaton(patterns(), hyperscan_module())


def patterns() -> list[Pattern]:
    """The patterns, in the order of their numbers."""
    return [*(form.pattern for form in FORMS), *(token.pattern for token in tokens()), *DISGUISES]


def find(batch: Batch) -> pa.Array:
    """A column of `FINDINGS` for the documents of a batch."""
    hits = automaton().hits(batch)
    found = _found(batch, hits)
    hidden = list(views(batch.joined, batch.starts, _part(hits, _DISGUISED, len(patterns())), _DISGUISED))
    if hidden:
        found = _with_hidden(found, hidden)
    return found.column(len(batch))


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of a batch, side by side."""

    documents: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    confidences: NDArray[np.float64]
    kinds: list[str]
    hows: list[str]

    def column(self, count: int) -> pa.Array:
        """As a column for so many documents."""
        order = np.lexsort((self.ends, self.starts, self.documents))
        offsets = np.searchsorted(self.documents[order], np.arange(count + 1))
        given = pa.array(order)
        fields = [
            pa.array(self.kinds, pa.string()).take(given),
            pa.array(self.starts[order].astype(np.int32)),
            pa.array(self.ends[order].astype(np.int32)),
            pa.array(self.confidences[order].astype(np.float32)),
            pa.array(self.hows, pa.string()).take(given),
        ]
        structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs).cast(FINDINGS)


def _found(batch: Batch, hits: Hits) -> Found:
    """What stands in the documents as it is."""
    whole, owners = _of_tokens(batch, _part(hits, len(FORMS), _DISGUISED))
    named = assignments(batch, _part(hits, 0, len(FORMS)), model().fluency)
    chance = named.spread(capped(model().confidences(named.features), named.features))
    kept = chance >= LEAST
    named = named.taken(kept)
    kinds, chance = _kinds(batch, named, chance[kept])
    starts = named.places[:, 2] - batch.starts[named.documents]
    ends = named.places[:, 3] - batch.starts[named.documents]
    free = _free(named.documents, starts, ends, chance, whole, owners)
    return Found(
        np.concatenate([owners, named.documents[free]]),
        np.concatenate([np.array([one.start for one in whole], np.int64), starts[free]]),
        np.concatenate([np.array([one.end for one in whole], np.int64), ends[free]]),
        np.concatenate([np.array([one.confidence for one in whole], float), chance[free]]),
        [one.kind for one in whole] + [kinds[at] for at in np.flatnonzero(free)],
        [one.how for one in whole] + ["context"] * int(free.sum()),
    )


def _with_hidden(found: Found, hidden: list[View]) -> Found:
    """The findings, and those of disguised parts that overlap none that is as sure."""
    batch = _as_they_are([view.text for view in hidden])
    inside = _found(batch, automaton().hits(batch))
    order = np.argsort(found.documents, kind="stable")
    chosen, spans = [], []
    for at, number in enumerate(inside.documents.tolist()):
        view = hidden[number]
        start, end = int(view.starts[inside.starts[at]]), int(view.starts[inside.ends[at]])
        low, high = np.searchsorted(found.documents, (view.document, view.document + 1), sorter=order)
        rows = order[low:high]
        same = rows[(found.starts[rows] < end) & (found.ends[rows] > start)]
        if not len(same) or found.confidences[same].max() < inside.confidences[at] - SURER:
            chosen.append(at)
            spans.append((view.document, start, end))
    places = np.array(spans, np.int64).reshape(-1, 3)
    return Found(
        np.concatenate([found.documents, places[:, 0]]),
        np.concatenate([found.starts, places[:, 1]]),
        np.concatenate([found.ends, places[:, 2]]),
        np.concatenate([found.confidences, inside.confidences[chosen]]),
        found.kinds + [inside.kinds[at] for at in chosen],
        found.hows + [inside.hows[at] for at in chosen],
    )


def _as_they_are(texts: list[bytes]) -> Batch:
    """A batch of texts that are not decoded, as their spans have to stay: they may end within a character."""
    starts = np.cumsum([0, *map(len, texts)])
    joined = np.frombuffer(b"".join(texts), np.uint8)
    return Batch([""] * len(texts), [""] * len(texts), texts, ["utf-8"] * len(texts), texts, joined, starts)


def capped(chance: NDArray[np.float64], features: NDArray[np.float32]) -> NDArray[np.float64]:
    """The scores, where a value's characters were written down in their order or all the same: almost nothing."""
    value = dict(zip(NAMES, features.T, strict=True))
    same = (
        ((value["repeat_run"] >= 5) & (value["distinct"] < 16))
        | (value["sequence"] >= 9)
        | (value["distinct"] < 3)
    )
    return np.where(same, np.minimum(chance, MADE_UP), chance)


def _part(hits: Hits, first: int, last: int) -> Hits:
    """The hits of the patterns of some numbers."""
    low, high = np.searchsorted(hits.patterns, (first, last))
    return Hits(*(getattr(hits, name)[low:high] for name in ("documents", "patterns", "starts", "ends")))


def _of_tokens(batch: Batch, hits: Hits) -> tuple[list[Finding], NDArray[np.int64]]:
    """What has a form of its own, and the number of its document; of those that overlap the surest."""
    table = tokens()
    found: dict[int, list[Finding]] = {}
    last = (-1, -1, 0)
    for pattern, start, end, document in zip(
        *(part.tolist() for part in (hits.patterns, hits.starts, hits.ends, hits.documents)), strict=True
    ):
        low = int(batch.starts[document])
        if (pattern, document) == last[:2] and start < last[2]:
            continue  # within what was looked at as a whole
        text, token = batch.utf8[document], table[pattern - len(FORMS)]
        finding = examine(text, token, start - low, end - low)
        last = (pattern, document, low + max(finding.end if finding else 0, reach(text, token, end - low)))
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
    # What is told has a row that speaks for it.
    rows = np.where(named.own >= 0, named.own, named.likes)
    about = named.features[rows, _ABOUT : _ABOUT + 6] > 0
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
    """Which values overlap nothing that has a form of its own and is as sure, or likely."""
    free = np.ones(len(starts), bool)
    # In the order of their documents and starts, so what one overlaps lies side by side.
    order = np.lexsort((starts, documents))
    begins = documents[order] << 32 | starts[order]
    stops = np.maximum.accumulate(documents[order] << 32 | ends[order])
    spans = np.array([(one.start, one.end) for one in whole], np.int64).reshape(-1, 2)
    lows = np.searchsorted(stops, owners << 32 | spans[:, 0], side="right")
    highs = np.searchsorted(begins, owners << 32 | spans[:, 1])
    for at in np.flatnonzero(lows < highs).tolist():
        one, rows = whole[at], order[lows[at] : highs[at]]
        free[
            rows[(ends[rows] > one.start) & ((chance[rows] <= one.confidence) | (one.confidence >= LIKELY))]
        ] = False
    return free
