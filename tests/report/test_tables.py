from hypothesis import given
from hypothesis import strategies as st

from tilth.report.tables import markdown_table, text_table

ROWS = [{"reason": "long_line", "files": 1234567}, {"reason": "größe 中", "files": None}]


def test_no_rows() -> None:
    assert text_table([]) == markdown_table([]) == ""
    assert text_table([], ["a", "b"]) == "a  b\n-  -\n"


def test_columns_are_aligned() -> None:
    assert text_table(ROWS) == (
        "reason         files\n---------  ---------\nlong_line  1,234,567\ngröße 中\n"
    )


def test_markdown() -> None:
    assert markdown_table(ROWS, ["files", "reason"]) == (
        "| files | reason |\n| --: | --- |\n| 1,234,567 | long_line |\n|  | größe 中 |\n"
    )
    assert "a\\|b" in markdown_table([{"x": "a|b\nc"}])


@given(
    st.lists(
        st.fixed_dictionaries({"a": st.text(), "b": st.none() | st.integers() | st.floats()}), min_size=1
    )
)
def test_a_row_is_a_line(rows: list[dict[str, object]]) -> None:
    assert text_table(rows).count("\n") == len(rows) + 2
    assert markdown_table(rows).count("\n") == len(rows) + 2
