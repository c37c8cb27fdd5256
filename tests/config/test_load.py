from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.config.models import Bounded, Folder, Git, Policy, Recipe
from tilth.config.load import check, load, resolved_yaml
from tilth.config.overrides import parse
from tilth.config.schema import json_schema
from tilth.config.yaml_text import read_yaml
from tilth.errors import UserError


def mistakes(text: str, *tokens: str) -> list[str]:
    """The lines of the error that a text with overrides leads to."""
    with pytest.raises(UserError) as caught:
        check(Recipe, read_yaml(text, where="recipe.yaml"), parse(tokens), where="recipe.yaml")
    lines = caught.value.what.splitlines()
    return [lines[0]] if len(lines) == 1 else [one.strip() for one in lines[1:]]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("policy: {longst_line: 5}", "policy.longst_line: unknown key; did you mean `longest_line_max`?"),
        ("polcy: {}", "polcy: unknown key; did you mean `policy`?"),
        ("mode: fast", "mode: unknown key here; it belongs in `policy.mode`"),
        ("xyzzy: 1", "xyzzy: unknown key; known here: `name`, `policy`, `sources`, `into`, `notes`"),
        ("policy: {longest_line_max: 0}", "policy.longest_line_max: must be at least 1, but is 0"),
        (
            "policy: {longest_line_max: many}",
            "policy.longest_line_max: must be a whole number, but is `many`",
        ),
        (
            "policy: {longest_line_max: 1.5}",
            "policy.longest_line_max: must be a whole number, but is the number 1.5",
        ),
        ("policy: {mean_line_max: [1]}", "policy.mean_line_max: must be a number, but is a list"),
        ("policy: {is_strict: maybe}", "policy.is_strict: must be true or false, but is `maybe`"),
        ("policy: 5", "policy: must be a mapping of keys, but is the number 5"),
        ("policy:", "policy: must be a mapping of keys, but is empty"),
        (
            "policy: {mode: fsat}",
            "policy.mode: must be one of `fast`, `exact`, but is `fsat`; did you mean `fast`?",
        ),
        ("policy: {languages: 5}", "policy.languages: must be a list or `any`, but is the number 5"),
        (
            "policy: {languages: [5]}",
            "policy.languages.0: must be text, but is the number 5; put it in quotes",
        ),
        ("policy: {limit: x}", "policy.limit: must be a whole number or `auto`, but is `x`"),
        ("sources: {kind: git}", "sources: must be a list, but is a mapping of keys"),
        ("sources: [git]", None),
        ("sources: [{}]", "sources.0.kind: missing; it must be one of `git`, `folder`"),
        (
            "sources: [{knd: git}]",
            "sources.0.kind: missing; it must be one of `git`, `folder`; is `knd` meant for it?",
        ),
        (
            "sources: [{kind: gti}]",
            "sources.0.kind: must be one of `git`, `folder`, but is `gti`; did you mean `git`?",
        ),
        (
            "sources: [{kind: git, tag: 1.10}]",
            "sources.0.tag: must be text, but is the number 1.1; put it in quotes",
        ),
        ("sources: [{kind: git, tag: a, branch: b}]", "sources.0: choose one of `branch` and `tag`"),
        ("sources: [{kind: git, brnch: b}]", "sources.0.brnch: unknown key; did you mean `branch`?"),
        (
            "sources: [{kind: git, paths: [b]}]",
            "sources.0.paths: unknown key here; it belongs in `sources.paths`",
        ),
        ("sources: [{kind: folder}]", "sources.0.paths: missing; it must be a list"),
        ("sources: [{kind: folder, paths: []}]", "sources.0.paths: must have at least 1 item, but has 0"),
        (
            "sources: [{kind: git, day: soon}]",
            "sources.0.day: must be a date such as 2026-11-23, but is `soon`",
        ),
        ("sources: [{kind: folder, paths: [a], columns: {a: 1}}]", "sources.0.columns.a: must be text"),
        (
            "notes: {a: [1]}",
            "notes.a: must be text or a whole number or a number or true or false, but is a list",
        ),
        ("into: [x]", "into: must be a path, but is a list"),
        ("5: x", None),
    ],
)
def test_one_mistake_is_one_plain_line(text: str, line: str | None) -> None:
    found = mistakes(f"name: n\n{text}")
    assert len(found) == 1
    if line is not None:
        assert found[0].startswith(f"recipe.yaml: {line}")


def test_a_missing_key() -> None:
    assert mistakes("policy: {}") == ["recipe.yaml: name: missing; it must be text"]


def test_all_mistakes_at_once() -> None:
    text = "policy: {longst_line: 5, mode: fsat}\nsources: [{kind: git, tag: 5}, {kind: gti}]\nnmae: x"
    assert len(mistakes(text)) == 6


def test_a_mistake_on_the_command_line_says_so() -> None:
    assert mistakes("name: n", "--policy.mod", "x", "--sources.0.kind", "gti") == [
        "command line: policy.mod: unknown key; did you mean `mode`?",
        "command line: sources.0.kind: must be one of `git`, `folder`, but is `gti`; did you mean `git`?",
    ]


def test_long_text_is_cut() -> None:
    [line] = mistakes(f"name: n\npolicy: {{mode: {'x' * 5000}}}")
    assert len(line) < 200


def test_a_good_file_with_overrides(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "name: n\nsources:\n- {kind: git, repositories: [a], day: 2024-02-29}\n- {kind: folder, paths: [b]}\n"
    )
    tokens = [
        "--policy.longest-line-max=2000",
        "--sources.0.branch",
        "dev",
        "--set",
        "policy.mean_line_max=1e-5",
    ]
    recipe = load(Recipe, path, parse(tokens))
    assert recipe.policy == Policy(longest_line_max=2000, mean_line_max=1e-5)
    first, second = recipe.sources
    assert isinstance(first, Git) and isinstance(second, Folder)
    assert (first.branch, str(first.day)) == ("dev", "2024-02-29")


@pytest.mark.parametrize("typed", ["1.10", "1234567", "12e4567", "no", "true", "null-ish", "0x10", ""])
def test_where_text_is_wanted_the_command_line_is_text(typed: str) -> None:
    recipe = check(Recipe, {"name": "n", "sources": [{"kind": "git"}]}, [("name", typed)])
    assert recipe.name == typed


def test_an_override_can_empty_an_optional_key() -> None:
    data = {"name": "n", "sources": [{"kind": "git", "tag": "v1"}]}
    [source] = check(Recipe, data, [("sources.0.tag", "null")]).sources
    assert isinstance(source, Git) and source.tag is None


def test_later_overrides_win_and_the_data_stay_as_they_were() -> None:
    data = {"name": "n"}
    assert check(Recipe, data, [("name", "a"), ("name", "b")]).name == "b"
    assert data == {"name": "n"}


def test_the_resolved_text_is_the_recipe() -> None:
    recipe = check(Recipe, {"name": "1e-5", "sources": [{"kind": "git", "tag": "no", "day": "2024-01-01"}]})
    text = resolved_yaml(recipe)
    assert text == resolved_yaml(check(Recipe, read_yaml(text, where="x")))
    assert "name: '1e-5'" in text
    assert "tag: 'no'" in text
    assert "longest_line_max: 1000" in text


@given(
    st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    )
)
def test_resolved_text_round_trips(notes: dict[str, object]) -> None:
    recipe = check(Recipe, {"name": "n", "notes": notes})
    assert check(Recipe, read_yaml(resolved_yaml(recipe), where="x")) == recipe


def test_the_schema_names_every_key_and_refuses_others() -> None:
    schema = json_schema(Recipe)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Policy"]["properties"]["longest_line_max"]["description"] == "Characters."


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "policy", "sources", "kind", "mode", "tag", "paths", "notes", "x"])
            | st.text(),
            below,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["name", "policy", "sources", "notes", "into", "x"]), JSON_LIKE))
def test_anything_is_a_recipe_or_a_user_error(data: dict[str, object]) -> None:
    try:
        check(Recipe, data)
    except UserError as error:
        assert error.what


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"whole": "x"}, "whole: must be a whole number or `auto`, but is `x`"),
        ({"whole": 3}, "whole: must be at least 5, but is 3"),
        ({"share": 7}, "share: must be at most 1.0, but is 7"),
        ({"names": []}, "names: must have at least 1 item, but has 0"),
        ({"names": [3]}, "names.0: must be text, but is the number 3; put it in quotes"),
        ({"word": "b"}, "word: must match the pattern `^a`, but is `b`"),
    ],
)
def test_of_several_alternatives_the_nearest_speaks(data: dict[str, object], line: str) -> None:
    with pytest.raises(UserError) as caught:
        check(Bounded, data)
    assert caught.value.what == f"config: {line}"
