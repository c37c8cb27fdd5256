"""The texts most like a given one, among a million in a hundredth of a second: every signature is looked at.

Two signatures agree in a slot as often as the sets of shingles are alike (Jaccard), by chance once in 256. A part of a
text that has a fraction f of its shingles is alike to it by f, so a snippet is found by the same look where it is a
twentieth of its file or more; what agrees most is then compared exactly.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.data.dedup.near.bands import Indices, Signatures
from tilth.data.dedup.near.similarity import compared_sets, sets_of
from tilth.data.facts.kernels import Bytes, kernel
from tilth.data.facts.shingles import laid, sketches, word_characters

LEAST_AGREEMENTS = 8
"""Slots that agree by chance in fewer than one of a million signatures."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a text is to the one that was asked for."""

    similarity: float
    """Jaccard similarity of the two."""
    contained: float
    """Share of the shingles of the text asked for that are in this one."""


def likeliest(signatures: Signatures, text: bytes, limit: int) -> Indices:
    """Numbers of the signatures that agree most with that of a text in UTF-8, the best first; none for a tiny text.

    Args:
        signatures: [n, 256]
        text: Fewer than five words have no signature.
        limit: How many at the most.
    """
    sizes, _, own = sketches(*laid([text]), word_characters())
    if not sizes[0] or not len(signatures):
        return np.empty(0, np.int64)
    agreed = _agreements(signatures, own[0])
    found = np.flatnonzero(agreed >= LEAST_AGREEMENTS)
    return found[np.lexsort((found, -agreed[found]))][:limit]


def likenesses(text: bytes, others: list[bytes]) -> list[Likeness]:
    """How alike each of some texts is to one, exactly."""
    pairs = np.array([(0, at) for at in range(1, len(others) + 1)]).reshape(-1, 2)
    sets, begins = sets_of([text, *others])
    size, *other_sizes = np.diff(begins).tolist()
    similarity = compared_sets(sets, begins, pairs, 0.0)
    # J = both / (size + other - both)
    shared = np.rint(similarity * (size + np.array(other_sizes)) / (1 + similarity))
    contained = shared / max(size, 1)
    return [Likeness(float(one), float(other)) for one, other in zip(similarity, contained, strict=True)]


@kernel("int16[::1](Array(uint8, 2, 'C', readonly=True), Array(uint8, 1, 'C', readonly=True))")
def _agreements(signatures: Signatures, own: Bytes) -> npt.NDArray[np.int16]:
    agreed = np.empty(len(signatures), np.int16)
    for at in range(len(signatures)):
        count = np.int16(0)
        for slot in range(len(own)):
            count += signatures[at, slot] == own[slot]
        agreed[at] = count
    return agreed
