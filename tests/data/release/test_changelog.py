"""The change log that a build writes against the release before it, and the version that it asks for."""

from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of, repository
from tilth.data.release.verify import verify
from tilth.errors import UserError
from tilth.report.progress import Progress


def released(tmp_path: Path, version: str, files: dict[bytes, bytes], previous: Path | None = None) -> Made:
    source = tmp_path / f"source-{version}"
    source.mkdir()
    for name, data in files.items():
        (source / name.decode()).write_bytes(data)
    said = {"about": {"previous": str(previous) if previous else None, "date": "2026-05-06"}}
    kind = {"kind": "folder", "paths": [str(source)], "repo_name": "me"}
    return build_release(
        recipe_of(kind, version=version, **said), tmp_path / version, store=tmp_path / "store"
    )


def test_sections_lie_on_top_of_each_other(tmp_path: Path) -> None:
    first = released(tmp_path, "1.0.0", {b"a.py": code(1), b"b.py": code(2)})
    assert not (first.path / "papers/changelog.md").exists()
    second = released(tmp_path, "2.0.0", {b"a.py": code(1)}, first.path)
    third = released(tmp_path, "3.0.0", {b"c.py": code(3)}, second.path)
    text = (third.path / "papers/changelog.md").read_text()
    assert text.index("## small 3.0.0 (2026-05-06)") < text.index("## small 2.0.0")
    assert text.startswith("## small 3.0.0")
    with Progress.open("none") as progress:
        assert verify(third.path, progress) == []


def test_version_that_is_too_low_is_refused_and_nothing_appears(tmp_path: Path) -> None:
    first = released(tmp_path, "1.0.0", {b"a.py": code(1), b"b.py": code(2)})
    with pytest.raises(UserError, match="too low") as caught:
        released(tmp_path, "1.1.0", {b"a.py": code(1)}, first.path)
    assert "2.0.0" in caught.value.hint
    assert not (tmp_path / "1.1.0").exists()


def test_previous_release_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a release"):
        released(tmp_path, "1.0.0", {b"a.py": code(1)}, tmp_path / "nowhere")


def test_same_bytes_again(tmp_path: Path) -> None:
    one = repository(tmp_path / "one", {b"a.py": code(1)}).path
    first = build_release(recipe_of(one), tmp_path / "first")
    recipe = recipe_of(one, version="0.1.1", about={"previous": str(first.path)})
    made = [build_release(recipe, tmp_path / f"made-{n}", store=tmp_path / f"s{n}") for n in (1, 2)]
    assert hashes(made[0].path) == hashes(made[1].path)
