"""Repeated blocks of lines against what a slow reading of the definition says."""

from collections import Counter
from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.dedup.repeated import KEPT_HERE, REPEATED, Settled, repeated_in, settle, windows_of

Texts = list[list[int]]
TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=12), min_size=1, max_size=6)


def begins_of(texts: Texts) -> np.ndarray:
    return np.cumsum([0, *map(len, texts)], dtype=np.int64)


def found(
    texts: Texts, length: int, least: int, share_max: float = 1.0, cut_at: int | None = None
) -> list[Settled]:
    """All steps, the texts in one part or (before `cut_at`, and from there on) two."""
    parts = [(0, len(texts))] if cut_at is None else [(0, cut_at), (cut_at, len(texts))]
    begins = begins_of(texts)
    hashes, firsts = windows_of(np.array(list(chain(*texts)), np.uint32), begins, length)
    known = repeated_in(hashes, np.searchsorted(begins, firsts, side="right") - 1, least)
    keepers = np.full(len(known), -1, np.int64)
    settled = []
    for first, last in parts:
        part = texts[first:last]
        lines, own = np.array(list(chain(*part)), np.uint32), begins_of(part)
        hashes, firsts = windows_of(lines, own, length)
        there = np.isin(hashes, known)
        hits = firsts[there], np.searchsorted(known, hashes[there])
        lengths = np.arange(1, len(lines) + 1, dtype=np.uint32)
        settled.append(settle(lines, lengths, own, hits, keepers, first, length, share_max))
    return settled


def slow(
    texts: Texts, length: int, least: int, share_max: float
) -> tuple[list[list[int]], list[float], list[float]]:
    """For every line that says something 0, KEPT_HERE or REPEATED (nothing, for a text that goes); the two shares."""
    saying = [[line for line in text if line] for text in texts]
    windows = [[tuple(text[at : at + length]) for at in range(len(text) - length + 1)] for text in saying]
    counts: dict[tuple[int, ...], int] = {}
    for text in windows:
        for window in set(text):
            counts[window] = counts.get(window, 0) + 1
    keeper: dict[tuple[int, ...], int] = {}
    states, shares, others = [], [], []
    for number, text in enumerate(windows):
        hits = [(at, window) for at, window in enumerate(text) if counts[window] >= least]

        def lines_of(wanted: list[int]) -> set[int]:
            return {line for at in wanted for line in range(at, at + length)}

        everywhere = lines_of([at for at, _ in hits])
        elsewhere = lines_of([at for at, window in hits if window in keeper])
        total = max(len(saying[number]), 1)
        shares.append(len(everywhere) / total)
        others.append(len(elsewhere) / total)
        if others[-1] > share_max:
            states.append([])
            continue
        for _, window in hits:
            keeper.setdefault(window, number)
        own = lines_of([at for at, window in hits if keeper[window] == number])
        states.append(
            [KEPT_HERE if line in own else REPEATED if line in elsewhere else 0 for line in range(total)]
        )
    return states, shares, others


def states_of(texts: Texts, found: Settled, first: int = 0) -> list[list[int]]:
    """The state of each line that says something, from the spans; a line's length is its number among all, from 1."""
    begins, states = begins_of(texts), []
    for number, text in enumerate(texts):
        ends = np.cumsum(np.arange(begins[number] + 1, begins[number + 1] + 1))
        spans = [(b, e, s) for t, b, e, s in zip(*found[:4], strict=True) if t == number + first]
        states.append([
            next((int(state) for begin, end, state in spans if begin < stop <= end), 0)
            for line, stop in zip(text, ends, strict=True) if line
        ])  # fmt: skip
    return states


@given(TEXTS, st.integers(2, 4), st.integers(2, 3), st.sampled_from([1.0, 0.5, 0.0]))
def test_blocks_are_those_of_the_definition(texts: Texts, length: int, least: int, share_max: float) -> None:
    (settled,) = found(texts, length, least, share_max)
    states, shares, others = slow(texts, length, least, share_max)
    assert settled.share.tolist() == shares and settled.elsewhere.tolist() == others
    for number, (one, other) in enumerate(zip(states_of(texts, settled), states, strict=True)):
        assert one == other or (other in ([], [0]) and not any(one)), number


@given(TEXTS, st.integers(2, 3), st.integers(0, 6))
def test_parts_do_not_show(texts: Texts, length: int, cut_at: int) -> None:
    cut_at = min(cut_at, len(texts))
    (whole,) = found(texts, length, 2, 0.5)
    parts = found(texts, length, 2, 0.5, cut_at)
    joined = [np.concatenate(columns).tolist() for columns in zip(*parts, strict=True)]
    # Lengths of lines are counted anew in each part.
    for at in (0, 3, 4, 5):
        assert joined[at] == whole[at].tolist()


@given(TEXTS, st.integers(2, 3))
def test_every_block_of_a_text_that_stays_is_whole_in_one(texts: Texts, length: int) -> None:
    (settled,) = found(texts, length, 2, 0.5)
    states = states_of(texts, settled)
    is_whole: dict[tuple[int, ...], bool] = {}
    num_texts: Counter[tuple[int, ...]] = Counter()
    for number, text in enumerate(texts):
        saying = [line for line in text if line]
        windows = [tuple(saying[at : at + length]) for at in range(len(saying) - length + 1)]
        num_texts.update(set(windows))
        for at, window in enumerate(windows if settled.elsewhere[number] <= 0.5 else []):
            whole = REPEATED not in states[number][at : at + length]
            is_whole[window] = is_whole.get(window, False) or whole
    assert all(whole for window, whole in is_whole.items() if num_texts[window] > 1)


def test_no_text_and_no_line() -> None:
    for texts in ([[]], [[0, 0]], [[], [1]]):
        (settled,) = found(texts, 2, 2)
        assert len(settled.text) == 0 and not settled.share.any()


def test_a_line_repeated_a_million_times_is_one_block_of_one_text() -> None:
    texts = [[1] * 1_000_000, [1, 1, 1], [2]]
    (settled,) = found(texts, 3, 2)
    assert settled.text.tolist() == [0, 1] and settled.state.tolist() == [KEPT_HERE, REPEATED]
