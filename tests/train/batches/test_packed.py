"""Packed rows are the rows: same tokens, same log-probabilities, same gradients."""

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.train.tiny import ARCHITECTURES, alone, gradients, row, tiny_model
from tilth.train.batches import attention
from tilth.train.batches.bins import best_fit
from tilth.train.batches.packed import Group, num_tokens, pack
from tilth.train.heads.scores import attach

ROWS = {
    "one answer": [row(5, 4)],
    "a pair behind one prompt": [row(7, 5, 3)],
    "many answers of one prompt": [row(30, 4, 9, 2, 6, 8, 1)],
    "an empty answer": [row(4, 0, 3), row(3, 0)],
    "no prompt": [row(0, 6), row(0, 1), row(0, 5, 4)],
    "all together": [row(5, 4), row(0, 6), row(7, 5, 3, seed=3), row(30, 4, 9, 2, 6, seed=4), row(4, 0, 3)],
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_pitfalls_11_15_17_packed_rows_score_as_they_do_alone(
    architecture: str, rows: list[dict[str, Any]]
) -> None:
    model = tiny_model(architecture)
    expected = torch.cat([one for each in rows for one in alone(model, each)])
    weights = torch.linspace(0.5, 2, len(expected))
    (expected * weights).sum().backward()
    expected_gradients = gradients(model)

    attach(model)
    found = model(packed=pack(rows))["logps"]
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=0)
    (found * weights).sum().backward()
    torch.testing.assert_close(gradients(model), expected_gradients, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["mistral"])
def test_a_sliding_window_counts_positions_not_places(name: str) -> None:
    model = tiny_model(name, sliding_window=4, attn_implementation="eager")
    rows = [row(9, 6, 8), row(12, 3), row(2, 1)]
    expected = torch.cat([one for each in rows for one in alone(model, each)])
    attach(model)
    torch.testing.assert_close(model(packed=pack(rows))["logps"], expected, atol=2e-6, rtol=0)


def dense(query: Any, key: Any, value: Any, packed: Any, options: Any) -> Any:
    """Attention by one mask over everything: the reference for the backends."""
    repeats = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
    masks = [attention.visible(group, options.window, query.device) for group in packed.groups]
    mask = torch.block_diag(*masks).bool()
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=options.scaling
    )


@pytest.mark.parametrize("window", [None, 5])
@pytest.mark.parametrize("waste", [0.0, 1e9], ids=["a call per answer", "a call per row"])
def test_segments_equal_one_mask(window: int | None, waste: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_MASK_WASTE", waste)
    packed = pack(ROWS["all together"])
    options = attention.Options(0.3, 0.0, window)
    query = torch.randn(1, 4, packed.num_tokens, 8)
    key, value = torch.randn(2, 1, 2, packed.num_tokens, 8)
    found = attention.segments(query, key, value, packed, options)
    torch.testing.assert_close(found, dense(query, key, value, packed, options))


def test_the_order_of_keys_for_variable_length_kernels() -> None:
    """What a kernel with a causal mask aligned at the end computes from it is the same attention."""
    packed = pack(ROWS["all together"])
    query, key, value = torch.randn(3, 1, 2, packed.num_tokens, 8)
    order, ends, key_ends = attention.key_order(packed)
    pieces = []
    for (start, end), (first, last) in zip(
        ends.unfold(0, 2, 1).tolist(), key_ends.unfold(0, 2, 1).tolist(), strict=True
    ):
        mask = torch.ones(end - start, last - first, dtype=torch.bool).tril(last - first - (end - start))
        at = order[first:last]
        pieces.append(
            torch.nn.functional.scaled_dot_product_attention(
                query[:, :, start:end], key[:, :, at], value[:, :, at], attn_mask=mask
            )
        )
    expected = dense(query, key, value, packed, attention.Options(None, 0.0, None))
    torch.testing.assert_close(torch.cat(pieces, 2), expected)


def test_rows_and_parts_give_the_same_mask() -> None:
    packed = pack(ROWS["all together"])
    rows, parts = attention.row_and_part(packed)
    to, at = torch.meshgrid(*[torch.arange(packed.num_tokens)] * 2, indexing="ij")
    sees = (rows[to] == rows[at]) & ((parts[at] == 0) | (parts[to] == parts[at])) & (to >= at)
    expected = torch.block_diag(*[attention.visible(group, None, rows.device) for group in packed.groups])
    assert torch.equal(sees, expected.bool())


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.lists(st.integers(0, 5), min_size=1, max_size=4)), min_size=1)
)
def test_pitfall_14_every_token_is_packed_once(shapes: list[tuple[int, list[int]]]) -> None:
    rows = [row(prompt, *answers, seed=index) for index, (prompt, answers) in enumerate(shapes)]
    packed = pack(rows)
    tokens = [t for one in rows for part in (one["prompt_ids"], *one["answers"]) for t in part]
    assert packed.ids[0].tolist() == tokens
    assert packed.num_tokens == sum(map(num_tokens, rows)) == packed.groups[-1].end
    counted = [
        token
        for one in rows
        for answer, trained in zip(one["answers"], one["trained"], strict=True)
        for at, (token, counts) in enumerate(zip(answer, trained, strict=True))
        if counts and (at or one["prompt_ids"])
    ]
    assert packed.targets.tolist() == counted
    assert packed.answer_lengths().sum() == packed.num_trained == len(counted)


def test_pitfall_16_the_first_token_of_every_answer_is_predicted_from_the_prompt() -> None:
    packed = pack([row(3, 2, 2), row(2, 1)])
    assert packed.sources.tolist() == [2, 3, 2, 5, 8]
    assert packed.positions[0].tolist() == [0, 1, 2, 3, 4, 3, 4, 0, 1, 2]
    assert packed.groups[0] == Group(0, 3, (5, 7))
    assert packed.last_tokens().tolist() == [4, 6, 9]
    assert packed.row_sums(torch.ones(5)).tolist() == [2, 2, 1]


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 40))
def test_best_fit_loses_nothing_and_overfills_nothing(lengths: list[int], capacity: int) -> None:
    bins = best_fit(lengths, capacity)
    assert Counter(index for one in bins for index in one) == Counter(range(len(lengths)))
    assert all(len(one) == 1 or sum(lengths[index] for index in one) <= capacity for one in bins)
    fitting = [length for length in lengths if length <= capacity]
    # Johnson 1973: at most 11/9 of the fewest, and those hold the sum at least.
    assert len(bins) - (len(lengths) - len(fitting)) <= 11 / 9 * max(len(fitting), 1) + 1


def test_best_fit_fills_as_worked_out_by_hand() -> None:
    # 7 and 6 open two bins of 10; 4 fits behind 6 exactly, 3 behind 7 exactly, 2 needs a third.
    assert best_fit([2, 7, 3, 6, 4], 10) == [[0], [1, 2], [3, 4]]
