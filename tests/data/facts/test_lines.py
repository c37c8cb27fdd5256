"""Lines as numbers: the same whatever the white space, and where each begins and ends."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts import lines
from tilth.data.facts.batch import Batch

LINES = st.lists(st.sampled_from(["a = 1", "  a = 1\t", "a=1\r", "", "}", "--- //", "b", "é"]), max_size=8)


def found(*texts: bytes) -> list[tuple[list[int], list[int]]]:
    columns = lines.compute(Batch.of([str(at) for at in range(len(texts))], [""] * len(texts), list(texts)))
    both = zip(*(columns[name].to_pylist() for name in ("line_hashes", "line_bytes")), strict=True)
    return [(np.frombuffer(one, "<u4").tolist(), np.frombuffer(other, "<u4").tolist()) for one, other in both]


def test_white_space_says_nothing_and_what_has_no_letter_is_zero() -> None:
    ((hashes, lengths),) = found(b"a = 1\n\ta=1 \r\n\n}\na = 2")
    assert hashes[0] == hashes[1] != hashes[4] and hashes[2:4] == [0, 0]
    assert lengths == [6, 7, 1, 2, 5]


def test_bad_input() -> None:
    assert found(b"", b"\n", b"\0\1\xff\xfe\0", b"\r\r") == [([], []), ([0], [1]), ([], []), ([0], [2])]


@given(st.lists(LINES, max_size=4))
def test_lines_are_those_of_the_text(texts: list[list[str]]) -> None:
    whole = ["\n".join(text) for text in texts]
    for text, (hashes, lengths) in zip(whole, found(*(text.encode() for text in whole)), strict=True):
        expected = [line.encode() for line in text.split("\n")]
        pieces = [line + b"\n" for line in expected[:-1]] + [line for line in expected[-1:] if line]
        assert lengths == [len(piece) for piece in pieces]
        says = [any(byte > 127 or chr(byte).isalnum() for byte in piece) for piece in pieces]
        assert [value > 0 for value in hashes] == says
        shapes = [b"".join(piece.split()) for piece in pieces]
        for one, value in zip(shapes, hashes, strict=True):
            assert all((other == value) == (shape == one) for shape, other in zip(shapes, hashes, strict=True)
                       if value and other)  # fmt: skip
