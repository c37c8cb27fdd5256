from pathlib import Path

import pytest

from tests.data.sources.git.repositories import Repository, make
from tilth.data.sources.git.layout import find
from tilth.data.sources.git.objects import read_object


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = make(tmp_path / "a")
    made.commit({b"file": b"text\n"})
    made.git("tag", "-a", "-m", "a tag", "v1")
    return made


@pytest.mark.parametrize("packed", [False, True])
def test_commits_and_tags(repository: Repository, packed: bool) -> None:
    if packed:
        repository.pack()
    layout = find(repository.path)
    for kind, name in (("commit", "main"), ("tag", "v1")):
        found = read_object(layout, repository.git("rev-parse", name))
        assert found is not None and found[0] == kind.encode()
        assert found[1].decode().strip() == repository.git("cat-file", kind, name)


@pytest.mark.parametrize("packed", [False, True])
def test_other_types_and_missing_ones(repository: Repository, packed: bool) -> None:
    if packed:
        repository.pack()
    layout = find(repository.path)
    for name in ("main^{tree}", "main:file"):
        assert read_object(layout, repository.git("rev-parse", name)) is None
    assert read_object(layout, "0" * 40) is None


@pytest.mark.parametrize("damaged", [b"", b"x", b"\x78\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_loose_object(repository: Repository, damaged: bytes) -> None:
    commit = repository.git("rev-parse", "main")
    path = repository.git_dir / "objects" / commit[:2] / commit[2:]
    path.chmod(0o644)
    path.write_bytes(damaged)
    assert read_object(find(repository.path), commit) is None


def test_a_damaged_pack(repository: Repository) -> None:
    commit = repository.git("rev-parse", "main")
    pack = repository.pack()
    pack.chmod(0o644)
    whole = pack.read_bytes()
    pack.write_bytes(whole[:12] + bytes(byte ^ 0x55 for byte in whole[12:]))
    assert read_object(find(repository.path), commit) is None
    pack.unlink()
    assert read_object(find(repository.path), commit) is None


def test_another_object_under_the_name(repository: Repository) -> None:
    commit, tag = repository.git("rev-parse", "main"), repository.git("rev-parse", "v1")
    objects = repository.git_dir / "objects"
    path = objects / commit[:2] / commit[2:]
    path.chmod(0o644)
    path.write_bytes((objects / tag[:2] / tag[2:]).read_bytes())
    assert read_object(find(repository.path), commit) is None
