"""What is taken out of a text can be put back."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.stages.cutting import CUTS, SPANS_TYPE, cut, restored


@given(st.lists(st.tuples(st.text(max_size=4), st.booleans()), max_size=8), st.text(max_size=3))
def test_a_text_is_whole_again(parts: list[tuple[str, bool]], tail: str) -> None:
    text = "".join(part for part, _ in parts) + tail
    spans, at = [], 0
    for part, is_cut in parts:
        end = at + len(part.encode())
        if is_cut and end > at:
            spans.append({"begin_byte": at, "end_byte": end})
        at = end
    rows = pa.table({"content": [text, "other"]})
    table = cut(rows, pa.chunked_array([pa.array([spans, None], SPANS_TYPE)]))
    (left, other), (cuts, nothing) = table["content"].to_pylist(), table[CUTS].to_pylist()
    assert left == "".join(part for part, is_cut in parts if not is_cut) + tail
    assert restored(left, cuts) == text
    assert (other, nothing) == ("other", None) and restored(other, nothing) == other
