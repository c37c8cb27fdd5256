from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.sources.git.repositories import Repository, make, unit_of
from tilth.data.sources.git.tree import _children, list_tree
from tilth.data.sources.limits import READ_MAX_BYTES
from tilth.records import Entry
from tilth.store.swhid import content_id, directory_id


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make(tmp_path / "project")


def listed(repository: Repository) -> dict[str, Entry]:
    entries = list_tree(unit_of(repository.path))
    assert len({entry.path for entry in entries}) == len(entries)
    return {entry.path: entry for entry in entries}


def test_files_with_their_sizes_and_modes(repository: Repository) -> None:
    plain, program = repository.blob(b"text\n"), repository.blob(b"#!/bin/sh\n")
    folder = repository.tree(("100755", "blob", program, b"run"))
    repository.commit_tree(
        repository.tree(("100644", "blob", plain, b"a"), ("040000", "tree", folder, b"bin"))
    )
    assert list_tree(unit_of(repository.path)) == [
        Entry(path="a", mode=0o100644, content_id=content_id(b"text\n"), size=5),
        Entry(path="bin/run", mode=0o100755, content_id=program, size=10),
    ]


def test_an_empty_tree(repository: Repository) -> None:
    repository.commit_tree(repository.tree())
    assert list_tree(unit_of(repository.path)) == []


def test_submodules_and_links_are_refused(repository: Repository) -> None:
    link = repository.blob(b"../../etc/passwd")
    rows = (("160000", "commit", "1" * 40, b"module"), ("120000", "blob", link, b"link"))
    repository.commit_tree(repository.tree(*rows))
    found = listed(repository)
    assert (found["module"].refused, found["module"].refused_value) == ("submodule", "1" * 40)
    assert found["module"].content_id is None
    assert (found["link"].refused, found["link"].content_id) == ("link", link)


def test_names_of_every_kind(repository: Repository) -> None:
    deep = b"/".join([b"x" * 199] * 25)
    names = [
        b"caf\xc3\xa9",
        b"caf\xe9",
        b"line\nend",
        b'tab\tquote"',
        b"Case",
        b"case",
        b" ",
        b"-rf",
        b"a\\xe9",
        deep,
    ]
    repository.commit({name: b"%d" % number for number, name in enumerate(names)})
    found = listed(repository)
    assert len(found) == len(names)
    assert found["caf\\xe9"].path_raw == b"caf\xe9"
    assert found["café"].path_raw is None
    assert {entry.path_raw or entry.path.encode() for entry in found.values()} == set(names)
    assert len(found[deep.decode()].path) == 4999
    assert found["case"].content_id != found["Case"].content_id


def test_too_large_to_read(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    assert READ_MAX_BYTES == 64 * 2**20
    monkeypatch.setattr("tilth.data.sources.git.tree.READ_MAX_BYTES", 10)
    repository.commit({b"large": b"x" * 11, b"small": b"x" * 10})
    found = listed(repository)
    assert (found["large"].refused, found["large"].refused_value) == ("too_large_to_read", "11")
    assert found["small"].refused is None


def test_partial_clone_lists_without_fetching(repository: Repository, tmp_path: Path) -> None:
    repository.commit({b"a/b": b"one", b"c": b"two"})
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = repository.clone(tmp_path / "clone", "--filter=blob:none", "--no-checkout")
    found = listed(clone)
    assert {path: (entry.size, entry.refused) for path, entry in found.items()} == {
        "a/b": (-1, None),
        "c": (-1, None),
    }
    assert found["c"].content_id == content_id(b"two")
    assert "?" in clone.git("rev-list", "--objects", "--missing=print", "main"), "nothing was fetched"


@pytest.mark.parametrize("damage", ["remove", "truncate", "flip", "other"])
def test_a_lost_folder_does_not_take_its_siblings(repository: Repository, damage: str) -> None:
    files = {b"a/x": b"1", b"b/c/y": b"2", b"b/c/d/z": b"3", b"e": b"4", b"b/f": b"5"}
    repository.commit(files)
    lost = repository.git("rev-parse", "main:b/c")
    path = repository.git_dir / "objects" / lost[:2] / lost[2:]
    path.chmod(0o644)
    data = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        path.write_bytes(data[:20] + bytes([data[20] ^ 255]) + data[21:])
    else:
        blob = repository.git("rev-parse", "main:e")
        path.write_bytes((repository.git_dir / "objects" / blob[:2] / blob[2:]).read_bytes())
    found = listed(repository)
    assert sorted(found) == ["a/x", "b/c", "b/f", "e"]
    assert (found["b/c"].refused, found["b/c"].refused_value) == ("missing_object", lost)
    assert (found["b/f"].content_id, found["b/f"].size) == (content_id(b"5"), 1)


def test_a_missing_blob_keeps_its_entry(repository: Repository) -> None:
    row = ("100644", "blob", "2" * 40, b"gone")
    repository.commit_tree(repository.tree(row, ("100644", "blob", repository.blob(b"x"), b"here")))
    found = listed(repository)
    assert (found["gone"].size, found["gone"].refused, found["gone"].content_id) == (-1, None, "2" * 40)
    assert found["here"].size == 1


def test_a_missing_root(repository: Repository) -> None:
    repository.commit_tree(repository.tree())
    repository.raw_commit(b"tree " + b"3" * 40 + b"\nauthor A <a> 1 +0\ncommitter A <a> 1 +0\n\n")
    (entry,) = list_tree(unit_of(repository.path))
    assert (entry.path, entry.refused, entry.refused_value) == ("", "missing_object", "3" * 40)


NAMES = st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name and b"\0" not in name)


@settings(max_examples=50)
@given(st.dictionaries(NAMES, st.sampled_from([0o100644, 0o100755, 0o40000, 0o120000, 0o160000])))
def test_tree_objects_are_read_as_they_are_written(modes: dict[bytes, int]) -> None:
    body = b"".join(b"%o %s\0" % (mode, name) + bytes(20) for name, mode in modes.items())
    read = _children(body)
    assert read is not None
    assert [(name, int(mode, 8)) for mode, name, _ in read] == list(modes.items())
    assert directory_id((mode, name, "0" * 40) for name, mode in modes.items())


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reading_of_a_tree_object(body: bytes) -> None:
    _children(body)
