"""Limits of a recipe are numbers, finite and not negative; a mistake names its key."""

import pytest

from tilth.config.load import check
from tilth.config.recipe import Recipe
from tilth.config.yaml_text import read_yaml
from tilth.errors import UserError

COUNTS = (
    "size_max", "lines_max", "line_max", "line_max_data", "encoded_run_max", "data_lines_max",
    "html_visible_min_chars",
)  # fmt: skip
FRACTIONS = ("alpha_min", "alphanum_min_assembly", "encoded_fraction_max", "html_visible_min_fraction")


def recipe(policy: str, source: str = "{kind: folder, paths: [a]}", release: str = "{}") -> Recipe:
    text = f"name: x\nsources: [{source}]\npolicy: {policy}\nrelease: {release}\n"
    return check(Recipe, read_yaml(text, where="recipe.yaml"), where="recipe.yaml")


def mistake(*said: str, **more: str) -> str:
    with pytest.raises(UserError) as caught:
        recipe(*said, **more)
    return caught.value.what.removeprefix("recipe.yaml: ")


@pytest.mark.parametrize("name", [*COUNTS, *FRACTIONS, "line_mean_max"])
@pytest.mark.parametrize(
    "value", ["true", "false", '"5"', "-1", "-0.5", ".nan", ".inf", "-.inf", "[1]", "1e3x"]
)
def test_limit_that_is_none(name: str, value: str) -> None:
    assert mistake(f"{{{name}: {value}}}").startswith(f"policy.{name}: must be ")


@pytest.mark.parametrize("name", FRACTIONS)
def test_share_above_one(name: str) -> None:
    assert mistake(f"{{{name}: 25}}") == f"policy.{name}: must be at most 1.0, but is 25"


def test_words() -> None:
    assert mistake("{line_mean_max: .inf}") == "policy.line_mean_max: must be a finite number, but is inf"
    assert mistake("{line_mean_max: .nan}") == "policy.line_mean_max: must be a finite number, but is nan"
    assert mistake("{size_max: true}") == "policy.size_max: must be a whole number, but is true"
    assert mistake('{size_max: "5"}') == "policy.size_max: must be a whole number, but is `5`"
    assert mistake("{size_max: -1}") == "policy.size_max: must be at least 0, but is -1"
    assert mistake("{alpha_min: true}") == "policy.alpha_min: must be a number, but is true"


def test_what_a_limit_may_be() -> None:
    policy = recipe(
        "{size_max: 0, line_mean_max: 80, alpha_min: 0, encoded_fraction_max: 1.0, line_max: null}"
    ).policy
    assert (policy.size_max, policy.line_mean_max, policy.alpha_min, policy.line_max) == (0, 80, 0, None)


@pytest.mark.parametrize("value", ["true", '"70000"', ".inf", "-1"])
def test_limits_elsewhere(value: str) -> None:
    archive = "{kind: archive, paths: [a], %s: " + value + "}"
    for name in ("unpacked_max_bytes", "ratio_max"):
        assert mistake("{}", archive % name).startswith(f"sources.0.{name}: must be ")
    for name in ("shard_bytes", "row_group_bytes"):
        assert mistake("{}", release=f"{{{name}: {value}}}").startswith(f"release.{name}: must be ")
