"""Documented or not merged: every command, recipe key, fact, rule and reason is named in docs/."""

import importlib
import re
from collections.abc import Iterator
from functools import cache

import pytest
from cyclopts import App

from tests.house.modules import ROOT
from tilth.cli.main import COMMANDS, build_app


@cache
def words() -> str:
    """All of docs/, and the README."""
    pages = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())


def named(name: str, text: str) -> bool:
    """Whether the text has the name as a word of its own, in code (between backticks or in a block)."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) is not None


def missing(names: set[str]) -> list[str]:
    return sorted(name for name in names if not named(name, words()))


def commands(app: App, above: str) -> Iterator[tuple[str, App]]:
    """Every command that can be run, with its options' owner."""
    below = [name for name in app if not name.startswith("-")]
    for name in below:
        yield from commands(app[name], f"{above} {name}")
    if not below:
        yield above, app


@pytest.mark.parametrize("noun", COMMANDS)
def test_commands_and_options(noun: str) -> None:
    root = build_app()
    found = dict(commands(root[noun], f"tilth {noun}"))
    options = {
        name
        for app in found.values()
        for argument in app.assemble_argument_collection(default_parameter=root.default_parameter)
        if argument.show
        for name in argument.names
        if name.startswith("--")
    }
    assert missing(set(found) | options) == []


def test_recipe_keys() -> None:
    from tilth.config.recipe import Recipe
    from tilth.config.shapes import paths

    assert missing({path.rpartition(".")[2] for path in paths(Recipe)}) == []


def test_every_recipe_key_explains_itself() -> None:
    """The string under a field is its help, its page in the docs and its hint in an editor."""
    from tilth.config.recipe import Recipe

    assert [
        f"{model.__name__}.{name}" for model in models_below(Recipe) for name in silent_fields(model)
    ] == []


def test_facts() -> None:
    groups = importlib.import_module("tilth.data.facts.groups").groups()
    assert missing({field.name for group in groups for field in group.SCHEMA}) == []


def test_rules_and_reasons() -> None:
    rules = importlib.import_module("tilth.data.policy.rules").RULES
    assert missing({rule.reason for rule in rules} | {rule.setting for rule in rules}) == []


def test_every_setting_of_the_default_policy_is_argued() -> None:
    settings = importlib.import_module("tilth.data.policy.presets").PRESETS["tilth"]
    page = (ROOT / "docs" / "design" / "default_policy.md").read_text("utf-8")
    assert [name for name in settings if not named(name, page)] == []


def test_training() -> None:
    """Options and reasons of rows, templates, parsers, losses and aggregations."""
    rows = importlib.import_module("tilth.train.rows.options").RowOptions.__dataclass_fields__
    names = set(rows) | set(importlib.import_module("tilth.train.rows.account").REASONS)
    names |= set(importlib.import_module("tilth.train.rows.named").TEMPLATES)
    names |= set(importlib.import_module("tilth.train.rows.steps").PARSERS)
    pytest.importorskip("torch")
    names |= set(importlib.import_module("tilth.train.losses.dpo").LOSS_TYPES)
    names |= set(importlib.import_module("tilth.train.losses.divergences").DIVERGENCES)
    names |= set(importlib.import_module("tilth.train.credit.steps").AGGREGATIONS)
    assert missing(names) == []


def test_reasons_of_refusal() -> None:
    """Where a module lists why a path or unit is refused (REASONS), each has its line in the docs."""
    names: set[str] = set()
    for path in sorted((ROOT / "src" / "tilth" / "data").rglob("*.py")):
        if re.search(r"^REASONS\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))
            names |= set(module.REASONS)
    assert missing(names) == []


def models_below(model: type) -> list[type]:
    from tilth.config.shapes import choices, is_model, keys

    found: list[type] = []
    todo = [model]
    while todo:
        for choice in choices(todo.pop()):
            if is_model(choice) and choice not in found:
                found.append(choice)
                todo += keys(choice).values()
            elif not is_model(choice):
                todo += [
                    argument for argument in getattr(choice, "__args__", ()) if not isinstance(argument, str)
                ]
    return found


def silent_fields(model: type) -> list[str]:
    return [name for name, field in model.model_fields.items() if not field.description]  # type: ignore[attr-defined]


def test_the_measure_itself() -> None:
    assert named("tilth data build", "run `tilth data build recipe.yaml`")
    assert not named("tilth data", "`tilth data-build`")
    assert not named("length", "`length_bytes`")
    assert named("--into", "`--into DIR`")
    app = App(name="x")
    app.command(lambda: None, name="one")
    assert [name for name, _ in commands(app, "tilth x")] == ["tilth x one"]
