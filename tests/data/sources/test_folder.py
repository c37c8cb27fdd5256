"""Folders, with everything that a folder can hold."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from tilth.config.sources import FolderSource
from tilth.data.sources import folder
from tilth.errors import UserError
from tilth.records import Entry, Refusal, Unit


def unit_of(path: Path, **fields: str) -> Unit:
    (unit,) = folder.resolve(FolderSource(kind="folder", paths=(str(path),), **fields), Path("/nowhere"))
    assert isinstance(unit, Unit)
    return unit


def read(path: Path) -> list[tuple[Entry, bytes | None]]:
    rows = list(folder.stream(unit_of(path), FolderSource(kind="folder", paths=(str(path),))))
    for entry, data in rows:
        assert (data is None) == (entry.refused is not None)
    return rows


def refusals(path: Path) -> dict[str, str | None]:
    return {entry.path: entry.refused for entry, _ in read(path) if entry.refused}


@pytest.mark.parametrize("name", ["missing", "file", "no-*"])
def test_path_that_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError):
        unit_of(tmp_path / name)


def test_links_fifos_sockets_and_loops_do_not_hang(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "out").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.getcwd()
        os.chdir(tmp_path)
        try:
            sock.bind("sock")
        finally:
            os.chdir(here)
        assert refusals(tmp_path) == {
            "d/loop": "link",
            "self": "link",
            "out": "link",
            "pipe": "not_a_file",
            "sock": "not_a_file",
        }


def test_order_is_that_of_whole_paths_in_bytes(tmp_path: Path) -> None:
    for name in ("a/z", "a.b", "a0", "B", "\u00e9"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    paths = [entry.path for entry, _ in read(tmp_path)]
    assert paths == sorted(paths, key=str.encode) == ["B", "a.b", "a/z", "a0", "\u00e9"]


def test_names_of_every_kind(tmp_path: Path) -> None:
    for name in (b"caf\xe9.py", b"new\nline"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_bytes(b"1")
    assert [(e.path, e.path_raw) for e, _ in read(tmp_path)] == [
        ("caf\\xe9.py", b"caf\xe9.py"),
        ("new\nline", None),
    ]


def test_git_folders_are_one_entry(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    (tmp_path / "sub" / ".git" / "config").write_text("x")
    (tmp_path / "a").write_text("1")
    assert refusals(tmp_path) == {"sub/.git": "git_folder"}


def test_folder_and_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("1")
    (tmp_path / "f").write_text("1")
    real_open, real_scandir = os.open, os.scandir

    def closed_open(path, *rest):  # type: ignore[no-untyped-def]
        if os.fsencode(path).endswith(b"/f"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, *rest)

    def closed_scandir(path):  # type: ignore[no-untyped-def]
        if os.fsencode(path).endswith(b"/d"):
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "open", closed_open)
    monkeypatch.setattr(os, "scandir", closed_scandir)
    assert refusals(tmp_path) == {"d": "unreadable", "f": "unreadable"}
    (refusal,) = folder.resolve(FolderSource(kind="folder", paths=(str(tmp_path / "d"),)), tmp_path)
    assert isinstance(refusal, Refusal) and refusal.reason == "unreadable"


def test_file_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grows"
    path.write_bytes(b"1234")
    real = folder._all

    def growing(file, size):  # type: ignore[no-untyped-def]
        data = real(file, size)
        with path.open("ab") as out:
            out.write(b"5")
        return data

    monkeypatch.setattr(folder, "_all", growing)
    assert refusals(tmp_path) == {"grows": "changed_while_read"}


def test_file_that_vanishes_or_becomes_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    real = folder._read

    def swapped(full, *rest):  # type: ignore[no-untyped-def]
        path.unlink()
        path.symlink_to("/etc/passwd")
        return real(full, *rest)

    monkeypatch.setattr(folder, "_read", swapped)
    assert refusals(tmp_path) == {"a": "unreadable"}


def test_too_large_is_hashed_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "READ_MAX_BYTES", 10)
    (tmp_path / "big").write_bytes(b"x" * 11)
    ((entry, _),) = read(tmp_path)
    assert (entry.refused, entry.refused_value, entry.size) == ("too_large_to_read", "11", 11)
    assert entry.content_id == hashlib.sha1(b"blob 11\0" + b"x" * 11).hexdigest()


def test_contents_modes_and_names(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"#!")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "empty").write_bytes(b"")
    rows = read(tmp_path)
    assert [(e.path, oct(e.mode), e.size, d) for e, d in rows] == [
        ("empty", "0o100644", 0, b""),
        ("run", "0o100755", 2, b"#!"),
    ]
    assert unit_of(tmp_path).repo_name == tmp_path.name
    assert unit_of(tmp_path, repo_name="me/it").repo_name == "me/it"
    assert unit_of(tmp_path).origin == tmp_path.as_uri()


def test_key_follows_path_size_time_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    keys = [unit_of(tmp_path).tree_key]
    assert unit_of(tmp_path).tree_key == keys[0]
    os.utime(path, ns=(1, 1))
    keys.append(unit_of(tmp_path).tree_key)
    path.chmod(0o700)
    keys.append(unit_of(tmp_path).tree_key)
    path.rename(tmp_path / "b")
    keys.append(unit_of(tmp_path).tree_key)
    assert len(set(keys)) == 4


def test_deep_folders_are_walked_without_recursion(tmp_path: Path) -> None:
    deep = str(tmp_path)
    for _ in range(600):
        deep += "/d"
        os.mkdir(deep)
    Path(deep, "x").write_text("1")
    assert [e.path.count("/") for e, _ in read(tmp_path)] == [600]
