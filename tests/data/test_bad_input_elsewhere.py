"""Folders, archives, disks and recipes that are wrong: a counted drop or a clear error, never a crash."""

import errno
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.releases import build_release, code, made, recipe_of, repository
from tests.permissions import permissions_hold
from tilth.errors import UserError, WorkFailed
from tilth.store import atomic

# Folders and archives


def test_folder_with_everything_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.py").write_bytes(code(1))
    (folder / "loop").symlink_to(folder)
    (folder / "away").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe")
    (folder / "inner/.git").mkdir()
    release = made(tmp_path, {"kind": "folder", "paths": [str(folder)]})
    assert release.reasons() == {
        "loop": "link",
        "away": "link",
        "pipe": "not_a_file",
        "inner/.git": "git_folder",
    }
    assert list(release.texts()) == ["a.py"]


def test_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tilth.data.sources import folder as reading

    place = tmp_path / "folder"
    place.mkdir()
    (place / "a.py").write_bytes(code(1))
    (place / "b.py").write_bytes(code(2))
    read_all = reading._all

    def meanwhile(file: Any, size: int) -> bytes:
        data = read_all(file, size)
        if data == code(1):
            (place / "a.py").write_bytes(code(1) + b"more")
        return data

    monkeypatch.setattr(reading, "_all", meanwhile)
    release = made(tmp_path, {"kind": "folder", "paths": [str(place)]})
    assert release.reasons() == {"a.py": "changed_while_read"}
    assert list(release.texts()) == ["b.py"]


def test_folder_that_goes_between_the_plan_and_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tilth.data.stages import listing

    def denied(unit: object, source: object) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.py").write_bytes(code(1))
    neighbour = repository(tmp_path / "neighbour", {b"good.py": code(1)}).path
    monkeypatch.setattr(listing, "stream", denied)
    release = made(tmp_path, neighbour, {"kind": "folder", "paths": [str(tmp_path / "folder")]})
    assert release.refusals() == [("folder", "unreadable")]
    assert "good.py" in release.texts()


def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.py").write_bytes(code(1))
    (tmp_path / "folder/secret.py").write_bytes(code(2))
    (tmp_path / "folder/secret.py").chmod(0)
    with permissions_hold():
        release = made(tmp_path, {"kind": "folder", "paths": [str(tmp_path / "folder")]})
    assert release.reasons() == {"secret.py": "unreadable"}


def test_truncated_archive_gives_what_it_has(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_bytes(os.urandom(40_000).hex().encode())
    with tarfile.open(tmp_path / "whole.tar.gz", "w:gz") as archive:
        for name in ("a", "b"):
            archive.add(tmp_path / f"{name}.py", f"{name}.py")
    data = (tmp_path / "whole.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(data[: len(data) * 3 // 4])
    release = made(tmp_path, {"kind": "archive", "paths": [str(tmp_path / "cut.tar.gz")]})
    assert "a.py" in release.texts()
    assert release.reasons() or release.refusals()


def test_zip_bomb_is_stopped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", code(1))
        for number in range(3):
            archive.writestr(f"zeros-{number}.txt", b"0" * (40 * 2**20))
    source = {"kind": "archive", "paths": [str(tmp_path / "bomb.zip")]}
    release = made(tmp_path, source)
    assert "a.py" in release.texts()
    assert any("bomb" in reason for reason in release.reasons().values())


def test_archive_that_is_none(tmp_path: Path, neighbour: Path) -> None:
    (tmp_path / "text.tar").write_bytes(b"this is no archive at all\n" * 100)
    (tmp_path / "empty.zip").write_bytes(b"")
    source = {"kind": "archive", "paths": [str(tmp_path / "text.tar"), str(tmp_path / "empty.zip")]}
    release = made(tmp_path, neighbour, source)
    assert "good.py" in release.texts()
    assert len(release.refusals()) + len(release.reasons()) >= 2


def test_parquet_without_the_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"nothing": [1, 2]}), tmp_path / "rows.parquet")
    with pytest.raises(UserError, match="content"):
        made(tmp_path, {"kind": "parquet", "paths": [str(tmp_path / "rows.parquet")]})


# The machine


def test_disk_without_room_stops_with_an_error(
    tmp_path: Path, neighbour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of(neighbour)
    monkeypatch.setattr(atomic, "RESERVE_BYTES", 2**62)
    with pytest.raises(WorkFailed, match="no room left"):
        build_release(recipe, tmp_path / "release")
    monkeypatch.undo()
    assert build_release(recipe, tmp_path / "release").is_balanced()


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_disk_that_fills_up_while_writing(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {b"%d.py" % number: os.urandom(20_000).hex().encode() for number in range(40)}
    recipe = recipe_of(repository(tmp_path / "large", files).path)
    monkeypatch.setattr(atomic, "RESERVE_BYTES", 0)
    with pytest.raises(WorkFailed, match="no room left"):
        build_release(recipe, small_disk / "release", store=small_disk / "store")
    assert not list(small_disk.rglob("*.partial"))


# Recipes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"polcy": {}}, "policy"),
        ({"policy": {"line_mx": 3}}, "line_max"),
        ({"policy": {"line_max": "many"}}, "whole number"),
        ({"sources": []}, "sources"),
        ({"sources": [{"kind": "gti", "repositories": ["x"]}]}, "git"),
        ({"name": "../up"}, "name"),
    ],
)
def test_recipe_mistakes_name_the_key(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    from tilth.config.load import check
    from tilth.config.recipe import Recipe

    with pytest.raises(UserError, match=words):
        check(Recipe, {"name": "x", "sources": [{"kind": "git", "repositories": ["."]}], **changes})


@pytest.mark.parametrize(
    "source",
    [
        {"kind": "folder", "paths": ["absent"]},
        {"kind": "archive", "paths": ["absent.tar"]},
        {"kind": "parquet", "paths": ["absent.parquet"]},
        {"kind": "git", "list": "absent.txt"},
        {"kind": "package", "index": "pypi", "list": "absent.txt"},
    ],
)
def test_paths_that_are_not_there_are_errors(source: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"absent|does not exist"):
        build_release(recipe_of(source), tmp_path / "release")
