import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tilth.config.load import load_yaml
from tilth.config.yaml_text import read_yaml, write_yaml
from tilth.errors import UserError


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: 1\nb: [1, 2\n", "r.yaml:3:1", "expected ',' or ']'"),
        ("a: 1\n\tb: 2\n", "r.yaml:2:1", "cannot start any token"),
        ("a: b: c\n", "r.yaml:1:5", "mapping values are not allowed here"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "r.yaml:4:3", "the key `c` is there twice"),
        ("a: 1\n'a': 2\n", "r.yaml:2:1", "the key `a` is there twice"),
        ("a: 1\n---\nb: 2\n", "r.yaml:2:1", "but found another document"),
        ("a: *nowhere\n", "r.yaml:1:4", "undefined alias"),
        ("a: !!python/object:os.system x\n", "r.yaml:1:4", "could not determine a constructor"),
        ("? [1]\n: 2\n", "r.yaml:1:3", "unhashable"),
        ("a: \x00", "r.yaml", "special characters are not allowed"),
        ("[" * 5000, "r.yaml", "no valid YAML"),
    ],
)
def test_bad_yaml_is_told_with_its_place(text: str, where: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        read_yaml(text, where="r.yaml")
    assert caught.value.where == where
    assert what in caught.value.what


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(UserError, match="no valid YAML"):
        read_yaml(b"a: \xff\xfe\xfa", where="r.yaml")


@pytest.mark.parametrize("content", [b"- 1\n- 2\n", b"just words\n", b"5"])
def test_a_file_without_keys(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.yaml").write_bytes(content)
    with pytest.raises(UserError, match="must hold keys and values"):
        load_yaml(tmp_path / "r.yaml")


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        load_yaml(tmp_path / "r.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        load_yaml(tmp_path)


def test_an_empty_file_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("# nothing yet\n")
    assert load_yaml(tmp_path / "r.yaml") == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("off", "off"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("1e-5", 1e-5),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("12:30", "12:30"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-7", -7),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        ("1.2.3", "1.2.3"),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("=", "="),
        ("[no, NO, on]", ["no", "NO", "on"]),
        ("-.inf", -math.inf),
        ("é", "é"),
    ],
)
def test_plain_values_mean_what_people_expect(text: str, value: object) -> None:
    assert read_yaml(text, where="x") == value
    assert type(read_yaml(text, where="x")) is type(value)


def test_anchors_and_merges_work() -> None:
    text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\n"
    assert read_yaml(text, where="x") == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
TREES = st.recursive(PLAIN, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=12)


@given(TREES)
def test_what_is_written_reads_back_under_both_versions(data: object) -> None:
    text = write_yaml(data)
    assert read_yaml(text, where="x") == data
    assert yaml.safe_load(text) == data


@given(
    st.sampled_from(
        ["no", "1e-5", "0o17", "12:30", "2024-01-01", "1_000", "=", "<<", "null", "~", ".inf", "010"]
    )
)
def test_words_that_look_like_something_else_stay_text(word: str) -> None:
    for version in (read_yaml(write_yaml([word]), where="x"), yaml.safe_load(write_yaml([word]))):
        assert version == [word]


@given(st.text() | st.binary())
def test_reading_anything_is_a_value_or_a_user_error(text: str | bytes) -> None:
    try:
        read_yaml(text, where="x")
    except UserError:
        pass
