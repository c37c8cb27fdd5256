"""The recipes that ship are recipes."""

from pathlib import Path

import pytest

from tilth.config.load import load
from tilth.config.recipe import Recipe

ROOT = Path(__file__).parents[2]
RECIPES = [*sorted((ROOT / "recipes").glob("*.yaml")), ROOT / "demo" / "recipe.yaml"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_is_one(path: Path) -> None:
    assert path.read_text().startswith("# "), "a recipe that ships says what it is for"
    assert load(Recipe, path).sources


def test_the_readme_shows_the_first_recipe() -> None:
    text = (ROOT / "recipes" / "first.yaml").read_text()
    assert text.split("\n", 1)[1] in (ROOT / "README.md").read_text()
