"""Finds whole licence texts in a document, by the shingles they share with the SPDX texts.

The table `licence_texts.npz` holds hashes only; it says in `source` where they come from, and `build_table`
makes it.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from tilth.data.facts.licence.fit import MIN_GAP_WORDS, fitted
from tilth.data.facts.licence.shingles import LENGTH, Shingles

# Below this share of a text's shingles it is not that text; SPDX's own templates lose up to a quarter of a
# short text to names.
MIN_CONTAINED = 0.72
# A text of few words shares most of them with others of its kind.
_SHORT_WORDS = 80
_MIN_CONTAINED_SHORT = 0.85
MAX_TEXTS = 120
# What a word of the licence that is missing, or a foreign word inside it, costs against a word found.
_MISMATCH_COST = 0.5

# Words that, added to a permissive text, take something back: "for Good, not Evil", "non-commercial use
# only".
_RESTRICTING = re.compile(
    r"\b(?:non|noncommercial|commercially?|prohibit(?:ed)?|forbidden|evil|military|nuclear|shall not|"
    r"must not|use only|only for|"
    r"training|(?:academic|educational|research|personal|evaluation) (?:use|purpose|only))\b"
)
# What a look-alike has to say, and what it must not say, in compared words (final `s` gone).
_SAYS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"BSD-2-Clause\Z"), "", r"endorse or promote|advertising material"),
    (
        re.compile(r"BSD-3-Clause\Z"),
        r"endorse or promote|not be used to endorse|promote product",
        r"advertising material",
    ),
    (re.compile(r"BSD-4-Clause\Z"), r"advertising material", ""),
    (re.compile(r"BSD-1-Clause\Z"), "", r"redistribution in binary|endorse or promote"),
    (re.compile(r"MIT\Z"), r"permission notice|copyright notice", r"except as contained in thi notice"),
    (re.compile(r"MIT-0\Z"), "", r"shall be included|permission notice"),
    (re.compile(r"X11\Z"), r"except as contained in thi notice", ""),
    (re.compile(r"ISC\Z"), r"appear in all copie|included in all copie", ""),
    (re.compile(r"0BSD\Z"), "", r"appear in all copie|included in all copie"),
    (re.compile(r"CC-BY-NC[-A-Z]*-\d\.\d\Z"), r"non ?commercial|toward commercial advantage", ""),
    (re.compile(r"CC-BY(?:-SA|-ND)?-\d\.\d\Z"), "", r"non ?commercial|toward commercial advantage"),
    (re.compile(r"CC-BY(?:-NC)?-SA-\d\.\d\Z"), r"share ?alike|identical to thi", ""),
    (re.compile(r"CC-BY(?:-NC)?-\d\.\d\Z"), "", r"(?:attribution|commercial) (?:share ?alike|no ?deriv)"),
    (re.compile(r"Pixar"), r"modified apache", ""),
    (re.compile(r"NPL-"), r"netscape public", ""),
    (re.compile(r"AGPL"), r"affero", ""),
    (re.compile(r"LGPL"), r"lesser|library", ""),
)


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A licence text found.

    Attributes:
        name: SPDX identifier.
        first: Index of its first word in the document's `Words`.
        last: Index of its last word.
        score: Share of its shingles that were found.
        is_altered: True where the document adds words of restriction, or a passage, to the text.
    """

    name: str
    first: int
    last: int
    score: float
    is_altered: bool


@dataclass(frozen=True, slots=True)
class _Table:
    source: str
    names: list[str]
    num_words: NDArray[np.int32]
    num_kept: NDArray[np.int32]
    limits: NDArray[np.uint32]
    keys: NDArray[np.uint32]
    bounds: NDArray[np.uint32]
    texts: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: int
    low: int
    high: int
    contained: float
    worth: float
    gap: int


@cache
def table() -> _Table:
    """The fingerprints of the SPDX texts."""
    with (
        as_file(files("tilth.data.facts.licence").joinpath("licence_texts.npz")) as path,
        np.load(path) as held,
    ):
        return _Table(
            str(held["source"]), [str(name) for name in held["names"]], held["num_words"], held["num_kept"],
            held["limits"], held["keys"], held["bounds"], held["texts"],
        )  # fmt: skip


def texts_in(made: Shingles) -> tuple[list[TextMatch], int]:
    """The licence texts in a document, and how many shingles of any licence text it holds in all."""
    places, texts = _hits(made)
    distinct, ids = np.unique(made.keys, return_inverse=True)
    stamps = np.zeros(distinct.size, np.int64)
    num_hits = int(np.unique(places).size)
    own = _by_text(places, texts)
    whole = dict(own)
    candidates = {text: _acceptable(text, hits, ids, stamps) for text, hits in own.items()}
    matches: list[TextMatch] = []
    while len(matches) < MAX_TEXTS:
        best = max(filter(None, candidates.values()), key=lambda one: (one.worth, -one.text), default=None)
        if best is None:
            break
        if not _says_so(table().names[best.text], _between(made, best)):
            candidates[best.text] = None
            continue
        matches.append(_described(best, made, whole[best.text]))
        for text, hits in own.items():
            # Only a text that loses shingles to the match can change.
            first, last = np.searchsorted(hits, (best.low, best.high))
            if first < last:
                own[text] = np.concatenate((hits[:first], hits[last:]))
                candidates[text] = _acceptable(text, own[text], ids, stamps)
    return sorted(matches, key=lambda match: match.first), num_hits


def _by_text(places: NDArray[np.int64], texts: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """For each text with enough shingles in the document: where they are, in order."""
    held = table()
    counts = np.bincount(texts, minlength=len(held.names))
    likely = counts >= MIN_CONTAINED * np.maximum(held.num_kept, 1)
    kept = likely[texts]
    order = np.lexsort((places[kept], texts[kept]))
    sorted_texts, sorted_places = texts[kept][order], places[kept][order]
    present = np.flatnonzero(likely)
    bounds = np.searchsorted(sorted_texts, [*present, len(held.names)])
    return {int(text): sorted_places[bounds[at] : bounds[at + 1]] for at, text in enumerate(present)}


def _acceptable(
    text: int, hits: NDArray[np.int64], ids: NDArray[np.int64], stamps: NDArray[np.int64]
) -> _Candidate | None:
    held = table()
    needed = _MIN_CONTAINED_SHORT if held.num_words[text] < _SHORT_WORDS else MIN_CONTAINED
    if hits.size < needed * held.num_kept[text]:
        return None
    found = _placed(text, hits, ids, stamps)
    return found if found.contained >= needed and found.worth > 0 else None


def _hits(made: Shingles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    held = table()
    slots = np.searchsorted(held.keys, made.keys)
    slots[slots == held.keys.size] = 0
    places = np.flatnonzero(held.keys[slots] == made.keys)
    slots = slots[places]
    counts = (held.bounds[slots + 1] - held.bounds[slots]).astype(np.int64)
    first = np.repeat(held.bounds[slots].astype(np.int64) - (np.cumsum(counts) - counts), counts)
    texts = held.texts[first + np.arange(first.size)].astype(np.int64)
    return np.repeat(places, counts).astype(np.int64), texts


def _placed(
    text: int, hits: NDArray[np.int64], ids: NDArray[np.int64], stamps: NDArray[np.int64]
) -> _Candidate:
    held = table()
    length = int(held.num_words[text])
    low, last, num_distinct, gap = fitted(hits, ids, stamps, length, _widest_gap(text))
    high = last + LENGTH
    contained = min(1.0, num_distinct / int(held.num_kept[text]))
    found = min(contained * length, high - low)
    worth = found - _MISMATCH_COST * (length - found) - _MISMATCH_COST * (high - low - found)
    return _Candidate(text, low, high, contained, worth, gap)


def _widest_gap(text: int) -> float:
    """The longest run of words without a shingle that chance leaves in a sample (probability e^-12)."""
    return max(MIN_GAP_WORDS, 12 * 2**32 / (int(table().limits[text]) + 1))


def _says_so(name: str, said: str) -> bool:
    for pattern, needed, forbidden in _SAYS:
        if pattern.match(name):
            if needed and not re.search(needed, said):
                return False
            if forbidden and re.search(forbidden, said):
                return False
    return True


def _between(made: Shingles, found: _Candidate) -> str:
    return " ".join(made.compared[found.low : found.high])


def _described(found: _Candidate, made: Shingles, hits: NDArray[np.int64]) -> TextMatch:
    held = table()
    rate = (int(held.limits[found.text]) + 1) / 2**32
    is_altered = found.gap > _widest_gap(found.text)
    if rate == 1 and not is_altered:
        is_altered = _adds_restriction(found, made, hits)
    last = min(found.high, len(made.places)) - 1
    return TextMatch(
        held.names[found.text],
        int(made.places[found.low]),
        int(made.places[last]),
        round(found.contained, 4),
        is_altered,
    )


def _adds_restriction(found: _Candidate, made: Shingles, hits: NDArray[np.int64]) -> bool:
    """True where words that the licence does not have, inside the stretch, restrict something."""
    own = np.zeros(found.high - found.low + LENGTH, bool)
    inside = hits[(hits >= found.low) & (hits < found.high)] - found.low
    for offset in range(LENGTH):
        own[inside + offset] = True
    foreign = " ".join(made.compared[found.low + at] for at in np.flatnonzero(~own[:-LENGTH]).tolist())
    return _RESTRICTING.search(foreign) is not None
