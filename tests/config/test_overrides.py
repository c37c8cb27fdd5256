import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.models import Recipe
from tilth.config.overrides import apply, parse, place
from tilth.errors import UserError


@pytest.mark.parametrize(
    ("tokens", "what"),
    [
        (["policy.mode", "fast"], "unexpected argument `policy.mode`"),
        (["-x"], "unexpected argument `-x`"),
        (["--a", "1", "2"], "unexpected argument `2`"),
        (["--"], "unexpected argument `--`"),
        (["--set"], "`--set` needs a key and a value"),
        (["--set", "a"], "`--set` needs a key and a value"),
        (["--set", "=5"], "`--set` needs a key and a value"),
        (["--set", "--a=5"], "`--set` needs a key and a value"),
    ],
)
def test_tokens_that_are_no_override(tokens: list[str], what: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(tokens)
    assert caught.value.what == what


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([], []),
        (["--a.b", "2"], [("a.b", "2")]),
        (["--a.b=2"], [("a.b", "2")]),
        (["--a.b="], [("a.b", "")]),
        (["--a.b", ""], [("a.b", "")]),
        (["--set", "a.b=2"], [("a.b", "2")]),
        (["--set=a.b=2=3"], [("a.b", "2=3")]),
        (["--a", "-5", "--b"], [("a", "-5"), ("b", "true")]),
        (["--a", "--b", "1"], [("a", "true"), ("b", "1")]),
        (["--a=--b"], [("a", "--b")]),
        (["--a", "1", "--a", "2"], [("a", "1"), ("a", "2")]),
    ],
)
def test_tokens(tokens: list[str], found: list[tuple[str, str]]) -> None:
    assert parse(tokens) == found


@pytest.mark.parametrize("key", ["a..b", "", ".a", "a."])
def test_a_key_with_an_empty_part(key: str) -> None:
    with pytest.raises(UserError, match="is not a key"):
        place(Recipe, {}, key)


def test_a_key_past_the_end_of_a_list() -> None:
    with pytest.raises(UserError) as caught:
        apply(Recipe, {"sources": [{"kind": "git"}]}, [("sources.2", "{kind: git}")])
    assert "has 1 items" in caught.value.what
    assert "`1` in place of `2`" in caught.value.hint


def test_a_key_through_a_plain_value() -> None:
    with pytest.raises(UserError, match="no key `x` below a plain value"):
        apply(Recipe, {"name": "n"}, [("name.x", "1")])


def test_dashes_are_underscores_in_names_of_fields_only() -> None:
    data = {"sources": [{"kind": "folder", "paths": ["x"]}]}
    changed = apply(
        Recipe,
        data,
        [
            ("policy.longest-line-max", "5"),
            ("sources.0.columns.my-text", "content"),
            ("notes.a-b", "1"),
            ("sources.1.kind", "git"),
        ],
    )
    assert changed == {
        "policy": {"longest_line_max": 5},
        "notes": {"a-b": 1},
        "sources": [{"kind": "folder", "paths": ["x"], "columns": {"my-text": "content"}}, {"kind": "git"}],
    }
    assert data == {"sources": [{"kind": "folder", "paths": ["x"]}]}


@given(st.lists(st.text(min_size=1) | st.sampled_from(["--a", "--a.b", "--set", "--a=1", "x=1"])))
def test_any_tokens_are_overrides_or_a_user_error(tokens: list[str]) -> None:
    try:
        pairs = parse(tokens)
        apply(Recipe, {"name": "n", "sources": [{"kind": "git"}]}, pairs)
    except UserError:
        return
    assert len(pairs) <= len(tokens)
