import json
from pathlib import Path

import pytest

from tilth.cli.main import main


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "recipe.yaml"
    path.write_text("name: small\nsources:\n- {kind: folder, paths: [code]}\n")
    return str(path)


def test_every_mistake_is_listed(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", recipe, "--nmae", "x", "--sources.0.pahts", "[a]"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: 2 mistakes\n")
    assert "command line: nmae: unknown key; did you mean `name`?" in err
    assert "command line: sources.0.pahts: unknown key; did you mean `paths`?" in err


def test_broken_yaml_has_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("a: b: c\n")
    assert main(["config", "check", str(path)]) == 2
    assert "r.yaml:1:5: mapping values are not allowed here" in capsys.readouterr().err


def test_a_good_recipe(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", recipe]) == 0
    assert capsys.readouterr() == ("ok\n", "")


def test_the_resolved_recipe_is_a_recipe(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "check", recipe, "--resolved", "--name", "other"]) == 0
    text = capsys.readouterr().out
    again = tmp_path / "again.yaml"
    again.write_text(text)
    assert main(["config", "check", str(again), "--resolved"]) == 0
    assert capsys.readouterr().out == text
    assert "name: other" in text


@pytest.mark.parametrize("words", [[], ["recipe"]])
def test_the_schema(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema", *words]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Recipe"


def test_no_such_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema", "recip"]) == 2
    assert "recipe" in capsys.readouterr().err
