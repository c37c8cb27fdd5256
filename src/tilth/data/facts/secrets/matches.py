"""What has a form of its own: the matches of the tokens' patterns, each examined, or like one that was."""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tilth.data.facts.batch import Batch
from tilth.data.facts.findings import Finding
from tilth.data.facts.secrets import known
from tilth.data.facts.secrets.automaton import Automaton, Pattern, hyperscan_module
from tilth.data.facts.secrets.bounded import bounded
from tilth.data.facts.secrets.checks import BLOCK_BYTES
from tilth.data.facts.secrets.crowds import UNMEASURED, Allowance, shared
from tilth.data.facts.secrets.found import Found
from tilth.data.facts.secrets.made_up import made_up
from tilth.data.facts.secrets.overlaps import without_overlaps
from tilth.data.facts.secrets.tokens import examine, is_hash_in_path, tails, tokens

DOUBTED = 0.1
"""Confidence in what has a token's form and an example's content."""
Rows = NDArray[np.int64]
"""[n, 4] Document, pattern, start and end of matches, in the order of the three."""


@cache
def automaton() -> Automaton:
    """The tokens' patterns, compiled on first use."""
    return Automaton(patterns(), hyperscan_module())


def patterns() -> list[Pattern]:
    """The patterns, in the order of their numbers."""
    return [token.searched for token in tokens()]


def of_tokens(batch: Batch, allowance: Allowance) -> Found:
    """What the matches in a batch are; of those that overlap the surest."""
    hits = automaton().hits(batch)
    rows = np.stack([hits.documents, hits.patterns, hits.starts, hits.ends], axis=1)
    rows = bounded(batch.joined, batch.starts, rows, *tails())
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    nameless = rows[:, [2, 2, 2, 3, 0]] * np.array([1, 1, 1, 1, 0])
    likes = shared(batch.joined, allowance, rows[:, 0], rows[:, 1], nameless)
    told = _examined(batch, _placed(rows[likes.looked_at], batch.starts))
    if (likes.own < 0).any():
        # What is like nothing that was found is still told: the strict take it.
        chance = np.maximum(likes.spread(told.confidences), UNMEASURED)
        told = told.and_also(_unexamined(batch, rows, chance, likes.own < 0))
    told = told.taken(told.confidences > 0)
    told = told.taken(np.lexsort((-told.spans[:, 2], told.spans[:, 1], told.spans[:, 0])))
    return told.taken(without_overlaps(told.spans, told.confidences))


def _placed(rows: Rows, starts: Rows) -> Rows:
    """Matches by their places in their documents."""
    placed: Rows = rows - starts[rows[:, :1]] * np.array([0, 0, 1, 1])
    return placed


def _examined(batch: Batch, rows: Rows) -> Found:
    """What each match is; one that is nothing has no confidence."""
    table, found = tokens(), []
    last = (-1, -1, 0)
    for document, pattern, start, end in rows.tolist():
        # What is within one that was looked at as a whole is nothing of its own.
        is_within = (document, pattern) == last[:2] and start < last[2]
        one = None if is_within else examine(batch.utf8[document], table[pattern], start, end)
        if one:
            last = (document, pattern, one.end)
        found.append(one or Finding(table[pattern].kind.name, start, end, 0.0, "pattern"))
    spans = np.array([(one.start, one.end) for one in found], int).reshape(-1, 2)
    starts, ends = (spans + batch.starts[rows[:, :1]]).T
    is_example = made_up(batch.joined, starts, ends)
    for at, (one, (document, pattern)) in enumerate(zip(found, rows[:, :2].tolist(), strict=True)):
        text, token = batch.utf8[document], table[pattern]
        is_known = known.is_known(text[one.start : one.end])
        is_example[at] |= is_known or is_hash_in_path(text, one.start, one.end, token)
        is_example[at] &= token.kind.group != "private_key" and one.how != "checksum"
    sure = np.array([one.confidence for one in found], float)
    hows = pa.array([one.how for one in found], pa.string())
    return Found(
        np.column_stack([rows[:, 0], spans]),
        np.where(is_example, np.minimum(sure, DOUBTED), sure),
        pa.array([one.kind for one in found], pa.string()),
        pc.if_else(pa.array(is_example), "example", hows),
    )


def _unexamined(batch: Batch, rows: Rows, chance: NDArray[np.float64], chosen: NDArray[np.bool_]) -> Found:
    """Matches that nobody looked at; of a private key all up to the next one."""
    is_key = tails()[2][rows[:, 1]]
    begins = np.sort(rows[is_key, 2])
    rows, chance, is_key = rows[chosen], chance[chosen], is_key[chosen]
    following = np.append(begins, len(batch.joined))[np.searchsorted(begins, rows[:, 2], side="right")]
    furthest = np.minimum(np.minimum(following, batch.starts[rows[:, 0] + 1]), rows[:, 2] + BLOCK_BYTES)
    rows[:, 3] = np.where(is_key, furthest, rows[:, 3])
    kinds = pa.array([token.kind.name for token in tokens()], pa.string())
    hows = pa.array(["unmeasured"]).take(pa.array(np.zeros(len(rows), np.int64)))
    return Found(_placed(rows, batch.starts)[:, [0, 2, 3]], chance, kinds.take(pa.array(rows[:, 1])), hows)
