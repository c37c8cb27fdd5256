"""The secrets of a batch: candidates of one pass, each checked by what it has."""

from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import Kind
from tilth.data.facts.secrets import known, providers
from tilth.data.facts.secrets.assignments import Assignments, assignments, gathered, measured
from tilth.data.facts.secrets.basic import is_example
from tilth.data.facts.secrets.crowds import Allowance
from tilth.data.facts.secrets.disguises import Views, views
from tilth.data.facts.secrets.features import NAMES
from tilth.data.facts.secrets.forms import FORMS, HEADER, LOGIN, STATEMENT, URL, USER
from tilth.data.facts.secrets.found import Found
from tilth.data.facts.secrets.matches import of_tokens
from tilth.data.facts.secrets.model import model
from tilth.data.facts.secrets.overlaps import surest_beside

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


def find(batch: Batch) -> pa.Array:
    """A column of `FINDINGS` for the documents of a batch."""
    allowance = Allowance.of(batch.starts)
    found = _found(batch, allowance)
    hidden = views(batch.joined, batch.starts)
    if len(hidden.documents):
        allowance = Allowance(hidden.documents, allowance.counts // 2)
        found = _with_hidden(found, _found(_as_they_are(hidden), allowance), hidden, batch.starts)
    return found.column(len(batch))


def _found(batch: Batch, allowance: Allowance) -> Found:
    """What stands in the documents as it is."""
    whole = of_tokens(batch, allowance)
    named = assignments(batch, allowance)
    features = measured(batch, named, model().fluency)
    chance = capped(model().confidences(features), features)
    numbers, chance = _kinds(batch, named, features, chance)
    told = named.shared.spread(chance)
    kept = told >= LEAST
    named, told = named.taken(kept), told[kept]
    # What is told has a row that speaks for it, or was not measured.
    rows = np.where(named.shared.own >= 0, named.shared.own, named.shared.likes)
    numbers = np.append(numbers, _CREDENTIAL)[rows]
    numbers = np.where((rows < 0) & (_BY_FORM[named.forms] >= 0), _BY_FORM[named.forms], numbers)
    base = batch.starts[named.documents]
    spans = np.stack([named.documents, named.places[:, 2] - base, named.places[:, 3] - base], axis=1)
    hows = pa.array(["context", "unmeasured"]).take(pa.array(np.int64(rows < 0)))
    given = Found(spans, told, _kind_names().take(pa.array(numbers)), hows)
    surest = surest_beside(spans, whole.spans, whole.confidences)
    return whole.and_also(given.taken((surest < LIKELY) & ((surest == 0) | (surest < told))))


def _with_hidden(found: Found, inside: Found, hidden: Views, starts: NDArray[np.int64]) -> Found:
    """The findings, and those inside disguised parts that overlap none that is as sure."""
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


def _kinds(
    batch: Batch, named: Assignments, features: NDArray[np.float32], chance: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The number of each measured value's kind, and its confidence."""
    chosen = named.shared.looked_at
    forms, places = named.forms[chosen], named.places[chosen]
    about = features[:, _ABOUT : _ABOUT + 6] > 0
    numbers = np.where(about.any(axis=1), about.argmax(axis=1), _CREDENTIAL)
    numbers = np.where(_BY_FORM[forms] >= 0, _BY_FORM[forms], numbers)
    chance = chance.copy()
    text, likely = batch.joined, chance >= LEAST
    is_long = np.isin(places[:, 3] - places[:, 2], [*known.sizes()])
    for at in np.flatnonzero(likely & is_long).tolist():
        if known.is_known(text[places[at, 2] : places[at, 3]].tobytes()):
            chance[at] = min(chance[at], MADE_UP)
    for at in np.flatnonzero(chance > DOUBTFUL).tolist():
        if is_example(text[places[at, 2] : places[at, 3]].tobytes()):
            chance[at] = DOUBTFUL
    if providers.names_any(gathered(text, places[likely])):
        for at in np.flatnonzero(likely).tolist():
            first, last, begin, end, _ = places[at].tolist()
            provider = providers.number_of(text[first:last].tobytes(), text[begin:end].tobytes())
            if provider is not None:
                numbers[at] = len(NAMED_KINDS) + provider
                chance[at] = max(chance[at], NAMED) if chance[at] > MADE_UP else chance[at]
    return numbers, chance


@cache
def _kind_names() -> pa.Array:
    return pa.array([kind.name for kind in (*NAMED_KINDS, *providers.kinds())], pa.string())
