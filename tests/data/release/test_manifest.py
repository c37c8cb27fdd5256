import json
from pathlib import Path

import pytest

from tests.data.releases import Made
from tilth.config.load import load
from tilth.config.recipe import Recipe
from tilth.data.release.sealed import read_manifest
from tilth.errors import UserError


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"manifest"'])
def test_what_is_no_manifest(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(text)
    with pytest.raises(UserError, match="not a manifest"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("version", [None, 0, 99, "1"])
def test_manifest_of_another_version(tmp_path: Path, version: object) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"manifest_version": version}))
    with pytest.raises(UserError, match="manifest version"):
        read_manifest(tmp_path)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no manifest"):
        read_manifest(tmp_path)


def test_counts_add_up(example: Made) -> None:
    assert example.is_balanced()


def test_recipe_in_a_release_builds_it_again(example: Made) -> None:
    again = load(Recipe, example.path / "recipe.yaml")
    assert again.name == example.manifest["name"]


def test_nothing_in_it_depends_on_the_machine_or_the_time(example: Made) -> None:
    text = (example.path / "manifest.json").read_text() + (example.path / "README.md").read_text()
    for word in (str(example.path), "workers", "hostname", "built_at"):
        assert word not in text
