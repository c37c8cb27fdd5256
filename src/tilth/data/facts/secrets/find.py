"""The secrets of a batch: candidates of one pass, each checked by what it has."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import FINDINGS, Kind
from tilth.data.facts.secrets import known, providers
from tilth.data.facts.secrets.assignments import Assignments, assignments, gathered
from tilth.data.facts.secrets.automaton import Automaton, Pattern, hyperscan_module
from tilth.data.facts.secrets.bounded import bounded
from tilth.data.facts.secrets.disguises import Views, views
from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.forms import FORMS, HEADER, LOGIN, STATEMENT, URL, USER
from tilth.data.facts.secrets.model import model
from tilth.data.facts.secrets.overlaps import surest_beside, without_overlaps
from tilth.data.facts.secrets.tokens import examine, tails, tokens

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
DOUBTFUL = 0.45
"""Confidence in a value whose name says that everybody may know it."""
LIKELY = 0.5
"""Confidence from which what has a form of its own says more than the name beside it."""
SURER = 0.2
"""How much surer what was disguised has to be than what stands there as it is."""
_CREDENTIAL = 4
_BY_FORM = np.full(len(FORMS), -1, np.int64)
_BY_FORM[[STATEMENT, LOGIN]] = 0
_BY_FORM[URL] = 6
_BY_FORM[[HEADER, USER]] = 7
_ABOUT = NAMES.index("about_password")


@cache
def automaton() -> Automaton:
    """The tokens' patterns, compiled on first use."""
    return Automaton(patterns(), hyperscan_module())


def patterns() -> list[Pattern]:
    """The patterns, in the order of their numbers."""
    return [token.searched for token in tokens()]


def find(batch: Batch) -> pa.Array:
    """A column of `FINDINGS` for the documents of a batch."""
    found = _found(batch)
    hidden = views(batch.joined, batch.starts)
    if len(hidden.documents):
        found = _with_hidden(found, hidden, batch.starts)
    return found.column(len(batch))


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of a batch, side by side."""

    spans: NDArray[np.int64]
    """[n, 3] Number of the document, start and end in it."""
    confidences: NDArray[np.float64]
    kinds: pa.Array
    hows: pa.Array

    def taken(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> "Found":
        """Some of them."""
        rows = np.flatnonzero(kept) if kept.dtype == np.bool_ else kept
        given = pa.array(rows)
        return Found(self.spans[rows], self.confidences[rows], self.kinds.take(given), self.hows.take(given))

    def and_also(self, other: "Found") -> "Found":
        """These and others."""
        return Found(
            np.concatenate([self.spans, other.spans]),
            np.concatenate([self.confidences, other.confidences]),
            pa.concat_arrays([self.kinds, other.kinds]),
            pa.concat_arrays([self.hows, other.hows]),
        )

    def column(self, count: int) -> pa.Array:
        """As a column for so many documents."""
        ordered = self.taken(np.lexsort((self.spans[:, 2], self.spans[:, 1], self.spans[:, 0])))
        documents, starts, ends = ordered.spans.T
        offsets = np.searchsorted(documents, np.arange(count + 1))
        fields = [
            ordered.kinds,
            pa.array(starts.astype(np.int32)),
            pa.array(ends.astype(np.int32)),
            pa.array(ordered.confidences.astype(np.float32)),
            ordered.hows,
        ]
        structs = pa.StructArray.from_arrays(fields, fields=list(FINDINGS.value_type))
        return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), structs).cast(FINDINGS)


def _found(batch: Batch) -> Found:
    """What stands in the documents as it is."""
    whole = _of_tokens(batch)
    named = assignments(batch, model().fluency)
    chance = named.spread(capped(model().confidences(named.features), named.features))
    kept = chance >= LEAST
    named = named.taken(kept)
    kinds, chance = _kinds(batch, named, chance[kept])
    sizes = named.places[:, 3] - named.places[:, 2]
    for at in np.flatnonzero(np.isin(sizes, [*known.sizes()])).tolist():
        if known.is_known(batch.joined[named.places[at, 2] : named.places[at, 3]].tobytes()):
            chance[at] = min(chance[at], MADE_UP)
    base = batch.starts[named.documents]
    spans = np.stack([named.documents, named.places[:, 2] - base, named.places[:, 3] - base], axis=1)
    hows = pa.array(["context", "unmeasured"]).take(pa.array(np.int64((named.own < 0) & (named.likes < 0))))
    given = Found(spans, chance, kinds, hows)
    surest = surest_beside(spans, whole.spans, whole.confidences)
    return whole.and_also(given.taken((surest < LIKELY) & ((surest == 0) | (surest < chance))))


def _with_hidden(found: Found, hidden: Views, starts: NDArray[np.int64]) -> Found:
    """The findings, and those of disguised parts that overlap none that is as sure."""
    inside = _found(_as_they_are(hidden))
    documents = hidden.documents[inside.spans[:, 0]]
    first = hidden.bounds[inside.spans[:, 0]]
    spans = np.stack(
        [
            documents,
            hidden.starts[first + inside.spans[:, 1]] - starts[documents],
            hidden.ends[first + inside.spans[:, 2] - 1] - starts[documents],
        ],
        axis=1,
    )
    surest = surest_beside(spans, found.spans, found.confidences)
    placed = Found(spans, inside.confidences, inside.kinds, inside.hows)
    return found.and_also(placed.taken((surest == 0) | (surest < inside.confidences - SURER)))


def _as_they_are(hidden: Views) -> Batch:
    """A batch of texts that are not decoded, as their spans have to stay: they may end within a character."""
    whole = hidden.text.tobytes()
    texts = [whole[first:last] for first, last in pairwise(hidden.bounds.tolist())]
    names = [""] * len(texts)
    return Batch(names, names, texts, ["utf-8"] * len(texts), texts, hidden.text, hidden.bounds)


def capped(chance: NDArray[np.float64], features: NDArray[np.float32]) -> NDArray[np.float64]:
    """The scores, with what rules say: what was made up is almost nothing, and what is for everybody is doubtful."""
    value = dict(zip(NAMES, features.T, strict=True))
    made_up = (
        ((value["repeat_run"] >= 5) & (value["distinct"] < 16))
        | (value["sequence"] >= 9)
        | (value["distinct"] < 3)
    )
    return np.minimum(chance, np.where(made_up, MADE_UP, np.where(value["name_open"] > 0, DOUBTFUL, 1)))


def _of_tokens(batch: Batch) -> Found:
    """What has a form of its own; of those that overlap the surest."""
    hits = automaton().hits(batch)
    rows = np.stack([hits.documents, hits.patterns, hits.starts, hits.ends], axis=1)
    rows = bounded(batch.joined, batch.starts, rows, *tails())
    rows[:, 2:] -= batch.starts[rows[:, 0]][:, None]
    table, owners, found = tokens(), [], []
    last = (-1, -1, 0)
    for document, pattern, start, end in rows.tolist():
        if (document, pattern) == last[:2] and start < last[2]:
            continue  # within what was looked at as a whole
        finding = examine(batch.utf8[document], table[pattern], start, end)
        if finding:
            last = (document, pattern, finding.end)
            owners.append(document)
            found.append(finding)
    spans = np.array([(one.start, one.end) for one in found], np.int64).reshape(-1, 2)
    told = Found(
        np.column_stack([np.array(owners, np.int64), spans]),
        np.array([one.confidence for one in found], float),
        pa.array([one.kind for one in found], pa.string()),
        pa.array([one.how for one in found], pa.string()),
    )
    told = told.taken(np.lexsort((-told.spans[:, 2], told.spans[:, 1], told.spans[:, 0])))
    return told.taken(without_overlaps(told.spans, told.confidences))


def _kinds(
    batch: Batch, named: Assignments, chance: NDArray[np.float64]
) -> tuple[pa.Array, NDArray[np.float64]]:
    """The kind of each value, and its confidence."""
    # What is told has a row that speaks for it, or was not measured.
    rows = np.where(named.own >= 0, named.own, named.likes)
    about = np.vstack([named.features[:, _ABOUT : _ABOUT + 6], np.zeros((1, 6))])[rows] > 0
    numbers = np.where(about.any(axis=1), about.argmax(axis=1), _CREDENTIAL)
    numbers = np.where(_BY_FORM[named.forms] >= 0, _BY_FORM[named.forms], numbers)
    kinds = [kind.name for kind in (*NAMED_KINDS, *providers.kinds())]
    text = batch.joined
    if providers.names_any(gathered(text, named.places)):
        chance = chance.copy()
        for at, (first, last, begin, end, _) in enumerate(named.places.tolist()):
            provider = providers.number_of(text[first:last].tobytes(), text[begin:end].tobytes())
            if provider is not None:
                numbers[at] = len(NAMED_KINDS) + provider
                chance[at] = max(chance[at], NAMED) if chance[at] > MADE_UP else chance[at]
    return pa.array(kinds, pa.string()).take(pa.array(numbers)), chance
