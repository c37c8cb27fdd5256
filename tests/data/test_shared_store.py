"""The same recipe over the same inputs gives the same bytes, whatever the store has seen before."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import MIT, Made, build_release, code, hashes, lose, recipe_of, repository
from tests.data.sources.git.repositories import make
from tilth.config.recipe import Recipe

PERMISSIVE = {"preset": "none", "licences": ["permissive"]}
FILES = {b"lost/a.py": code(1), b"kept/b.py": code(2)}


def with_history(place: Path) -> dict[str, Any]:
    return {"kind": "git", "repositories": [str(place)], "history": True}


def same_as_from_nothing(recipe: Recipe, tmp_path: Path) -> Made:
    """The release built with what `store` holds, which must be the one built with nothing."""
    made = build_release(recipe, tmp_path / "with" / "release", store=tmp_path / "store")
    fresh = build_release(recipe, tmp_path / "without" / "release", store=tmp_path / "none")
    assert made.reasons() == fresh.reasons()
    assert hashes(made.path) == hashes(fresh.path)
    assert made.is_balanced()
    return made


def seen(tmp_path: Path, *sources: Any) -> None:
    """Builds something else with the store."""
    build_release(recipe_of(*sources), tmp_path / "before" / "release", store=tmp_path / "store")
    shutil.rmtree(tmp_path / "before")


def test_content_that_the_store_has_from_elsewhere(tmp_path: Path) -> None:
    broken = repository(tmp_path / "broken", {b"a.py": code(1), b"b.py": code(2)})
    whole = repository(tmp_path / "whole", {b"other.py": code(1)})
    lose(broken, broken.blob(code(1)))
    seen(tmp_path, whole.path)
    made = same_as_from_nothing(recipe_of(broken.path), tmp_path)
    assert made.reasons() == {"a.py": "missing_object"}


def test_content_that_another_unit_of_the_build_has(tmp_path: Path) -> None:
    broken = repository(tmp_path / "broken", {b"a.py": code(1), b"b.py": code(2)})
    whole = repository(tmp_path / "whole", {b"other.py": code(1)})
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "c.py").write_bytes(code(2))
    for number in (1, 2):
        lose(broken, broken.blob(code(number)))
    seen(tmp_path, whole.path)
    folder = {"kind": "folder", "paths": [str(tmp_path / "folder")]}
    recipe = recipe_of(broken.path, whole.path, folder, duplicates={"files": "keep_all"})
    assert {"a.py", "b.py"} <= set(same_as_from_nothing(recipe, tmp_path).texts())


@pytest.mark.parametrize("policy", [{"preset": "none"}, PERMISSIVE])
def test_licence_file_that_the_store_has_from_elsewhere(tmp_path: Path, policy: dict[str, Any]) -> None:
    broken = repository(tmp_path / "broken", {b"a.py": code(1)})
    lose(broken, broken.blob(MIT))
    seen(tmp_path, repository(tmp_path / "whole", {}).path)
    made = same_as_from_nothing(recipe_of(broken.path, policy=policy), tmp_path)
    assert made.reasons()["LICENSE"] == "missing_object"


@pytest.mark.parametrize("options", [("--filter=blob:none", "--no-checkout"), ()])
def test_partial_clone_of_what_the_store_has_whole(tmp_path: Path, options: tuple[str, ...]) -> None:
    full = repository(tmp_path / "full", FILES)
    full.git("config", "uploadpack.allowFilter", "true")
    seen(tmp_path, full.path)
    clone = full.clone(tmp_path / "clone", *options)
    made = same_as_from_nothing(recipe_of(clone.path), tmp_path)
    assert bool(made.reasons()) == bool(options)


def test_partial_clone_whose_packs_had_all_that_was_listed(tmp_path: Path) -> None:
    full = repository(tmp_path / "full", FILES)
    for allowed in ("allowFilter", "allowAnySHA1InWant"):
        full.git("config", f"uploadpack.{allowed}", "true")
    clone = full.clone(tmp_path / "clone", "--filter=tree:1", "--no-checkout")
    clone.git("cat-file", "-p", clone.git("rev-parse", "HEAD:LICENSE"))
    recipe = recipe_of(clone.path)
    first = build_release(recipe, tmp_path / "first", store=tmp_path / "store")
    assert first.reasons() == {"kept": "missing_object", "lost": "missing_object"}
    seen(tmp_path, full.path)
    again = build_release(recipe, tmp_path / "again", store=tmp_path / "store")
    assert set(again.texts()) == set(first.texts()) == {"LICENSE"}


def test_content_that_got_lost_and_came_back(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", FILES)
    recipe = recipe_of(one.path, policy=PERMISSIVE)
    whole = hashes(build_release(recipe, tmp_path / "first", store=tmp_path / "store").path)
    lose(one, one.blob(code(1)))
    made = same_as_from_nothing(recipe, tmp_path)
    assert made.reasons() == {"lost/a.py": "missing_object"}
    one.blob(code(1))
    assert hashes(build_release(recipe, tmp_path / "third", store=tmp_path / "store").path) == whole
    assert hashes(build_release(recipe, tmp_path / "fourth", store=tmp_path / "none").path) == whole


def test_folder_that_came_back(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", FILES)
    recipe = recipe_of(one.path)
    lost = one.git("rev-parse", "HEAD:lost")
    kept = one.git_dir / "objects" / lost[:2] / lost[2:]
    kept.rename(tmp_path / "aside")
    assert build_release(recipe, tmp_path / "first", store=tmp_path / "store").reasons() == {
        "lost": "missing_object"
    }
    (tmp_path / "aside").rename(kept)
    assert "lost/a.py" in same_as_from_nothing(recipe, tmp_path).texts()


def test_folder_that_another_unit_of_the_build_has(tmp_path: Path) -> None:
    broken, whole = (repository(tmp_path / name, FILES) for name in ("broken", "whole"))
    lose(broken, broken.git("rev-parse", "HEAD:lost"))
    recipe = recipe_of(broken.path, whole.path, duplicates={"repositories": "keep_all", "files": "keep_all"})
    assert same_as_from_nothing(recipe, tmp_path).reasons() == {}


def test_old_text_that_the_store_has_from_elsewhere(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit({b"LICENSE": MIT, b"a.py": code(1)})
    one.commit({b"LICENSE": MIT, b"a.py": code(2)}, parent=first)
    recipe = recipe_of(with_history(one.path))
    build_release(recipe, tmp_path / "first", store=tmp_path / "store")
    lose(one, one.blob(code(1)))
    made = same_as_from_nothing(recipe, tmp_path)
    assert made.manifest["history"]["dropped"] == {"missing_object": 1}
    (changed,) = [row for row in made.table("commits") if row["path"] == "a.py"]
    assert changed["old_content"] is None
    one.blob(code(1))
    again = build_release(recipe, tmp_path / "third", store=tmp_path / "none")
    assert {row["old_content"] for row in again.table("commits") if row["status"] == "M"} == {
        code(1).decode()
    }


def test_history_that_was_broken_and_came_back(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit({b"a.py": code(1)})
    one.commit({b"a.py": code(2)}, parent=first)
    recipe = recipe_of(with_history(one.path))
    kept = one.git_dir / "objects" / first[:2] / first[2:]
    kept.rename(tmp_path / "aside")
    assert build_release(recipe, tmp_path / "first", store=tmp_path / "store").refusals()
    (tmp_path / "aside").rename(kept)
    assert same_as_from_nothing(recipe, tmp_path).refusals() == []


def test_history_of_a_shallow_clone_of_what_the_store_has_whole(tmp_path: Path) -> None:
    one = make(tmp_path / "one")
    first = one.commit({b"a.py": code(1)})
    one.commit({b"a.py": code(2)}, parent=first)
    seen(tmp_path, with_history(one.path))
    clone = one.clone(tmp_path / "clone", "--depth=1")
    same_as_from_nothing(recipe_of(with_history(clone.path)), tmp_path)
