"""Files of a release are those of the store: nobody's pen in the one may spoil the other."""

import os
from pathlib import Path

import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of, repository
from tilth.data.release.verify import verify
from tilth.report.progress import Progress


def made(tmp_path: Path, name: str, contents: str) -> Made:
    place = tmp_path / "one"
    if not place.exists():
        repository(place, {b"%d.py" % number: code(number) for number in range(5)})
    recipe = recipe_of(place, release={"contents": contents})
    return build_release(recipe, tmp_path / name / "release", store=tmp_path / "store")


def linked(release: Made) -> list[Path]:
    return [path for path in sorted(release.path.rglob("*")) if path.is_file() and path.stat().st_nlink > 1]


def holds(release: Made) -> bool:
    with Progress.open("none") as progress:
        return verify(release.path, progress) == []


@pytest.mark.parametrize("contents", ["inline", "ids"])
def test_linked_files_are_read_only(tmp_path: Path, contents: str) -> None:
    release = made(tmp_path, "a", contents)
    assert linked(release)
    assert all(path.stat().st_mode & 0o222 == 0 for path in linked(release))


@pytest.mark.parametrize("contents", ["inline", "ids"])
@pytest.mark.parametrize("folder", ["data", "metadata", "contents"])
def test_file_that_was_written_into_is_not_used_again(tmp_path: Path, contents: str, folder: str) -> None:
    release = made(tmp_path, "a", contents)
    expected = hashes(release.path)
    for path in linked(release):
        if path.relative_to(release.path).parts[0] == folder:
            path.chmod(0o644)
            data = path.read_bytes()
            with path.open("r+b") as file:
                file.write(bytes(255 - byte for byte in data))
    again = made(tmp_path, "b", contents)
    assert hashes(again.path) == expected
    assert holds(again)


@pytest.mark.parametrize("contents", ["inline", "ids"])
def test_another_clock_alone_changes_nothing(tmp_path: Path, contents: str) -> None:
    release = made(tmp_path, "a", contents)
    for path in linked(release):
        os.utime(path, ns=(0, 0))
    again = made(tmp_path, "b", contents)
    assert again.built.reused_files > 0
    assert {path.stat().st_ino for path in linked(again)} == {path.stat().st_ino for path in linked(release)}


def test_shard_of_which_a_part_is_gone_is_written_again(tmp_path: Path) -> None:
    release = made(tmp_path, "a", "ids")
    for path in (tmp_path / "store" / "shards").glob("*-contents.pack"):
        path.unlink()
    again = made(tmp_path, "b", "ids")
    assert hashes(again.path) == hashes(release.path)
    assert holds(again)
