"""`tilth config`: check a recipe, print its schema."""

import json
import sys
from pathlib import Path
from typing import Literal

from cyclopts import App

from tilth.cli.options import Overrides

app = App(name="config", help="Check a recipe; print the schema that editors complete from.")


@app.command
def check(file: Path, /, *overrides: Overrides, resolved: bool = False) -> None:
    """Check a recipe and list every mistake in it at once.

    `tilth config check recipe.yaml`
    `tilth config check recipe.yaml --policy.line_max 2000`

    Args:
        file: The recipe, a YAML file.
        overrides: Changes to it: `--part.key VALUE`, or `--set part.key=VALUE`.
        resolved: Print the recipe with every default written out, in place of `ok`.
    """
    from tilth.config.load import load, resolved_yaml
    from tilth.config.overrides import parse
    from tilth.config.recipe import Recipe

    recipe = load(Recipe, file, parse(overrides))
    sys.stdout.write(resolved_yaml(recipe) if resolved else "ok\n")


@app.command
def schema(what: Literal["recipe"] = "recipe", /) -> None:
    """Print the JSON Schema of what may be written in a recipe.

    `tilth config schema > recipe.schema.json`, then begin the recipe with
    `# yaml-language-server: $schema=recipe.schema.json`.

    Args:
        what: Which file the schema is for.
    """
    from tilth.config.recipe import Recipe
    from tilth.config.schema import json_schema

    models = {"recipe": Recipe}
    sys.stdout.write(json.dumps(json_schema(models[what]), indent=2) + "\n")
